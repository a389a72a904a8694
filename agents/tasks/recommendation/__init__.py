"""Interaction logs: how they are read, filtered, split in time, and turned into decisions to predict."""
