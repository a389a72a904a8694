"""Blocks of devices: their state and buffers, and the cloud half of a method."""
