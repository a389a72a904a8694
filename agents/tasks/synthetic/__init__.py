"""Synthetic generators whose best accuracy is known."""
