"""When the devices of a scenario are there: availability and churn, as one answer for each device."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache
from itertools import accumulate
from typing import Any

from agents.seeding import Purpose, uniforms
from sim.lines.presence import Presence, PresenceOf
from sim.network.availability import AllOf, Availability, Windows, lifetime
from sim.network.daily import DailyHours
from sim.network.renewal import RenewalLaw, RenewalPath
from sim.network.window_trace import load_windows

#: Paths kept at hand; others are drawn again when asked for, to the same effect.
_KEPT = 1 << 17


def presence_of(scenario: Any) -> PresenceOf:
    """Return when each device of the fleet is there, and what its going does to a message under way."""
    if all(_always(cohort) for cohort in scenario.fleet):
        return lambda device: None
    starts = list(accumulate((cohort.devices for cohort in scenario.fleet), initial=0))[:-1]
    makers = {cohort.cohort: _maker(cohort, scenario.seed) for cohort in scenario.fleet}

    @lru_cache(maxsize=_KEPT)
    def presence(device: int) -> Presence | None:
        cohort = scenario.fleet[bisect_right(starts, device) - 1]
        if _always(cohort):
            return None
        return Presence(makers[cohort.cohort](device), cohort.offline.transfers == "abort")

    return presence


def _always(cohort: Any) -> bool:
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
    law = RenewalLaw(renewal.on.quantile, renewal.off.quantile, seed, Purpose.AVAILABILITY, start)
    return lambda device: RenewalPath(law, device)


def _diurnal(diurnal: Any, seed: int) -> Callable[[int], Availability]:
    length_s = (diurnal.until - diurnal.from_) % diurnal.day or diurnal.day

    def hours(device: int) -> DailyHours:
        late_s = diurnal.jitter * float(uniforms(seed, Purpose.DAILY_SHIFT, device))
        zone_s = diurnal.zones[device % len(diurnal.zones)]
        return DailyHours(device, diurnal.from_ + late_s, length_s, diurnal.day, zone_s, diurnal.share, seed)

    return hours


def _recorded(trace: Any, seed: int) -> Callable[[int], Availability]:
    recordings = load_windows(trace.file, unit="s")
    last_s = max(recording.last_s for recording in recordings)
    if trace.end == "repeat":
        recordings = load_windows(trace.file, unit="s", period_s=last_s)

    def play(device: int) -> Windows:
        offset_s = trace.offset
        if offset_s == "random":
            offset_s = float(uniforms(seed, Purpose.TRACE_OFFSET, device)) * last_s
        return recordings[device % len(recordings)].shifted(offset_s)

    return play


def _lifetimes(churn: Any, seed: int) -> Callable[[int], Availability]:
    def life(device: int) -> Availability:
        joins_s = float(churn.joins.quantile(uniforms(seed, Purpose.JOIN, device)))
        if churn.leaves == "never":
            return lifetime(joins_s)
        return lifetime(joins_s, joins_s + float(churn.leaves.quantile(uniforms(seed, Purpose.LEAVE, device))))

    return life


_KINDS = {"renewal": _renewal, "diurnal": _diurnal, "trace": _recorded}
