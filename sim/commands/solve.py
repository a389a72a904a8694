"""The command ``solve``: the least or most of a quantity at which a metric meets a target."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

import analysis
from analysis.metrics import METRICS
from analysis.solving import Bracket, Solution
from analysis.solving import solve as bisect
from analysis.statistics import Interval, student_interval
from analysis.terminal import terminal
from analysis.whole_files import whole_file
from sim.commands.exits import FAILED, OK, CommandError
from sim.commands.json_text import json_text
from sim.commands.tries import require_movable, trials_of
from sim.scenario import load
from sim.scenario.amounts import Scale, Target, amounts, target
from sim.scenario.shipped import found

#: Columns of the table where there is no terminal.
WIDTH = 100


def solve(options: argparse.Namespace) -> int:
    """Bisect, print what was found, and say so with exit code 1 where no value in the range meets the target."""
    options.file = found(options.file)
    path = options.minimise or options.maximise
    try:
        low, high, scale = amounts(*options.between)
        wanted = target(options.such_that)
    except ValueError as error:
        raise CommandError(str(error)) from error
    if low >= high:
        raise CommandError(f"--between: {options.between[0]} is not below {options.between[1]}")
    scenario = load(options.file, options.set, allow_plugins=options.allow_plugins)
    require_movable(options, "--minimise" if options.minimise else "--maximise", [path], replaced=True)
    for end in (low, high):
        load(options.file, [*options.set, f"{path}={scale.written(end)}"], allow_plugins=options.allow_plugins)
    trials = trials_of(options, f"{scenario.name}-solve")

    def margin(value: float) -> Interval:
        written = scale.written(value)
        seen = _metric(trials.play([f"{path}={written}"]), wanted)
        if not options.quiet:
            print(f"{path}={written}  {wanted.metric} {_shown(wanted, seen)}", file=sys.stderr)
        return student_interval([wanted.sign * (one - wanted.amount) for one in seen])

    worst, best = (low, high) if options.minimise else (high, low)
    solution = bisect(margin, worst, best, tolerance=options.tolerance, whole=scale.whole)
    record = _record(path, scale, wanted, solution)
    with whole_file(trials.folder / "solve.json") as draft:
        draft.write_text(f"{json_text(record)}\n", encoding="utf-8")
    if options.json:
        print(json_text(record | {"folder": str(trials.folder)}))
    else:
        console = terminal(WIDTH)
        console.print(_table(path, scale, wanted, solution))
        console.print("\n".join(_sentences(path, scale, wanted, solution, options)))
    return OK if solution.mean.met_at is not None else FAILED


def _metric(folder: Path, wanted: Target) -> list[float]:
    """Return the metric of each seed of a try."""
    runs = analysis.as_sweep(analysis.open_folder(folder)).runs
    values = [METRICS[wanted.metric].of(run) for run in runs]
    if missing := [run for run, value in zip(runs, values, strict=True) if value is None]:
        raise CommandError(f"{missing[0].folder}: has no {wanted.metric}")
    return [value for value in values if value is not None]


def _shown(wanted: Target, seen: list[float]) -> str:
    metric, interval = METRICS[wanted.metric], student_interval(seen)
    half = metric.half(interval)
    return f"{metric.show(interval.mean)}{half} {metric.unit}".strip()


def _table(path: str, scale: Scale, wanted: Target, solution: Solution) -> Table:
    metric = METRICS[wanted.metric]
    table = Table(path, f"{metric.label} {metric.unit}".strip(), "beyond the target", "", box=None, pad_edge=False)
    for value, margin in sorted(solution.tried.items()):
        middle = metric.show(wanted.amount + wanted.sign * margin.mean)
        half = metric.half(margin)
        sure = "met" if margin.mean >= 0 else "missed"
        clear = margin.n > 1 and (margin.low >= 0 or margin.high < 0)
        table.add_row(
            scale.written(value),
            f"{middle}{half}",
            metric.show(margin.mean, signed=True),
            f"{sure}{', clear' if clear else ''}",
        )
    return table


def _sentences(path: str, scale: Scale, wanted: Target, solution: Solution, options: argparse.Namespace) -> list[str]:
    """Say what was found."""
    most = "least" if options.minimise else "most"
    if solution.mean.met_at is None:
        least = "maximise" if options.minimise else "minimise"
        return [
            f"{wanted.text} is not met at {_at(scale, solution.mean.missed_at)}, the end of the range where it should "
            f"be easiest; nothing else was tried. If the other end is easier, ask with --{least}"
        ]
    if solution.mean.missed_at is None:
        return [f"{wanted.text} is met in the whole range, from {_at(scale, solution.mean.met_at)} on"]
    said = [
        f"the {most} {path} with {wanted.text}: {scale.written(solution.mean.met_at)} "
        f"(missed at {scale.written(solution.mean.missed_at)}), the mean of {options.seeds} paired seeds"
    ]
    if options.seeds > 1:
        said.append(
            f"clear of chance: missed at {_at(scale, solution.possible.missed_at)}, "
            f"met at {_at(scale, solution.certain.met_at)} (95 %)"
        )
    if not solution.straight:
        said.append("the metric does not move one way over the range: there may be other values that meet the target")
    return said


def _at(scale: Scale, value: float | None) -> str:
    return "no value of the range" if value is None else scale.written(value)


def _record(path: str, scale: Scale, wanted: Target, solution: Solution) -> dict[str, object]:
    def plain(bracket: Bracket) -> dict[str, str | None]:
        return {key: None if value is None else scale.written(value) for key, value in asdict(bracket).items()}

    tried = {scale.written(value): margin._asdict() for value, margin in sorted(solution.tried.items())}
    brackets = {name: plain(getattr(solution, name)) for name in ("mean", "possible", "certain")}
    return {"path": path, "such_that": wanted.text, "straight": solution.straight, **brackets, "margins": tried}
