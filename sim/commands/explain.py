"""The command ``explain``: why accuracy was lost, by paired forks, beside the account of what devices waited for."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import analysis
from analysis.terminal import terminal
from sim.commands.exits import OK, CommandError
from sim.commands.report import report_gaps, report_unchecked
from sim.commands.run import evaluate_recovery, jobs_of
from sim.run.explaining.factors import FACTORS
from sim.run.explaining.forks import explain_run
from sim.run.forking.segments import FILE
from sim.run.run_scenario import RunOptions
from sim.run.side_by_side import Ended
from sim.run.sweep_progress import figures
from sim.scenario import Point
from sim.scenario.problems import near_miss

#: Columns of the table where there is no terminal.
WIDTH = 100


def explain(options: argparse.Namespace) -> int:
    """Run what is missing of the forks of a run, or of every run of a sweep, and show what came back."""
    names = _names(options.factors)
    sweep = analysis.as_sweep(analysis.open_folder(options.folder))
    report_unchecked(Path(options.folder))
    report_gaps(sweep)
    for run in sweep.runs:
        if not run.judged:
            raise CommandError(f"{run.folder}: has no accuracy that could be lost: nothing was predicted")
        if (run.folder / FILE).is_file():
            raise CommandError(f"{run.folder}: is a fork; explain its parent")
        if run.status != "complete":
            raise CommandError(f"{run.folder}: STATUS says {run.status}; resume it first")
    for run in sweep.runs:
        if not run.has("oracle") and not options.quiet:
            print(f"{run.folder}: without an oracle nothing says what is left", file=sys.stderr)
        _explain_one(run.folder, names, options)
    groups = [(group.label, analysis.causes_of(group)) for group in sweep.groups]
    if options.json:
        print(json.dumps({label: analysis.causes_record(found) for label, found in groups if found}, indent=2))
        return OK
    console = terminal(WIDTH)
    for label, found in groups:
        if found is not None:
            console.print(analysis.causes_table(label, found))
    return OK


def _explain_one(run: Path, names: list[str] | None, options: argparse.Namespace) -> None:
    run_options = RunOptions(quiet=True, plugins=options.allow_plugins, workers=0)

    def on_end(point: Point, ended: Ended) -> None:
        if not options.quiet:
            print(f"{run.name}  {point.name}  {ended.failure or figures(ended.summary or {})}", file=sys.stderr)

    explain_run(run, names, run_options, evaluate_recovery, on_end, every=options.shapley, jobs=jobs_of(options))


def _names(text: str | None) -> list[str] | None:
    names = None if text is None else text.split(",")
    for name in names or ():
        if name not in FACTORS:
            raise CommandError(f"--factors: there is no factor '{name}'{near_miss(name, list(FACTORS))}")
    return names
