"""The command ``hunt``: where does a method lose most, and what is the least that it takes?"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import dataclass
from typing import Any

import analysis
from agents.contract.component import OptionError
from analysis.metrics import METRICS
from analysis.searching import Side, lowest, needed
from analysis.statistics import Interval, paired_difference
from analysis.whole_files import whole_file
from sim.commands.exits import OK, CommandError
from sim.commands.json_text import json_text
from sim.commands.tries import require_movable, trials_of
from sim.run.trying import Trials
from sim.scenario import Scenario, ScenarioErrors, load
from sim.scenario.amounts import Scale, amounts
from sim.scenario.claims.measures import require_measure
from sim.scenario.merged_text import drift_of, merged_text
from sim.scenario.shipped import found
from sim.scenario.units import RATE, TIME

#: How much of the loss has to be left when something is taken away again.
KEPT = 0.8
#: How far a rate is moved down and up where no range is given.
_RATE_FACTORS = (1e-3, 10.0)


@dataclass(frozen=True)
class Axis:
    """One quantity that is moved: its path, the range, and how its values are written."""

    path: str
    side: Side
    scale: Scale


def hunt(options: argparse.Namespace) -> int:
    """Search, shrink what was found, write it as a scenario, and print how to play it."""
    options.file = found(options.file)
    scenario = load(options.file, options.set, allow_plugins=options.allow_plugins)
    try:
        require_measure(options.metric)
    except OptionError as error:
        raise CommandError(f"--metric: {error}") from error
    axes = [_axis(*each) for each in options.over or ()] or _default_axes(scenario)
    require_movable(options, "--over", [axis.path for axis in axes], replaced=False)
    hunter = _Hunter(options, scenario, trials_of(options, f"{scenario.name}-hunt"))
    hunter.require_playable(axes)
    point, least = lowest(lambda at: hunter.mean(_changes(axes, at)), [axis.side for axis in axes], options.tries)
    if math.isinf(least):
        raise CommandError(hunter.why_nothing())
    worst = _changes(axes, point)
    if least >= 0:
        said = f"in {options.tries} tries {scenario.method.adapter.kind} was never below {hunter.rival}"
        print(json_text({"changes": [], "searched": [], "difference": None, "file": None}) if options.json else said)
        return OK
    drift = drift_of(options.file, options.set)
    whole = [*worst, *(f"{_KEEP}{place}" for place in range(len(drift)))]
    kept = needed(whole, lambda changes: hunter.mean(_applied(changes, drift)) <= KEPT * least)
    final = _applied(kept, drift)
    file = hunter.folder / "worst.yaml"
    text = merged_text(options.file, [*options.set, *final], allow_plugins=options.allow_plugins)
    with whole_file(file) as draft:
        draft.write_text(_head(scenario, hunter, final) + text, encoding="utf-8")
    seen = hunter.seen(final)
    if options.json:
        record = {"changes": list(final), "searched": list(worst), "difference": seen._asdict(), "file": str(file)}
        print(json_text(record))
        return OK
    print(
        f"{scenario.method.adapter.kind} is worse than {hunter.rival} in {options.metric}: "
        f"{_shown(options.metric, seen)} ({seen.n} paired seeds), where",
        *(f"  {change}" for change in final or ("nothing is changed",)),
        f"searched {options.tries} settings; {len(worst)} changes were made, {len(final)} are needed",
        f"play it: run {file}",
        sep="\n",
    )
    return OK


class _Hunter:
    """Measures how far the method is ahead of its rival, in a scenario with some changes."""

    def __init__(self, options: argparse.Namespace, scenario: Scenario, trials: Trials) -> None:
        self._options, self._trials, self.folder = options, trials, trials.folder
        self.rival = options.rival
        self._method, self._lacking = scenario.method.adapter.kind, ""
        if self._with_static and "static" not in scenario.references:
            raise CommandError("the scenario has no reference 'static' to compare with")

    def require_playable(self, axes: list[Axis]) -> None:
        """Check the paths of the axes and the rival, before anything is played.

        Raises:
            ScenarioErrors: the scenario cannot be played at either end of an axis, or with the rival.
        """
        options = self._options
        rival = [] if self._with_static else [f"method.adapter={self.rival}"]
        load(options.file, [*options.set, *rival], allow_plugins=options.allow_plugins)
        for axis in axes:
            ends = [f"{axis.path}={axis.scale.written(value)}" for value in (axis.side.low, axis.side.high)]
            try:
                load(options.file, [*options.set, ends[0]], allow_plugins=options.allow_plugins)
            except ScenarioErrors:
                load(options.file, [*options.set, ends[1]], allow_plugins=options.allow_plugins)

    def why_nothing(self) -> str:
        """Say why no try could be compared, and what to do."""
        if self._lacking:
            return f"--metric {self._options.metric}: {self._lacking} has none in these settings; name another metric"
        return f"none of {self._options.tries} settings can be played; name smaller ranges with --over"

    @property
    def _with_static(self) -> bool:
        return bool(self.rival == "static" and self._options.metric == "accuracy")

    def mean(self, changes: tuple[str, ...]) -> float:
        """Return the mean difference over seeds; NaN where the scenario cannot be played so."""
        try:
            return self.seen(changes).mean
        except ScenarioErrors:
            return float("nan")

    def seen(self, changes: tuple[str, ...]) -> Interval:
        """Return how much better the method is than its rival, over seeds, with its interval."""
        metric = self._options.metric
        own = self._metric(metric, changes)
        if self._with_static:
            base = self._metric("accuracy_static", changes)
        else:
            base = self._metric(metric, (*changes, f"method.adapter={self.rival}"))
        for who, values in ((self._method, own), (self.rival, base)):
            if all(value is None for value in values.values()):
                self._lacking = who
        less = METRICS[metric].better < 0
        difference = paired_difference(base, own) if less else paired_difference(own, base)
        if not self._options.quiet:
            print(f"{_shown(metric, difference)}  {' '.join(changes)}", file=sys.stderr)
        return difference

    def _metric(self, name: str, changes: tuple[str, ...]) -> dict[int, float | None]:
        runs = analysis.as_sweep(analysis.open_folder(self._trials.play(changes))).runs
        return {run.seed: METRICS[name].of(run) for run in runs}


def _shown(name: str, difference: Interval) -> str:
    metric = METRICS[name]
    unit = "points" if metric.share else metric.unit
    half = metric.half(difference)
    return f"{metric.show(difference.mean, signed=True)}{half} {unit}".rstrip()


def _axis(path: str, low: str, high: str) -> Axis:
    try:
        a, b, scale = amounts(low, high)
    except ValueError as error:
        raise CommandError(f"--over {path}: {error}") from error
    if a >= b:
        raise CommandError(f"--over {path}: {low} is not below {high}")
    return Axis(path, Side(a, b), scale)


def _default_axes(scenario: Scenario) -> list[Axis]:
    """Return what is moved where nothing is named: rates and latency of the links in use, labels, the time to ask."""
    rate, time = Scale(RATE.format), Scale(TIME.format)
    axes = []
    for name in dict.fromkeys(cohort.link for cohort in scenario.fleet if cohort.link):
        for direction in ("up", "down"):
            bps = getattr(scenario.links[name], direction).rate
            if bps:
                axes.append(Axis(f"links.{name}.{direction}", Side(*(factor * bps for factor in _RATE_FACTORS)), rate))
        axes.append(Axis(f"links.{name}.latency", Side(1e-3, scenario.duration / 8), time))
    axes += [
        Axis(f"fleet.{place}.labels.after", Side(scenario.tick / 10, scenario.duration / 4), time)
        for place, cohort in enumerate(scenario.fleet)
        if cohort.labels.share
    ]
    if scenario.method.trigger.kind == "periodic":
        axes.append(Axis("method.trigger.every", Side(scenario.tick, scenario.duration / 4), time))
    return axes


def _changes(axes: list[Axis], at: tuple[float, ...]) -> tuple[str, ...]:
    return tuple(f"{axis.path}={axis.scale.written(value)}" for axis, value in zip(axes, at, strict=True))


#: Stands for an entry of the drift that stays as it is.
_KEEP = "keep drift."


def _applied(changes: tuple[str, ...], drift: list[Any]) -> tuple[str, ...]:
    """Return overrides: the changes, and the drift without the entries that are not kept."""
    kept = [entry for place, entry in enumerate(drift) if f"{_KEEP}{place}" in changes]
    cut = [] if len(kept) == len(drift) else [f"drift={json.dumps(kept, ensure_ascii=False)}"]
    return (*(change for change in changes if not change.startswith(_KEEP)), *cut)


def _head(scenario: Scenario, hunter: _Hunter, changes: tuple[str, ...]) -> str:
    """Return a comment that says what the file is."""
    lines = [f"# {scenario.method.adapter.kind} loses against {hunter.rival} here. Found by 'hunt'; what was changed:"]
    return "\n".join([*lines, *(f"#   {change}" for change in changes)]) + "\n"
