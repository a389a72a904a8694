"""What a claim is judged by: a metric of each of its settings, seed by seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from analysis.folder import RunError
from analysis.metrics import METRICS, Metric
from analysis.response import base_value
from analysis.runs import Run
from analysis.sweeps import Group, Sweep

#: Seed -> the metric; what was not measured is left out.
Values = Mapping[int, float]


@dataclass(frozen=True)
class Series:
    """Settings in the order in which a claim names them.

    Attributes:
        metric: what was measured.
        labels: of the settings, for words.
        values: of each setting, by seed.
        truths: what theory says of each setting; empty where the claim asks for none.
        places: of the settings on the claim's axis, in base units; NaN for words, empty without an axis.
    """

    metric: Metric
    labels: tuple[str, ...]
    values: tuple[Values, ...]
    truths: tuple[float, ...] = ()
    places: tuple[float, ...] = ()

    @property
    def sign(self) -> int:
        """Return +1 where more is better, or neither is; else -1."""
        return self.metric.better or 1


def series_of(
    sweep: Sweep,
    metric: str,
    settings: Sequence[Mapping[str, str]],
    within: tuple[float | None, float | None] = (None, None),
    truths: Sequence[float] = (),
    axis: str | None = None,
) -> Series:
    """Measure a metric of the named settings of a sweep; `settings` are path -> value as the sweep writes it.

    `within`: judge from the first time and up to the second [s]. `axis`: the one that the claim runs along.

    RunError where a setting was not played.
    """
    groups = [_group(sweep, setting) for setting in settings]
    values = tuple(
        {run.seed: value for run in group.runs if (value := METRICS[metric].of(between(run, *within))) is not None}
        for group in groups
    )
    labels = tuple(
        group.label if axis is None else setting[axis] for group, setting in zip(groups, settings, strict=True)
    )
    places = () if axis is None else tuple(_place(setting[axis]) for setting in settings)
    return Series(METRICS[metric], labels, values, tuple(truths), places)


def between(run: Run, from_s: float | None, until_s: float | None) -> Run:
    """Return a run with the windows of a part of it alone: those that end in (from, until]."""
    if from_s is None and until_s is None:
        return run
    ends = run.windows["t_s"]
    kept = (ends > (from_s or 0.0)) & (ends <= (run.duration_s if until_s is None else until_s))
    part = replace(run)
    # Tables are read once and kept in the instance; the part starts with its own.
    vars(part)["windows"] = run.windows[kept]
    return part


def _place(written: str) -> float:
    value = base_value(written)
    return math.nan if value is None else value


def _group(sweep: Sweep, setting: Mapping[str, str]) -> Group:
    for group in sweep.groups:
        if all(setting.get(path) == value for path, value in group.written.items()):
            return group
    raise RunError(f"{sweep.name}: {', '.join(f'{path}={value}' for path, value in setting.items())} was not played")
