"""Reads and checks all that a scenario names before anything runs, and returns what was read as plain values.

``validate`` prints it, ``manifest.json`` keeps it under ``read``, and the report shows it. Neither torch, Ray nor
pandas is loaded.
"""

from __future__ import annotations

from sim.reading.points_read import read_points
from sim.reading.scenario_read import ReadOf, read_scenario
from sim.reading.wording import in_words

__all__ = ["ReadOf", "in_words", "read_points", "read_scenario"]
