"""Bytes against accuracy: which settings nothing beats, link by link, over paired seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from analysis.metrics import METRICS, bytes_per_device, measure
from analysis.statistics import Interval, paired_difference, student_interval
from analysis.sweeps import Group, Sweep


class Point(NamedTuple):
    """Where a group stands: bytes per device (both ways) and accuracy, by seed and over seeds."""

    label: str
    costs: Mapping[int, float | None]
    gains: Mapping[int, float | None]

    @property
    def cost(self) -> Interval:
        return student_interval(list(self.costs.values()))

    @property
    def gain(self) -> Interval:
        return student_interval(list(self.gains.values())).within(0.0, 1.0)


def point_of(group: Group) -> Point:
    """Measure where a group stands."""
    costs = {run.seed: bytes_per_device(run, "up_bytes", "down_bytes") for run in group.runs}
    return Point(group.label, costs, {run.seed: measure(run, ["accuracy"])["accuracy"] for run in group.runs})


def origin_of(groups: Sequence[Group]) -> Point | None:
    """Return the model that never changes as a point: no bytes; None where it was no reference."""
    static = METRICS["accuracy_static"].of
    gains = {run.seed: static(run) for group in groups for run in group.runs}
    return None if None in gains.values() or not gains else Point("static", dict.fromkeys(gains, 0.0), gains)


def by_link(sweep: Sweep) -> dict[str, list[Group]]:
    """Return the groups of each link: what the axes of links say, in words; one without such axes."""
    axes = [axis for axis in sweep.axes if axis.startswith("links.") or axis.endswith(".link")]
    found: dict[str, list[Group]] = {}
    for group in sweep.judged:
        found.setdefault(" · ".join(group.values[axis] for axis in axes), []).append(group)
    return found


def front(points: Sequence[Point]) -> list[Point]:
    """Return the points that no other dominates, in order of cost."""
    kept = [point for point in points if not any(dominates(other, point) for other in points if other is not point)]
    return sorted(kept, key=lambda point: (point.cost.mean, -point.gain.mean))


def dominates(one: Point, other: Point) -> bool:
    """Return whether a point costs no more and gains more, clear of zero over paired seeds.

    One that gains no less in any seed and costs less, clear of zero, dominates too. With single seeds means decide.
    """
    cost = paired_difference(one.costs, other.costs)
    gain = paired_difference(one.gains, other.gains)
    if min(cost.n, gain.n) < 2:
        return cost.mean <= 0 and gain.mean >= 0 and (cost.mean < 0 or gain.mean > 0)
    cheaper = cost.high <= 0
    same = not gain.varies and not gain.mean
    return cheaper and (gain.low > 0 or (same and cost.high < 0))
