"""Recorded rates, latencies and windows of time, read from files."""
