"""Exchanges: the readable process, the vectorised engine, and the loop over ticks."""
