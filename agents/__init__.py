"""The data plane: WHAT devices see, predict, send and learn. It imports nothing of ``sim``."""
