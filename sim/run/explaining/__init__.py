"""Causes: what comes back when one thing that costs time is taken away, all else paired."""
