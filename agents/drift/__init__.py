"""Drift: schedules of concepts, and what a concept does to samples."""
