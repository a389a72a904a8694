"""The scenario front end: YAML in, a checked and completed :class:`Scenario` out.

>>> from sim.scenario import load
>>> scenario = load("scenarios/quickstart.yaml", ["links.lte.up=5 Mbit/s"])  # doctest: +SKIP
"""

from __future__ import annotations

from sim.scenario.json_schema import json_schema
from sim.scenario.loader import dump_resolved, load
from sim.scenario.problems import Problem, ScenarioErrors
from sim.scenario.scenario import Scenario
from sim.scenario.sweep import Point, points

__all__ = ["Point", "Problem", "Scenario", "ScenarioErrors", "dump_resolved", "json_schema", "load", "points"]
