"""The points of a sweep, read before the first of them runs; those that name the same are read once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.reading.scenario_read import read_scenario
from sim.scenario import Point, Scenario, load
from sim.scenario.error_location import located

#: Sections that decide what is read and whether it can be used.
_READ = ("task", "fleet", "concepts", "drift", "links", "duration")


def read_points(
    file: str | Path, overrides: Sequence[str], points: Sequence[Point], *, allow_plugins: bool = False
) -> None:
    """Read what every point of a sweep names.

    Raises:
        ScenarioErrors: what cannot be used, at the line that wrote it.
    """
    seen: list[tuple[object, ...]] = []
    # Seeds decide what is drawn, not what is read: of each setting the first point stands for all.
    for point in {point.overrides: point for point in reversed(points)}.values():
        words = [*overrides, *point.overrides]
        scenario = load(file, words, seed=point.seed, allow_plugins=allow_plugins)
        named = _named(scenario)
        if named not in seen:
            seen.append(named)
            with located(file, words, point.seed):
                read_scenario(scenario)


def _named(scenario: Scenario) -> tuple[object, ...]:
    return tuple(scenario.resolved().get(section) for section in _READ)
