"""When a device is online, as far as messages depend on it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import inf
from typing import Any

from agents.seeding import Purpose, uniforms
from sim.network.availability import AllOf, Availability, Windows, lifetime
from sim.network.daily_hours import DailyHours
from sim.network.renewal import RenewalPath, RenewalProcess
from sim.network.traces.windows import load_windows


@dataclass(frozen=True, slots=True)
class DeviceAvailability:
    """The availability of one device, and what an absence does to a message in flight.

    What would come after ``horizon_s`` may be said never to come.
    One rule for equal times: a message whose last bit leaves at the very moment the device goes has left.
    """

    availability: Availability
    aborts: bool
    horizon_s: float = inf

    def next_off_s(self, now_s: float) -> float:
        """Return when the device is next away: now, if it is away already; ``inf`` if it never will be."""
        at_s = now_s
        while at_s < inf and self.availability.available(at_s):
            at_s = self._change_s(at_s)
        return at_s

    def next_on_s(self, now_s: float) -> float:
        """Return when the device is next there: now, if it is; ``inf`` if it never will be."""
        at_s = now_s
        while at_s < inf and not self.availability.available(at_s):
            at_s = self._change_s(at_s)
        return at_s

    def _change_s(self, at_s: float) -> float:
        return self.availability.next_change_s(at_s) if at_s <= self.horizon_s else inf

    def absences(self, from_s: float, until_s: float) -> list[tuple[float, float]]:
        """Return the spans (away, back) within an interval in which the device is not there [s]."""
        spans, at_s = [], from_s
        while (next_off_s := self.next_off_s(at_s)) < until_s:
            at_s = self.next_on_s(next_off_s)
            spans.append((next_off_s, at_s))
        return spans


#: What finds the availability of a device; None: always there.
AvailabilityOf = Callable[[int], DeviceAvailability | None]


#: Number of paths cached; others are drawn again on request, with the same result.
_CACHED = 1 << 17


def availability_of(scenario: Any) -> AvailabilityOf:
    """Return when each device of the fleet is there, and what its absence does to a message in flight."""
    if all(always_there(cohort) for cohort in scenario.fleet):
        return lambda device: None
    starts = list(accumulate((cohort.devices for cohort in scenario.fleet), initial=0))[:-1]
    makers = {cohort.cohort: _maker(cohort, scenario.seed) for cohort in scenario.fleet}

    @lru_cache(maxsize=_CACHED)
    def device_availability(device: int) -> DeviceAvailability | None:
        cohort = scenario.fleet[bisect_right(starts, device) - 1]
        if always_there(cohort):
            return None
        aborts = cohort.offline.transfers == "abort"
        return DeviceAvailability(makers[cohort.cohort](device), aborts, scenario.duration)

    return device_availability


def always_there(cohort: Any) -> bool:
    return cohort.availability.kind == "always" and not _churns(cohort.churn)


def _churns(churn: Any) -> bool:
    return churn.leaves != "never" or churn.joins.mean > 0.0


def _maker(cohort: Any, seed: int) -> Callable[[int], Availability]:
    """Return what makes the availability of a cohort's devices."""
    parts = []
    if cohort.availability.kind != "always":
        parts.append(_KINDS[cohort.availability.kind](cohort.availability, seed))
    if _churns(cohort.churn):
        parts.append(_lifetimes(cohort.churn, seed))
    return lambda device: AllOf([part(device) for part in parts])


def _renewal(renewal: Any, seed: int) -> Callable[[int], Availability]:
    start: Any = "stationary" if renewal.start == "random" else renewal.start
    process = RenewalProcess(renewal.on.quantile, renewal.off.quantile, seed, Purpose.AVAILABILITY, start)
    return lambda device: RenewalPath(process, device)


def _diurnal(diurnal: Any, seed: int) -> Callable[[int], Availability]:
    length_s = (diurnal.until - diurnal.from_) % diurnal.day or diurnal.day

    def hours(device: int) -> DailyHours:
        late_s = diurnal.jitter * float(uniforms(seed, Purpose.DAILY_SHIFT, device))
        zone_s = diurnal.zones[device % len(diurnal.zones)]
        return DailyHours(device, diurnal.from_ + late_s, length_s, diurnal.day, zone_s, diurnal.share, seed)

    return hours


def _recorded(trace: Any, seed: int) -> Callable[[int], Availability]:
    recordings = load_windows(trace.file, unit="s", states=trace.states)
    last_s = max(recording.last_s for recording in recordings)
    if trace.end == "repeat":
        recordings = load_windows(trace.file, unit="s", period_s=last_s, states=trace.states)

    def recorded(device: int) -> Windows:
        offset_s = trace.offset
        if offset_s == "random":
            offset_s = float(uniforms(seed, Purpose.TRACE_OFFSET, device)) * last_s
        return recordings[device % len(recordings)].shifted(offset_s)

    return recorded


def _lifetimes(churn: Any, seed: int) -> Callable[[int], Availability]:
    def lifetime_of(device: int) -> Availability:
        joins_s = float(churn.joins.quantile(uniforms(seed, Purpose.JOIN, device)))
        if churn.leaves == "never":
            return lifetime(joins_s)
        return lifetime(joins_s, joins_s + float(churn.leaves.quantile(uniforms(seed, Purpose.LEAVE, device))))

    return lifetime_of


_KINDS = {"renewal": _renewal, "diurnal": _diurnal, "trace": _recorded}
