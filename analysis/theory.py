"""The analytic twin: what closed forms say of a metric, beside what was seen, and where the two part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from analysis.compare import with_interval
from analysis.metrics import METRICS
from analysis.statistics import Interval
from analysis.sweeps import Group, Sweep

#: Share of the truth by which what is seen may be off, besides its interval.
WITHIN = 0.05


class Twin(NamedTuple):
    """What a closed form says of a metric of a setting, and what was seen of it."""

    metric: str
    form: str
    value: float
    seen: Interval

    @property
    def parts(self) -> bool:
        """Whether what was seen is off by more than the margin and, where there is one, outside its interval."""
        off = abs(self.seen.mean - self.value) > WITHIN * abs(self.value)
        inside = self.seen.n > 1 and self.seen.low <= self.value <= self.seen.high
        return off and not inside


def twins(group: Group) -> list[Twin]:
    """Return what theory says of a setting, for each metric that it reaches in every run alike."""
    known = [
        {(one["metric"], one["form"]): float(one["value"]) for one in run.manifest.get("theory", ())}
        for run in group.runs
    ]
    shared = [key for key in known[0] if all(other.get(key) == known[0][key] for other in known)] if known else []
    return [Twin(metric, form, known[0][metric, form], METRICS[metric].over(group.runs)) for metric, form in shared]


def partings(sweep: Sweep) -> Iterator[str]:
    """Yield a sentence for each setting in which theory and simulation part."""
    for group in sweep.groups:
        for twin in twins(group):
            if twin.parts:
                metric = METRICS[twin.metric]
                yield (
                    f"{group.label}: {metric.label} is {with_interval(metric, twin.seen)} {metric.unit}, and theory "
                    f"({twin.form}) says {metric.show(twin.value)}: what it assumes does not hold here."
                )
