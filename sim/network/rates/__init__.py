"""Rates over time as pure functions."""
