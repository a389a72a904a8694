"""The comparison on a terminal: as many columns as fit, the axes in columns of their own."""

from __future__ import annotations

import math
from typing import NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from analysis.compare import (
    Comparison,
    Row,
    comparison,
    outcome_words,
    paired_words,
    sorted_by,
    spread_words,
    standing,
    with_interval,
)
from analysis.idle import idle_notes
from analysis.metrics import METRICS
from analysis.sweeps import Subject, as_sweep, short_axis
from analysis.takeaways import takeaways
from analysis.terminal import terminal
from analysis.theory import partings

SHOWN = {
    "accuracy": "accuracy %",
    "recovery_s": "recovery s",
    "accuracy_after_drift": "after drift %",
    "mean_age_s": "age s",
    "delay_s": "delay s",
    "up_bytes": "up kB",
    "down_bytes": "down kB",
}
PIPE_COLUMNS = 132
#: Space between two columns of a table.
GAP = 3
COLOURS = {"better": "green", "worse": "red", "as good": "green", "undecided": "dim", "undecided (Holm)": "dim"}


class Column(NamedTuple):
    """A column of the table; `least`: it stays however narrow the terminal is; `best`: rows that are shown bold."""

    head: str
    cells: list[str]
    least: bool = False
    text: bool = False
    best: frozenset[int] = frozenset()

    def shown(self, place: int) -> Text:
        """Return a cell: the best of a column bold, what is clear of zero in colour."""
        cell = self.cells[place]
        return Text(cell, style="bold" if place in self.best else COLOURS.get(cell, ""))

    @property
    def width(self) -> int:
        return max(map(len, (*self.head.split("\n"), *self.cells))) + GAP


def print_comparison(
    subject: Subject,
    console: Console | None = None,
    *,
    metrics: list[str] | None = None,
    base: str | None = None,
    by: str | None = None,
    sort: str | None = None,
) -> Comparison:
    """Show the comparison as a table on the console (default: standard output) and return it.

    metrics: what to show (default: the usual ones); the first is the one whose differences are shown.
    """
    wanted = None if metrics is None else [*metrics, *([sort] if sort and sort not in metrics else [])]
    result = comparison(subject, wanted, base, by)
    result = sorted_by(result, sort) if sort else result
    if console is None:
        console = terminal(PIPE_COLUMNS)
    console.print(as_table(result, console.width, metrics))
    for note in result.notes:
        console.print(Text(f"warning: {note}", style="yellow"))
    for note in [*idle_notes(as_sweep(subject).runs), *partings(as_sweep(subject))]:
        console.print(Text(f"warning: {note}", style="yellow"))
    for sentence in [*takeaways(as_sweep(subject), result), *result.shortened]:
        console.print(Text(f"- {sentence}"))
    return result


def as_table(result: Comparison, width: int = PIPE_COLUMNS, metrics: list[str] | None = None) -> Table:
    """Lay the comparison out for a terminal: one setting upright, several in a line each."""
    return _upright(result) if len(result.rows) == 1 else _side_by_side(result, width, metrics or list(SHOWN))


def _upright(result: Comparison) -> Table:
    """List the figures of merit one under another, so that they fit the narrowest terminal."""
    (row,) = result.rows
    seeds = len(row.seeds)
    spread = f"{spread_words(seeds)}, n = {seeds}" if seeds > 1 else f"seed {row.seeds[0]}"
    table = Table(title=Text(result.name), caption=Text(f"{row.label}; {spread}"), box=SIMPLE_HEAD)
    table.add_column("figure of merit")
    table.add_column("value", justify="right")
    table.add_column("unit")
    for name in result.metrics:
        table.add_row(Text(METRICS[name].label), Text(_value(row, name)), Text(METRICS[name].unit))
    return table


def _side_by_side(result: Comparison, width: int, metrics: list[str]) -> Table:
    """Give every setting a line, with the difference of its first metric to the base."""
    shown = [name for name in metrics if name in result.metrics]
    columns = _fitting([*_settings(result), *_figures(result, shown)], width)
    notes = [note for note in (spread_words(max(len(row.seeds) for row in result.rows)),) if note]
    notes += [paired_words(result)]
    if any(column.head == SHOWN["recovery_s"] for column in columns):
        notes.append("recovery: median over drifts and seeds (of which not recovered)")
    table = Table(title=Text(result.name), caption=Text("; ".join(notes)), box=SIMPLE_HEAD, padding=(0, 1))
    # Wrapped where even what must stay does not fit: a figure that is cut short says another thing.
    fits = _width(columns) <= width
    for column in columns:
        table.add_column(Text(column.head), justify="left" if column.text else "right", no_wrap=fits, overflow="fold")
    for place in range(len(result.rows)):
        table.add_row(*(column.shown(place) for column in columns))
    return table


def _settings(result: Comparison) -> list[Column]:
    """Return a column for each axis, and the number of seeds."""
    n = Column("n", [str(len(row.seeds)) for row in result.rows], least=True)
    if not result.axes:
        return [Column("setting", [row.label for row in result.rows], least=True, text=True), n]
    axes = [
        Column(short_axis(axis), [row.setting[axis] for row in result.rows], least=True, text=True)
        for axis in result.axes
    ]
    return [*axes, n]


def _figures(result: Comparison, shown: list[str]) -> list[Column]:
    columns = []
    for place, name in enumerate(shown):
        head = SHOWN.get(name, METRICS[name].label)
        cells = [_short(_value(row, name)) for row in result.rows]
        columns.append(Column(head, cells, least=place == 0, best=best_of(result, name)))
        if place == 0:
            columns += _paired(result, name)
    return columns


def best_of(result: Comparison, name: str) -> frozenset[int]:
    """Return the rows with the best mean of a metric, as it is shown; none where all are alike or none is better."""
    metric = METRICS[name]
    means = [row.values[name].mean for row in result.rows]
    known = {place: mean for place, mean in enumerate(means) if math.isfinite(mean)}
    if not metric.better or len({metric.show(mean) for mean in known.values()}) < 2:
        return frozenset()
    top = metric.show((max if metric.better > 0 else min)(known.values()))
    return frozenset(place for place, mean in known.items() if metric.show(mean) == top)


def _paired(result: Comparison, name: str) -> list[Column]:
    """Return the differences of a metric and what they show; Holm's correction over the lines of this table."""
    stands = standing(result, [name])
    found = [(row, row.differences.get(name)) for row in result.rows]
    cells = [
        with_interval(METRICS[name], difference, signed=True) if difference and difference.n else ""
        for _, difference in found
    ]
    words = [outcome_words(name, diff, (row.label, name) in stands) if diff else "" for row, diff in found]
    verdicts = [Column("shows", words, least=True, text=True)] if any(words) else []
    return [Column("difference", cells, least=True), *verdicts]


def _fitting(columns: list[Column], width: int) -> list[Column]:
    """Drop what matters least, from the right, until the rest fits."""
    kept = list(columns)
    while _width(kept) > width:
        last = next((place for place in reversed(range(len(kept))) if not kept[place].least), None)
        if last is None:
            break
        del kept[last]
    return kept


def _width(columns: list[Column]) -> int:
    """Return how wide a table with these columns is."""
    return sum(column.width for column in columns) + GAP


def _short(value: str) -> str:
    """Return a value for a narrow column."""
    return value.replace(" not recovered)", ")")


def _value(row: Row, name: str) -> str:
    return with_interval(METRICS[name], row.values[name], of=len(row.seeds))
