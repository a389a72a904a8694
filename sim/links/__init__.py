"""Links as messages cross them: processes over the laws of ``sim.network``."""
