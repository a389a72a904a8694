"""Several settings side by side: means over seeds, and differences paired by seed."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from analysis.metrics import METRICS, Metric, measure
from analysis.statistics import Interval, paired_difference, student_interval
from analysis.sweeps import Group, Subject, as_sweep

SHOWN = {
    "accuracy": "accuracy %",
    "recovery_s": "recovery s",
    "mean_age_s": "age s",
    "delay_s": "delay s",
    "up_bytes": "up kB",
    "down_bytes": "down kB",
}
PIPE_COLUMNS = 132


@dataclass(frozen=True)
class Row:
    """One setting: every metric's interval over seeds, and the paired difference to the first setting."""

    label: str
    seeds: tuple[int, ...]
    values: dict[str, Interval]
    differences: dict[str, Interval]


@dataclass(frozen=True)
class Comparison:
    """Rows in the order of the study; `metrics` are those that apply to at least one row."""

    name: str
    base: str
    metrics: tuple[str, ...]
    rows: tuple[Row, ...]


def comparison(subject: Subject, metrics: Sequence[str] | None = None, base: str | None = None) -> Comparison:
    """Measure all runs and pair each setting with the base setting (default: the first) seed by seed.

    Pairs exist only for seeds that both settings were played with. KeyError for an unknown metric or base.
    """
    sweep = as_sweep(subject)
    names = list(metrics or METRICS)
    measured = {group.label: _by_seed(group, names) for group in sweep.groups}
    base = base or sweep.groups[0].label
    rows = tuple(
        _row(group, names, measured[group.label], measured[base], group.label == base) for group in sweep.groups
    )
    kept = tuple(name for name in names if any(row.values[name].n for row in rows))
    return Comparison(sweep.name, base, kept, rows)


def print_comparison(subject: Subject, console: Console | None = None) -> Comparison:
    """Show the comparison as a table on the console (default: standard output) and return it."""
    result = comparison(subject)
    if console is None:
        console = Console(width=None if sys.stdout.isatty() else PIPE_COLUMNS)
    console.print(as_table(result))
    return result


def as_table(result: Comparison) -> Table:
    """Lay the comparison out for a terminal: one setting upright, several in a line each."""
    return _upright(result) if len(result.rows) == 1 else _side_by_side(result)


def titled(metric: Metric) -> str:
    """Name a metric with its unit."""
    return f"{metric.label} [{metric.unit}]" if metric.unit else metric.label


def with_interval(metric: Metric, interval: Interval, signed: bool = False, of: int | None = None) -> str:
    """Write a mean with its half width, and with n where it rests on fewer than `of` observations."""
    shown = metric.show(interval.mean, signed)
    shown += "" if math.isnan(interval.half) else f" ± {metric.show(interval.half)}"
    return shown if of is None or interval.n in (0, of) else f"{shown} (n = {interval.n})"


def _upright(result: Comparison) -> Table:
    """List the figures of merit one under another, so that they fit the narrowest terminal."""
    (row,) = result.rows
    seeds = len(row.seeds)
    spread = f"mean ± 95 % Student t half width over {seeds} seeds" if seeds > 1 else f"seed {row.seeds[0]}"
    table = Table(title=Text(result.name), caption=Text(f"{row.label}; {spread}"), box=SIMPLE_HEAD)
    table.add_column("figure of merit")
    table.add_column("value", justify="right")
    table.add_column("unit")
    for name in result.metrics:
        table.add_row(Text(METRICS[name].label), Text(_value(row, name)), Text(METRICS[name].unit))
    return table


def _side_by_side(result: Comparison) -> Table:
    """Give every setting a line, with the difference of its first metric to the base."""
    shown = [name for name in SHOWN if name in result.metrics]
    heads = [SHOWN[name] for name in shown]
    heads[1:1] = ["difference"] if shown else []
    notes = ["recovery: median; up, down: per device", f"difference to {result.base}, paired by seed"]
    if any(len(row.seeds) > 1 for row in result.rows):
        notes.insert(0, "mean ± 95 % Student t half width over n seeds")
    table = Table(title=Text(result.name), caption=Text("; ".join(notes)), box=SIMPLE_HEAD)
    table.add_column("setting", overflow="fold")
    for head in ("n", *heads):
        table.add_column(Text(head), justify="right")
    for row in result.rows:
        cells = [_value(row, name) for name in shown]
        cells[1:1] = [_difference(row, shown[0])] if shown else []
        table.add_row(Text(row.label), str(len(row.seeds)), *map(Text, cells))
    return table


def _value(row: Row, name: str) -> str:
    return with_interval(METRICS[name], row.values[name], of=len(row.seeds))


def _difference(row: Row, name: str) -> str:
    difference = row.differences.get(name)
    return with_interval(METRICS[name], difference, signed=True) if difference and difference.n else ""


def _by_seed(group: Group, names: Sequence[str]) -> dict[str, dict[int, float | None]]:
    measured = [(run.seed, measure(run, names)) for run in group.runs]
    return {name: {seed: values[name] for seed, values in measured} for name in names}


def _row(
    group: Group,
    names: Sequence[str],
    own: dict[str, dict[int, float | None]],
    base: dict[str, dict[int, float | None]],
    is_base: bool,
) -> Row:
    values = {name: student_interval(list(own[name].values())) for name in names}
    differences = {} if is_base else {name: paired_difference(own[name], base[name]) for name in names}
    return Row(group.label, tuple(run.seed for run in group.runs), values, differences)
