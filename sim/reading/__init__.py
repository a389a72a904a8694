"""What a scenario names is read and checked before anything runs, and what was understood is said in plain values.

``validate`` prints it, ``manifest.json`` keeps it under ``read``, and the report shows it. Neither torch, Ray nor
pandas is loaded.
"""

from __future__ import annotations

from sim.reading.points_read import read_points
from sim.reading.scenario_read import ReadOf, read_scenario
from sim.reading.wording import in_words

__all__ = ["ReadOf", "in_words", "read_points", "read_scenario"]
