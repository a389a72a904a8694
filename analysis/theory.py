"""The analytic twin: what closed forms say of a metric, beside what was seen, and where the two part."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from agents.contract.amounts import time_in_words
from analysis.compare import with_interval
from analysis.metrics import METRICS
from analysis.statistics import CONFIDENCE, Interval, student_interval
from analysis.sweeps import Group, Sweep
from analysis.windows import PREDICTORS, per_tick

#: Share of the truth by which what is seen may be off, besides chance, where a closed form does not say.
WITHIN = 0.05
#: Settings that are warned about, at most.
_MOST = 12
#: Metric -> whose predictions it counts, of those that theory knows tick by tick.
_COUNTED = {"accuracy": PREDICTORS["deployed"]}


class Twin(NamedTuple):
    """What a closed form says of a metric of a setting, and what was seen of it.

    off: by how much the two differ, run by run. within: share of the truth by which they may, besides chance.
    """

    metric: str
    form: str
    value: float
    seen: Interval
    off: Interval
    within: float = WITHIN

    @property
    def parts(self) -> bool:
        """Whether what was seen is off by more than the margin and, where there is one, outside its interval."""
        inside = self.off.n > 1 and self.off.low <= 0.0 <= self.off.high
        return abs(self.off.mean) > self.within * abs(self.value) and not inside


class Course(NamedTuple):
    """What a closed form says of a share tick by tick, over all runs of a setting, and what was counted.

    t_s: ends of ticks [ticks]. expected, spread: mean and standard deviation of ``counted`` by chance, out of
    ``samples``, as theory has it.
    """

    metric: str
    form: str
    t_s: NDArray[np.float64]
    expected: NDArray[np.float64]
    spread: NDArray[np.float64]
    counted: NDArray[np.int64]
    samples: NDArray[np.int64]
    within: float

    @property
    def value(self) -> NDArray[np.float64]:
        """What theory says of the share [ticks]."""
        return self._share(self.expected)

    @property
    def parts_from(self) -> int | None:
        """Return the first tick in which the two part by more than the margin and chance, all ticks being looked at.

        0 as well where no tick shows it alone and all do together.
        """
        chance = float(ndtri(1.0 - (1.0 - CONFIDENCE) / 2.0 / (len(self.t_s) + 1)))
        beyond = _beyond(self.expected, self.counted, self.within, chance * self.spread)
        if beyond.any():
            return int(beyond.argmax())
        chance *= float(np.sqrt(np.square(self.spread).sum()))
        together = _beyond(self.expected.sum(), self.counted.sum(), self.within, chance)
        return 0 if together else None

    def _share(self, counts: NDArray[Any]) -> NDArray[np.float64]:
        return np.divide(counts, self.samples, out=np.full(len(counts), np.nan), where=self.samples > 0)


def twins(group: Group) -> list[Twin]:
    """Return what theory says of a setting, for each metric that it reaches in every run."""
    known = [{(one["metric"], one["form"]): one for one in run.manifest.get("theory", ())} for run in group.runs]
    shared = [key for key in known[0] if all(key in other for other in known)] if known else []
    return [_twin(group, [one[key] for one in known]) for key in shared]


def courses(group: Group) -> list[Course]:
    """Return what theory says tick by tick of a setting, where it knows that in every run."""
    return [
        _course(group, [of_run[twin.form] for of_run in known])
        for twin in twins(group)
        if twin.metric in _COUNTED
        for known in [[{one["form"]: one for one in run.manifest["theory"]} for run in group.runs]]
        if all("course" in of_run[twin.form] for of_run in known)
    ]


def partings(sweep: Sweep) -> list[str]:
    """Return a sentence for each setting in which theory and simulation part, for the first ones."""
    return list(islice(_partings(sweep), _MOST))


def _partings(sweep: Sweep) -> Iterator[str]:
    for group in sweep.groups:
        known = {course.form: course for course in courses(group)}
        for twin in twins(group):
            course = known.get(twin.form)
            if twin.parts if course is None else course.parts_from is not None:
                metric = METRICS[twin.metric]
                yield (
                    f"{group.label}: {metric.label} is {with_interval(metric, twin.seen)} {metric.unit}, and theory "
                    f"({twin.form}) says {metric.show(twin.value)}{_where(course)}: what it assumes does not hold here."
                )


def _where(course: Course | None) -> str:
    return f"; they part from {time_in_words(course.t_s[course.parts_from])} on" if course and course.parts_from else ""


def _twin(group: Group, entries: list[Any]) -> Twin:
    metric, form = METRICS[entries[0]["metric"]], str(entries[0]["form"])
    said = [float(one["value"]) for one in entries]
    each = [metric.of(run) for run in group.runs]
    off = student_interval([None if seen is None else seen - own for seen, own in zip(each, said, strict=True)])
    within = float(entries[0].get("within", WITHIN))
    return Twin(entries[0]["metric"], form, float(np.mean(said)), metric.over(group.runs, each), off, within)


def _course(group: Group, entries: list[Any]) -> Course:
    """Sum over runs what was counted and what theory expects of as many samples; runs cut short end together."""
    name, tables = entries[0]["metric"], [per_tick(run.windows) for run in group.runs]
    ticks = min(map(len, tables))
    share = np.array([one["course"]["value"][:ticks] for one in entries])
    samples, counted = (
        np.array([table[column].to_numpy()[:ticks] for table in tables]) for column in ("samples", _COUNTED[name])
    )
    return Course(
        name,
        str(entries[0]["form"]),
        tables[0].index.to_numpy(float)[:ticks],
        (samples * share).sum(0),
        np.sqrt((samples * share * (1.0 - share)).sum(0)),
        counted.sum(0),
        samples.sum(0),
        float(entries[0].get("within", WITHIN)),
    )


def _beyond(expected: Any, counted: Any, within: float, chance: Any) -> Any:
    return np.abs(counted - expected) > within * expected + chance
