"""Availability: pure functions of time, equal to brute force, with the shares that theory gives."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.seeding import Purpose
from sim.network.availability import AllOf, Always, Availability, FleetAvailability, Windows, lifetime
from sim.network.diurnal import DAY_S, DiurnalFleet
from sim.network.fleet_availability import AllOfFleet, AlwaysFleet, Lifetimes, WindowsFleet
from sim.network.gated import Gated
from sim.network.rates import Constant
from sim.network.renewal import Law, RenewalFleet, RenewalLaw, RenewalPath
from sim.network.trace_text import TraceError
from sim.network.window_trace import load_windows


def exponential(mean_s: float) -> Law:
    return lambda u: -mean_s * np.log(u)


def lognormal(median_s: float, sigma: float) -> Law:
    """By a table of the normal's quantiles, which is all that a law needs to be."""
    normal = np.sort(np.random.default_rng(0).standard_normal(40_001))
    return lambda u: median_s * np.exp(sigma * normal[(np.asarray(u) * 40_000).astype(int)])


def constant(seconds: float) -> Law:
    return lambda u: np.full(np.shape(u), seconds)


LAW = RenewalLaw(exponential(30.0), lognormal(8.0, 0.7), seed=4)
ONE: list[Availability] = [
    Always(),
    Windows([(2, 3), (5, 9), (8, 12)]),
    Windows([(2, 3), (5, 9)], inside=False),
    Windows([(1, 2.5), (7, 8)], period_s=10.0, offset_s=4.0),
    Windows([]),
    lifetime(3.0, 20.0),
    AllOf([Windows([(0, 7)], period_s=10.0), lifetime(5.0)]),
    RenewalPath(LAW, 3),
    DiurnalFleet([0.3] * 24, np.zeros(4), seed=2).of(1),
]


@pytest.mark.parametrize("it", ONE)
@given(t_s=st.floats(0, 1e5))
def test_nothing_changes_before_the_next_change(it: Availability, t_s: float) -> None:
    change_s = it.next_change_s(t_s)
    assert change_s > t_s
    # Closer than this, a float of seconds cannot tell whether the change has come.
    for between_s in np.linspace(t_s, max(min(change_s * (1 - 2**-40), t_s + 1e5), t_s), 9):
        assert it.available(float(between_s)) == it.available(t_s)


def test_windows_are_closed_on_the_left_and_open_on_the_right() -> None:
    windows = Windows([(2, 3)])
    assert [windows.available(t) for t in (1.999, 2.0, 2.999, 3.0)] == [False, True, True, False]
    assert windows.next_change_s(3.0) == math.inf


@given(
    windows=st.lists(st.tuples(st.integers(0, 50), st.integers(0, 10)), max_size=8),
    offset=st.integers(0, 100),
    inside=st.booleans(),
)
def test_windows_equal_a_look_at_each(windows: list[tuple[int, int]], offset: int, inside: bool) -> None:
    pairs = [(float(a), float(a + width)) for a, width in windows]
    it = Windows(pairs, inside=inside, period_s=64.0, offset_s=float(offset))
    times_s = np.arange(0, 300) / 2
    expected = [any(a <= (t + offset) % 64.0 < b for a, b in pairs) == inside for t in times_s]
    assert [it.available(t) for t in times_s] == expected
    assert it.available_at(times_s).tolist() == expected
    assert it.next_change_at(times_s).tolist() == [it.next_change_s(t) for t in times_s]


def test_what_has_left_for_good_is_not_waited_for() -> None:
    gone = AllOf([Windows([(0, 1)], period_s=2.0), lifetime(0.0, 5.0)])
    assert gone.next_change_s(4.5) == 5.0
    assert gone.next_change_s(5.0) == math.inf
    assert Gated(Constant(1.0), gone).when(4.0, 2.0) == math.inf


@pytest.mark.parametrize("windows", [[(-1.0, 2.0)], [(3.0, 2.0)], [(0.0, 11.0)]])
def test_windows_that_cannot_be_are_refused(windows: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="must lie in order"):
        Windows(windows, period_s=10.0)


def test_availability_at_unsorted_times_equals_a_path_drawn_from_the_start() -> None:
    """A hundred thousand questions in random order, against the path laid out period by period."""
    law = RenewalLaw(exponential(30.0), exponential(8.0), seed=6)
    ends_s, number = [0.0], 0
    while ends_s[-1] < 20_000.0:
        ends_s.append(ends_s[-1] + float(law.lasting_s(np.array([7]), np.array([number]))[0]))
        number += 1
    start_on = bool(law.starts_on(np.array([7]))[0])
    times_s = np.random.default_rng(1).uniform(0.0, 20_000.0, 100_000)
    expected = start_on ^ ((np.searchsorted(ends_s, times_s, side="right") - 1) % 2 == 1)
    path = RenewalPath(law, 7)
    assert np.array([path.available(t) for t in times_s]).tolist() == expected.tolist()


FLEETS: list[FleetAvailability] = [
    AlwaysFleet(),
    RenewalFleet(LAW, 6),
    DiurnalFleet([0.0] * 8 + [0.9] * 14 + [0.2, 0.0], np.arange(6) * 3600.0 - 8000.0, seed=5),
    Lifetimes(np.array([0, 0, 50, 9e9, 3, 5]), np.array([math.inf, 40, math.inf, math.inf, 3, 4])),
    WindowsFleet(
        [Windows([(3, 9)], period_s=20.0), Windows([(0, 50)])],
        np.array([0, 1, 0, 1, 0, 0]),
        np.arange(6) * 1.5,
    ),
    AllOfFleet([RenewalFleet(LAW, 6), Lifetimes(np.zeros(6), np.full(6, 300.0))]),
]


