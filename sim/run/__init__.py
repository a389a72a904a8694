"""Runs: from a scenario to a folder of tables."""
