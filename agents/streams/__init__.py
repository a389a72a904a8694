"""Streams of samples: when they arrive, and the buffers that hold them."""