@pytest.mark.parametrize("fleet", FLEETS)
@given(times=st.lists(st.floats(0, 4e3), min_size=1, max_size=6), devices=st.sets(st.integers(0, 5), min_size=1))
@settings(deadline=None, max_examples=30)
def test_a_fleet_answers_as_its_devices_in_any_order(
    fleet: FleetAvailability, times: list[float], devices: set[int]
) -> None:
    some = np.array(sorted(devices))
    for t_s in times:
        assert fleet.available_many(some, t_s).tolist() == [fleet.of(d).available(t_s) for d in some]
        changes_s = [fleet.of(d).next_change_s(t_s) for d in some]
        assert fleet.next_change_many(some, t_s) == pytest.approx(changes_s, rel=1e-15)


@pytest.mark.parametrize(
    ("on", "off"),
    [
        (exponential(30.0), exponential(10.0)),
        (constant(30.0), constant(10.0)),
        (lognormal(20.0, 0.9), exponential(10.0)),
    ],
)
@pytest.mark.parametrize("t_s", [0.0, 5.0, 200.0])
def test_the_share_on_is_that_of_the_means_at_every_moment(on: Law, off: Law, t_s: float) -> None:
    """P(on at t) = E[on] / (E[on] + E[off]) for all t from a stationary start, whatever the laws."""
    law = RenewalLaw(on, off, seed=9)
    share = law.mean_on_s / (law.mean_on_s + law.mean_off_s)
    there = RenewalFleet(law, 20_000).available_many(np.arange(20_000), t_s).mean()
    assert there == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 20_000))


def test_what_is_left_of_the_first_period_is_that_of_a_long_one() -> None:
    """E[remainder] = E[X^2] / (2 E[X]): 15 s for a constant 30 s, 30 s for an exponential one."""
    for on, expected_s in ((constant(30.0), 15.0), (exponential(30.0), 30.0)):
        fleet, devices = RenewalFleet(RenewalLaw(on, constant(0.001), seed=1), 20_000), np.arange(20_000)
        left_s = fleet.next_change_many(devices, 0.0)[fleet.available_many(devices, 0.0)]
        assert left_s.mean() == pytest.approx(expected_s, rel=0.03)


def test_a_start_may_be_told() -> None:
    law = RenewalLaw(constant(3.0), constant(2.0), seed=1, start="off")
    path = RenewalPath(law, 0)
    assert [path.available(t) for t in (0.0, 1.9, 2.0, 4.9, 5.0)] == [False, False, True, True, False]


def test_two_purposes_are_two_fates() -> None:
    outages = RenewalLaw(exponential(30.0), exponential(10.0), seed=4, purpose=Purpose.OUTAGE)
    devices = RenewalLaw(exponential(30.0), exponential(10.0), seed=4)
    assert RenewalPath(outages, 0).next_change_s(0.0) != RenewalPath(devices, 0).next_change_s(0.0)


@pytest.mark.parametrize(("on", "off"), [(constant(0.0), constant(0.0)), (constant(-1.0), constant(1.0))])
def test_laws_that_cannot_alternate_are_refused(on: Law, off: Law) -> None:
    with pytest.raises(ValueError, match=r"durations|never on"):
        RenewalLaw(on, off, seed=0)


def test_fixed_hours_follow_the_time_zone() -> None:
    """Eight to twenty local time; the second device lives two hours east."""
    fleet = DiurnalFleet([0.0] * 8 + [1.0] * 12 + [0.0] * 4, np.array([0.0, 7200.0]), seed=0)
    hours = [h for h in range(48) if fleet.of(1).available(3600.0 * h + 1)]
    assert hours == [*range(6, 18), *range(30, 42)]
    assert fleet.of(0).next_change_s(0.0) == 8 * 3600.0
    assert fleet.of(0).next_change_s(9 * 3600.0) == 20 * 3600.0
    assert DiurnalFleet([1.0], np.zeros(1), seed=0).of(0).next_change_s(5.0) == math.inf


def test_thinned_hours_have_their_probability() -> None:
    fleet = DiurnalFleet([0.0, 0.25, 0.8, 1.0], np.zeros(4000), seed=3)
    for slot, p in enumerate([0.0, 0.25, 0.8, 1.0]):
        there = fleet.available_many(np.arange(4000), 3 * DAY_S + (slot + 0.5) * DAY_S / 4).mean()
        assert there == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / 4000))


@pytest.mark.parametrize("profile", [[], [1.2], [math.nan]])
def test_a_day_without_probabilities_is_refused(profile: list[float]) -> None:
    with pytest.raises(ValueError, match="probabilities"):
        DiurnalFleet(profile, np.zeros(1), seed=0)


def test_recorded_windows_are_read_by_name(tmp_path: Path) -> None:
    path = tmp_path / "phones.csv"
    path.write_text("phone,from,until\nb,60,90\na,0,10\nb,5,10\n")
    b, a = load_windows(path, unit="min")
    assert [b.available(60.0 * m) for m in (4, 5, 10, 60, 90)] == [False, True, False, True, False]
    assert a.available(599.0)
    assert not a.available(600.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\n", ":1: 1 columns"),
        ("1 2\n5 4\n", ":2: a window must end after it begins"),
        ("1 2\n5 x\n", ":2: 'x' must be a finite number"),
        ("-1 2\n", ":1: '-1' must be"),
        ("", "empty"),
    ],
)
def test_broken_recordings_are_refused_with_their_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "windows"
    path.write_text(text)
    with pytest.raises(TraceError, match=message):
        load_windows(path, unit="s")
