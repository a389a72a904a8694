"""What a sweep would take, before it is played: how many points, how long, how much disk.

Nothing says how long a point takes but playing it. Of each kind of setting that differs in what makes a run long (the
task, the fleet, the method) the first point is played for two short times; its wall time and its bytes are taken to
grow in a straight line with virtual time. What that trains stays in the cache, where the sweep finds it.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from sim.reading import read_points
from sim.run.run_folder import RunFolder
from sim.run.run_scenario import RunOptions, run_scenario
from sim.run.side_by_side import jobs_for
from sim.scenario import Point, Scenario, ScenarioErrors, load, points
from sim.scenario.expected import expected_asks, expected_samples
from sim.scenario.sweep_axes import require_effect

#: Ticks that the two trials play; a shorter run is played whole.
TRIAL_TICKS = (3, 9)
#: Settings that are tried at most; the others are taken to be like the one before them.
MOST_TRIALS = 8


class Trial(NamedTuple):
    """What a setting takes: to train once, to start, and for each virtual second."""

    preparing_s: float
    start_s: float
    s_per_s: float
    start_bytes: float
    bytes_per_s: float


@dataclass(frozen=True)
class PlannedPoint:
    """One point: what it would do, and what it would take."""

    name: str
    samples: float
    requests: int | None
    wall_s: float
    disk_bytes: float


@dataclass(frozen=True)
class SweepPlan:
    """All points of a sweep; ``preparing_s`` is what training takes that only the first seed has done."""

    points: tuple[PlannedPoint, ...]
    at_once: int
    settings: int
    seeds: int
    preparing_s: float

    @property
    def wall_s(self) -> float:
        """Return how long the sweep takes: the work in equal parts, and never less than its longest point."""
        each = [point.wall_s for point in self.points]
        return max((sum(each) + self.preparing_s) / self.at_once, max(each))

    @property
    def disk_bytes(self) -> float:
        return sum(point.disk_bytes for point in self.points)


def plan_sweep(
    file: str | Path, overrides: Sequence[str], seed: int | None, run_options: RunOptions, jobs: int | None
) -> SweepPlan:
    """Return what a sweep would take, from trials of its settings.

    Raises:
        ScenarioErrors: what the sweep would refuse.
    """
    require_effect(file, overrides, seed)
    every = points(file, overrides, seed=seed, allow_plugins=run_options.plugins)
    read_points(file, overrides, every, allow_plugins=run_options.plugins)
    trials: dict[str, Trial] = {}
    planned = []
    for point in every:
        scenario = load(file, [*overrides, *point.overrides], seed=point.seed, allow_plugins=run_options.plugins)
        kind = _kind(scenario)
        if kind not in trials:
            tried = len(trials) < MOST_TRIALS
            trials[kind] = _tried(file, overrides, point, scenario, run_options) if tried else list(trials.values())[-1]
        planned.append(_planned(point, scenario, trials[kind]))
    settings = len({point.overrides for point in every})
    seeds, at_once = len(every) // settings, jobs_for(len(every), jobs, run_options.workers)
    preparing_s = (seeds - 1) * sum(trial.preparing_s for trial in set(trials.values()))
    return SweepPlan(tuple(planned), at_once, settings, seeds, preparing_s)


def _kind(scenario: Scenario) -> str:
    """Return what makes two points take about as long, as text."""
    written = scenario.resolved()
    return json.dumps([written.get(section) for section in ("task", "fleet", "method", "tick")], default=str)


def _planned(point: Point, scenario: Scenario, trial: Trial) -> PlannedPoint:
    samples = expected_samples(scenario) if scenario.task is not None else 0.0
    wall_s = trial.start_s + trial.s_per_s * scenario.duration
    size = trial.start_bytes + trial.bytes_per_s * scenario.duration
    return PlannedPoint(point.name, samples, expected_asks(scenario), wall_s, size)


def _tried(
    file: str | Path, overrides: Sequence[str], point: Point, scenario: Scenario, run_options: RunOptions
) -> Trial:
    """Play a point's first ticks without its drift, once to fill the cache and then for two lengths.

    All is NaN where the scenario cannot be played in short.
    """
    short_s, long_s = (min(ticks * scenario.tick, scenario.duration) for ticks in TRIAL_TICKS)
    words = [*overrides, *point.overrides, *(["drift=[]"] if scenario.drift else [])]
    try:
        (first, _), (short, few), (long, many) = [
            _timed(file, [*words, f"duration={length_s} s"], point.seed, run_options)
            for length_s in (short_s, short_s, long_s)
        ]
    except ScenarioErrors:
        # Something in it needs the whole duration.
        return Trial(0.0, math.nan, math.nan, math.nan, math.nan)
    if long_s == short_s:
        return Trial(max(first - short, 0.0), short, 0.0, few, 0.0)
    s_per_s, bytes_per_s = max(long - short, 0.0) / (long_s - short_s), max(many - few, 0) / (long_s - short_s)
    start_s, start_bytes = max(short - s_per_s * short_s, 0.0), few - bytes_per_s * short_s
    return Trial(max(first - short, 0.0), start_s, s_per_s, start_bytes, bytes_per_s)


def _timed(file: str | Path, overrides: Sequence[str], seed: int, run_options: RunOptions) -> tuple[float, int]:
    """Play a run into a folder that goes away; return its wall time [s] and the bytes that it left."""
    scenario = load(file, overrides, seed=seed, allow_plugins=run_options.plugins)
    with TemporaryDirectory(prefix="driftbed-plan-") as made:
        began = time.monotonic()
        folder = RunFolder.open(Path(made) / "trial")
        run_scenario(scenario, folder, replace(run_options, quiet=True), lambda windows, marks: {})
        return time.monotonic() - began, sum(_sizes(Path(made)))


def _sizes(folder: Path) -> Iterator[int]:
    return (path.stat().st_size for path in folder.rglob("*") if path.is_file())
