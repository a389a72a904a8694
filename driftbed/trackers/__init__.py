"""Trackers of experiments as callbacks: a file each, and each needs its library only when it is made."""
