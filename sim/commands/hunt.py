"""The command ``hunt``: where does a method lose most, and what is the least that it takes?"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import analysis
from analysis.metrics import METRICS
from analysis.searching import Side, lowest, needed
from analysis.statistics import Interval, paired_difference
from sim.commands.exits import OK, CommandError
from sim.commands.run import evaluate_recovery
from sim.run.run_folder import first_free
from sim.run.run_scenario import RunOptions
from sim.run.trying import Trials
from sim.scenario import Scenario, ScenarioErrors, load
from sim.scenario.amounts import Scale, amounts
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
    axes = [_axis(*each) for each in options.over or ()] or _default_axes(scenario)
    folder = Path(options.out) if options.out else first_free(Path.cwd() / "runs", f"{scenario.name}-hunt")
    hunter = _Hunter(options, scenario, _trials(options, folder))
    point, least = lowest(lambda at: hunter.mean(_changes(axes, at)), [axis.side for axis in axes], options.tries)
    worst = _changes(axes, point)
    if least >= 0:
        print(f"in {options.tries} tries {scenario.method.adapter.kind} was never below {hunter.rival}")
        return OK
    drift = drift_of(options.file, options.set)
    whole = [*worst, *(f"{_KEEP}{place}" for place in range(len(drift)))]
    kept = needed(whole, lambda changes: hunter.mean(_applied(changes, drift)) <= KEPT * least)
    final = _applied(kept, drift)
    file = folder / "worst.yaml"
    file.write_text(
        _head(scenario, hunter, final) + merged_text(options.file, [*options.set, *final]), encoding="utf-8"
    )
    seen = hunter.seen(final)
    if options.json:
        record = {"changes": list(final), "searched": list(worst), "difference": seen._asdict(), "file": str(file)}
        print(json.dumps(record, indent=2))
        return OK
    half = "" if seen.n < 2 else f" ± {100 * seen.half:.2f}"
    print(
        f"{scenario.method.adapter.kind} is {-100 * seen.mean:.2f}{half} points of {options.metric} "
        f"below {hunter.rival} ({seen.n} paired seeds), where",
        *(f"  {change}" for change in final or ("nothing is changed",)),
        f"searched {options.tries} settings; {len(worst)} changes were made, {len(final)} are needed",
        f"play it: run {file}",
        sep="\n",
    )
    return OK


class _Hunter:
    """Measures how far the method is ahead of its rival, in a scenario with some changes."""

    def __init__(self, options: argparse.Namespace, scenario: Scenario, trials: Trials) -> None:
        self._options, self._trials = options, trials
        self.rival = options.rival
        if self.rival == "static" and options.metric == "accuracy" and "static" not in scenario.references:
            raise CommandError("the scenario has no reference 'static' to compare with")

    def mean(self, changes: tuple[str, ...]) -> float:
        """Return the mean difference over seeds; NaN where the scenario cannot be played so."""
        try:
            return self.seen(changes).mean
        except ScenarioErrors:
            return float("nan")

    def seen(self, changes: tuple[str, ...]) -> Interval:
        """Return the difference over seeds with its interval."""
        own = self._metric(self._options.metric, changes)
        if self.rival == "static" and self._options.metric == "accuracy":
            base = self._metric("accuracy_static", changes)
        else:
            base = self._metric(self._options.metric, (*changes, f"method.adapter={self.rival}"))
        difference = paired_difference(own, base)
        sign = METRICS[self._options.metric].better or 1
        difference = difference if sign > 0 else _negated(difference)
        if not self._options.quiet:
            print(f"{100 * difference.mean:+.2f} points  {' '.join(changes)}", file=sys.stderr)
        return difference

    def _metric(self, name: str, changes: tuple[str, ...]) -> dict[int, float | None]:
        runs = analysis.as_sweep(analysis.open_folder(self._trials.play(changes))).runs
        return {run.seed: METRICS[name].of(run) for run in runs}


def _negated(one: Interval) -> Interval:
    return one._replace(mean=-one.mean, low=-one.high, high=-one.low)


def _trials(options: argparse.Namespace, folder: Path) -> Trials:
    jobs = options.jobs if options.jobs is not None or options.owns_process else 1
    run_options = RunOptions(quiet=True, plugins=options.allow_plugins, workers=0)
    return Trials(options.file, options.set, options.seeds, folder, run_options, evaluate_recovery, jobs)


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
