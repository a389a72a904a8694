"""Links as messages cross them: stories told in the clock's time about the laws of ``sim.network``."""
