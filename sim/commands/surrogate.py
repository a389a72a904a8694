"""The command ``surrogate``: measure accuracy in a small run, and show how far its replay is from the real thing."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.table import Table

import analysis
from agents.surrogate.measuring import counted, empty_table
from agents.surrogate.table import SurrogateTable
from agents.tasks.making import make_task
from analysis.metrics import METRICS, Metric
from analysis.runs import Run
from analysis.statistics import Interval, paired_difference, student_interval
from analysis.terminal import terminal
from analysis.whole_files import whole_file
from sim.commands.exits import OK, CommandError
from sim.commands.json_text import json_text
from sim.commands.tries import trials_of
from sim.run.assembly import assemble
from sim.run.fleet_spec import fleet_spec
from sim.run.trying import Trials
from sim.scenario import Scenario, load
from sim.scenario.error_location import located
from sim.scenario.shipped import found

#: Every sample of so many devices is kept while measuring.
MOST_DEVICES = 2_000
#: What the replay is judged by.
JUDGED = ("accuracy", "accuracy_after_drift", "gain", "regained", "recovery_mean_s", "mean_age_s", "up_bytes")
#: Columns of the table where there is no terminal.
WIDTH = 100


class Row(NamedTuple):
    """A metric of the real runs and of their replays, and the paired difference."""

    metric: Metric
    real: Interval
    replayed: Interval
    difference: Interval


def surrogate(options: argparse.Namespace) -> int:
    """Measure, replay seeds that were not measured, print how far both are apart, and write the table."""
    options.file = found(options.file)
    out = Path(options.table)
    if out.exists() and not options.force:
        raise CommandError(f"{out}: is there already; --force replaces it")
    if out.is_dir() or not out.parent.is_dir():
        why = "is a folder" if out.is_dir() else f"there is no folder {out.parent}"
        raise CommandError(f"--table {out}: {why}; name a file in a folder that is there")
    scenario = load(options.file, options.set, allow_plugins=options.allow_plugins)
    _require_small(scenario)
    trials = trials_of(argparse.Namespace(**{**vars(options), "seeds": options.check}), f"{scenario.name}-surrogate")
    with located(options.file, options.set):
        table = _measured(scenario, options)
    _write(table, out)
    rows, off = _judged(scenario, trials, out.resolve(), options.seeds)
    error = {"seeds": options.check, **off, "differences": {row.metric.label: row.difference._asdict() for row in rows}}
    _write(replace(table, error=error), out)
    if options.json:
        print(json_text({"table": str(out), **error}))
        return OK
    console = terminal(WIDTH)
    console.print(_shown(rows))
    console.print("\n".join(_sentences(table, off, out, options)))
    return OK


def _require_small(scenario: Scenario) -> None:
    """Check that there is something to measure, and that all of it can be kept.

    Raises:
        CommandError: there is not, or it cannot.
    """
    if scenario.task is None:
        raise CommandError("task: none; a run of timing only answers nothing that could be measured")
    if scenario.devices > MOST_DEVICES:
        raise CommandError(
            f"{scenario.devices:,} devices are more than the {MOST_DEVICES:,} that are measured together; "
            "make the fleet smaller with --set, and replay the large one"
        )


def _measured(scenario: Scenario, options: argparse.Namespace) -> SurrogateTable:
    """Play the scenario's first seeds, every sample logged, and count them."""
    task: Any = scenario.task
    real = scenario.model_copy(update={"task": task.model_copy(update={"surrogate": None})})
    table: SurrogateTable | None = None
    for seed in range(scenario.seed, scenario.seed + options.seeds):
        one = real.model_copy(update={"seed": seed})
        if not options.quiet:
            print(f"measuring seed {seed}", file=sys.stderr)
        live = assemble(one, logged=tuple(range(one.devices)))
        plane: Any = live.simulation.plane
        try:
            if table is None:
                spec = fleet_spec(one, live.simulation.trigger.watches)
                table = empty_table(spec, make_task(spec).concepts, plane)
            live.simulation.run()
            plane.totals()
            table = counted(table, plane.sample_log(), plane.ground_truth())
        finally:
            plane.close()
    assert table is not None
    return table


def _judged(scenario: Scenario, trials: Trials, table: Path, measured: int) -> tuple[list[Row], dict[str, float]]:
    """Play seeds that were not measured, really and replayed, and compare them."""
    fresh = f"seed={scenario.seed + measured}"
    real, replayed = (
        analysis.as_sweep(analysis.open_folder(trials.play(changes))).runs
        for changes in ([fresh], [fresh, f"task.surrogate={table}"])
    )
    return list(_rows(real, replayed)), {
        "windows_off": float(np.mean([_windows_off(*pair) for pair in zip(real, replayed, strict=True)])),
        "devices_off": float(np.mean([_devices_off(*pair) for pair in zip(real, replayed, strict=True)])),
    }


def _rows(real: Sequence[Run], replayed: Sequence[Run]) -> Iterator[Row]:
    for name in JUDGED:
        metric = METRICS[name]
        own, other = (
            {run.seed: value for run in runs if (value := metric.of(run)) is not None} for runs in (real, replayed)
        )
        if own.keys() & other.keys():
            alone = student_interval(list(own.values())), student_interval(list(other.values()))
            yield Row(metric, *alone, paired_difference(other, own))


def _windows_off(real: Run, replayed: Run) -> float:
    """Return the mean distance of the fleet's accuracy in a window, over windows that have samples."""
    shares = [run.windows.groupby("t_s")[["correct", "samples"]].sum() for run in (real, replayed)]
    accuracy = [one["correct"] / one["samples"].where(one["samples"] > 0) for one in shares]
    return float((accuracy[0] - accuracy[1]).abs().mean())


def _devices_off(real: Run, replayed: Run) -> float:
    """Return the mean distance of a device's accuracy over the run."""
    shares = [run.devices["correct"] / run.devices["samples"].clip(lower=1) for run in (real, replayed)]
    return float((shares[0] - shares[1]).abs().mean())


def _write(table: SurrogateTable, out: Path) -> None:
    with whole_file(out) as draft:
        draft.write_text(f"{table.written()}\n", encoding="utf-8")


def _shown(rows: Sequence[Row]) -> Table:
    table = Table("", "real", "replayed", "difference, 95 %", box=None, pad_edge=False)
    for metric, real, replayed, difference in rows:
        half = metric.half(difference)
        name = f"{metric.label} {metric.unit}".strip()
        table.add_row(
            name,
            metric.show(real.mean),
            metric.show(replayed.mean),
            f"{metric.show(difference.mean, signed=True)}{half}",
        )
    return table


def _sentences(table: SurrogateTable, off: dict[str, float], out: Path, options: argparse.Namespace) -> list[str]:
    samples = int(table.fixed[0, ..., 0].sum())
    beside = shlex.quote(str(out.resolve()))
    return [
        f"{samples:,} samples of {options.seeds} seeds were measured; {options.check} others were played both ways",
        f"a window of the fleet is off by {100 * off['windows_off']:.2f} points, "
        f"a device over the run by {100 * off['devices_off']:.2f} (chance in its samples counts as an error here)",
        f"replay it: run {options.file} --set task.surrogate={beside} --set fleet.0.devices=1000000",
    ]
