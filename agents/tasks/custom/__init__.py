"""Streams of the user's own."""
