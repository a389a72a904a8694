"""``sweep --dry-run``: what a sweep would take."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from agents.contract.amounts import size_in_words, time_in_words
from sim.commands.exits import OK
from sim.commands.json_text import json_text
from sim.run.run_scenario import RunOptions
from sim.run.sweep_plan import PlannedPoint, plan_sweep

#: Columns of the table where there is no terminal.
WIDTH = 120
#: Points that are listed; --json has all.
LISTED = 40


def show_plan(options: argparse.Namespace, run_options: RunOptions, jobs: int | None) -> int:
    """Print how many points a sweep has, how long it takes on this machine, and how much disk."""
    plan = plan_sweep(options.file, options.set, options.seed, run_options, jobs)
    if options.json:
        whole = {"wall_s": plan.wall_s, "disk_bytes": plan.disk_bytes}
        print(json_text(asdict(plan) | whole))
        return OK
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(width=WIDTH, highlight=False)
    console.print(_table(plan.points[:LISTED]))
    if len(plan.points) > LISTED:
        console.print(f"... and {len(plan.points) - LISTED} more")
    time, disk = time_in_words(plan.wall_s, 3), size_in_words(plan.disk_bytes, 3)
    console.print(
        f"{len(plan.points)} points: {plan.settings} settings, {plan.seeds} seeds each\n"
        f"about {time}, {plan.at_once} at once, and {disk} of disk\n"
        "taken from a few ticks of each kind of setting on this machine, now; what they trained is kept"
    )
    return OK


def _table(planned: tuple[PlannedPoint, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("point")
    for name in ("samples", "requests", "time", "disk"):
        table.add_column(name, justify="right")
    for point in planned:
        requests = "as it comes" if point.requests is None else f"{point.requests:,}"
        table.add_row(
            point.name,
            f"{point.samples:,.0f}",
            requests,
            time_in_words(point.wall_s, 3),
            size_in_words(point.disk_bytes, 3),
        )
    return table
