"""Several settings side by side: means over seeds, and differences paired by seed within one axis."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.folder import require_known
from analysis.metrics import METRICS, Metric, measure
from analysis.pairing import axis_of, base_words, bases, together
from analysis.significance import MARGIN, Verdict, holm, p_value, verdict
from analysis.statistics import Interval, paired_difference
from analysis.sweeps import Group, Subject, as_sweep, short_axis


@dataclass(frozen=True)
class Row:
    """One setting: every metric's interval over seeds, and the paired difference to another setting.

    `setting` are its values on the axes; `base` is the label of the setting that it is compared with, None for one
    that others are compared with.
    """

    label: str
    setting: Mapping[str, str]
    seeds: tuple[int, ...]
    values: dict[str, Interval]
    base: str | None
    differences: dict[str, Interval]


@dataclass(frozen=True)
class Comparison:
    """Rows in the order of the study; `metrics` are those that apply to at least one row.

    `base` says in words what rows are compared with, `by` along which axis (empty where there is none).
    `shortened` says what names of settings leave out.
    """

    name: str
    axes: tuple[str, ...]
    by: str
    base: str
    metrics: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    along: tuple[str, ...] = ()
    shortened: tuple[str, ...] = ()

    @property
    def held(self) -> tuple[str, ...]:
        """Return the axes on which a setting and its base agree."""
        return tuple(axis for axis in self.axes if axis not in self.moving)

    @property
    def moving(self) -> tuple[str, ...]:
        """Return the axis of the comparison, and those that change together with it."""
        return self.along or (self.by,)


def comparison(
    subject: Subject, metrics: Sequence[str] | None = None, base: str | None = None, by: str | None = None
) -> Comparison:
    """Measure all runs and pair each setting, seed by seed, with the one that differs on the axis `by` alone.

    Pairs exist only for seeds that both settings were run with. `by` and `base` are those of `pairing.bases`.
    RunError for an unknown metric, axis or base.
    """
    sweep = as_sweep(subject)
    names = list(metrics or METRICS)
    require_known("metric", names, list(METRICS))
    pairs = bases(sweep, by, base)
    measured = {group.label: _by_seed(group, names) for group in sweep.groups}
    rows = tuple(_row(group, names, measured, pairs.get(group.label)) for group in sweep.groups)
    kept = tuple(name for name in names if any(row.values[name].n for row in rows))
    axis = axis_of(sweep, by) if sweep.axes and base not in measured else ""
    along = tuple(one for one in sweep.axes if one in together(sweep, axis)) if axis else ()
    return Comparison(
        sweep.name, sweep.axes, axis, base_words(sweep, pairs, by), kept, rows, sweep.notes, along, sweep.shortened
    )


def sorted_by(result: Comparison, name: str) -> Comparison:
    """Return the rows with the best of a metric first; what was not measured last."""
    require_known("metric", [name], list(METRICS))
    sign = METRICS[name].better or 1
    values = {row.label: row.values[name].mean for row in result.rows}
    key = {label: math.inf if math.isnan(value) else -sign * value for label, value in values.items()}
    rows = sorted(result.rows, key=lambda row: key[row.label])
    return Comparison(**(vars(result) | {"rows": tuple(rows)}))


def first_of(result: Comparison, names: Sequence[str]) -> str:
    """Return the first of these metrics that all settings have, never the score of gates that only some have.

    Where all have none of them, it is the last one that is there.
    """
    having = [one for one in names if one in result.metrics]
    return next((one for one in having if all(row.values[one].n for row in result.rows)), having[-1])


def standing(result: Comparison, names: Sequence[str]) -> set[tuple[str, str]]:
    """Return the (label, metric) whose differences stand when all that a table shows are tested at once (Holm)."""
    cells = [(row, name) for row in result.rows for name in names if name in row.differences]
    stand = holm([p_value(row.differences[name]) for row, name in cells])
    return {(row.label, name) for (row, name), stands in zip(cells, stand, strict=True) if stands}


def verdict_of(name: str, difference: Interval) -> Verdict:
    """Say what a difference of a metric shows; shares are as good within half a point."""
    return verdict(difference, MARGIN if METRICS[name].share else 0.0)


def outcome_words(name: str, difference: Interval, stands: bool = True) -> str:
    """Name a verdict for a reader: better or worse, never above or below. Empty without two pairs."""
    if difference.n < 2:
        return ""
    found = verdict_of(name, difference)
    if found is Verdict.SAME:
        return "no spread" if difference.mean else "the same"
    if found in (Verdict.ABOVE, Verdict.BELOW):
        if not stands:
            return "undecided (Holm)"
        better = METRICS[name].better * (1 if found is Verdict.ABOVE else -1)
        return {1: "better", -1: "worse", 0: found.value}[better]
    return "as good" if found is Verdict.EQUIVALENT else "undecided"


def titled(metric: Metric) -> str:
    """Name a metric with its unit."""
    return f"{metric.label} [{metric.unit}]" if metric.unit else metric.label


def with_interval(metric: Metric, interval: Interval, signed: bool = False, of: int | None = None) -> str:
    """Write a mean with its half width, or with both ends where they are not as far from it.

    n is added where it rests on fewer than `of` observations, and what the interval has to note.
    """
    if math.isinf(interval.mean):
        return f"> {metric.show(interval.low)} ({interval.note})"
    shown = metric.show(interval.mean, signed)
    if not math.isnan(interval.half):
        ends = f"[{metric.show(interval.low, signed)}, {metric.show(interval.high, signed)}]"
        shown += f" ± {metric.show(interval.half)}" if interval.even else f" {ends}"
    if interval.note:
        return f"{shown} ({interval.note})"
    fewer = of is not None and metric.pooled is None and interval.n not in (0, of)
    return f"{shown} (n = {interval.n})" if fewer else shown


def spread_words(seeds: int) -> str:
    """Say what stands behind a mean; nothing for one seed."""
    return "mean ± 95 % Student t half width over seeds" if seeds > 1 else ""


def paired_words(result: Comparison) -> str:
    """Say what differences are to, and what is held."""
    held = " and ".join(short_axis(axis) for axis in result.held)
    same = f" at the same {held}" if result.by and held else ""
    return f"difference to {result.base}{same}, paired by seed" if result.base else "nothing to be paired with"


def _by_seed(group: Group, names: Sequence[str]) -> dict[str, dict[int, float | None]]:
    measured = [(run.seed, measure(run, names)) for run in group.runs]
    return {name: {seed: values[name] for seed, values in measured} for name in names}


def _row(
    group: Group,
    names: Sequence[str],
    measured: Mapping[str, Mapping[str, Mapping[int, float | None]]],
    base: str | None,
) -> Row:
    own = measured[group.label]
    values = {name: METRICS[name].over(group.runs, list(own[name].values())) for name in names}
    paired = [name for name in names if METRICS[name].pooled is None] if base is not None else []
    differences = {name: paired_difference(own[name], measured[str(base)][name]) for name in paired}
    return Row(group.label, group.values, tuple(run.seed for run in group.runs), values, base, differences)
