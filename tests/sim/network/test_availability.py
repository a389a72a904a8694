"""Availability: pure functions of time, equal to brute force, with the shares that theory gives."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.seeding import Purpose, uniforms
from sim.network.availability import AllOf, Always, Availability, Windows, lifetime
from sim.network.daily_hours import DailyHours
from sim.network.rates.interrupted import InterruptedRate
from sim.network.rates.rate import Constant
from sim.network.renewal import Quantile, RenewalPath, RenewalProcess
from sim.network.traces.text import TraceError
from sim.network.traces.windows import load_windows


def exponential(mean_s: float) -> Quantile:
    return lambda u: -mean_s * np.log(u)


def lognormal(median_s: float, sigma: float) -> Quantile:
    """By a table of the normal's quantiles, which is all that a law needs to be."""
    normal = np.sort(np.random.default_rng(0).standard_normal(40_001))
    return lambda u: median_s * np.exp(sigma * normal[(np.asarray(u) * 40_000).astype(int)])


def constant(seconds: float) -> Quantile:
    return lambda u: np.full(np.shape(u), seconds)


def quarter_days(from_: int, length: int, zone: int, share: float) -> DailyHours:
    """Return hours of days of 24, all told in quarters."""
    return DailyHours(3, from_ / 4, length / 4, 24.0, zone / 4, share, seed=11)


def comes(hours: DailyHours, t_s: float) -> bool:
    """Look at each day whether its hours cover a moment, and then whether the device's draw lets it come."""
    for day in range(-12, 40):
        start_s = day * hours.day_s + hours.from_s - hours.zone_s
        if start_s <= t_s < start_s + hours.length_s:
            number = 2 * day if day >= 0 else -2 * day - 1
            return bool(uniforms(hours.seed, Purpose.AVAILABILITY, hours.device, number) < hours.share)
    return False


QUARTERS = (st.integers(0, 120), st.integers(1, 96), st.integers(-96, 96), st.sampled_from([0.0, 0.4, 1.0]))
LAW = RenewalProcess(exponential(30.0), lognormal(8.0, 0.7), seed=4)
ONE: list[Availability] = [
    Always(),
    Windows([(2, 3), (5, 9), (8, 12)]),
    Windows([(2, 3), (5, 9)], inside=False),
    Windows([(1, 2.5), (7, 8)], period_s=10.0, offset_s=4.0),
    Windows([]),
    lifetime(3.0, 20.0),
    AllOf([Windows([(0, 7)], period_s=10.0), lifetime(5.0)]),
    RenewalPath(LAW, 3),
    DailyHours(1, 79_321.7, 30_000.0, 86_400.0, 7200.0, 0.5, seed=2),
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


def test_what_has_left_for_good_is_not_waited_for() -> None:
    gone = AllOf([Windows([(0, 1)], period_s=2.0), lifetime(0.0, 5.0)])
    assert gone.next_change_s(4.5) == 5.0
    assert gone.next_change_s(5.0) == math.inf
    assert InterruptedRate(Constant(1.0), gone).when(4.0, 2.0) == math.inf


@pytest.mark.parametrize("windows", [[(-1.0, 2.0)], [(3.0, 2.0)], [(0.0, 11.0)]])
def test_windows_that_cannot_be_are_refused(windows: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="must lie in order"):
        Windows(windows, period_s=10.0)


def test_availability_at_unsorted_times_equals_a_path_drawn_from_the_start() -> None:
    """Twenty thousand questions in random order, against the path laid out period by period."""
    law = RenewalProcess(exponential(30.0), exponential(8.0), seed=6)
    ends_s, number = [0.0], 0
    while ends_s[-1] < 20_000.0:
        ends_s.append(ends_s[-1] + float(law.lasting_s(np.array([7]), np.array([number]))[0]))
        number += 1
    start_on = bool(law.starts_on(np.array([7]))[0])
    times_s = np.random.default_rng(1).uniform(0.0, 20_000.0, 20_000)
    expected = start_on ^ ((np.searchsorted(ends_s, times_s, side="right") - 1) % 2 == 1)
    path = RenewalPath(law, 7)
    assert np.array([path.available(t) for t in times_s]).tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("on", "off"),
    [
        (exponential(30.0), exponential(10.0)),
        (constant(30.0), constant(10.0)),
        (lognormal(20.0, 0.9), exponential(10.0)),
    ],
)
def test_the_share_on_is_that_of_the_means_at_every_moment(on: Quantile, off: Quantile) -> None:
    """P(on at t) = E[on] / (E[on] + E[off]) for all t from a stationary start, whatever the laws."""
    law = RenewalProcess(on, off, seed=9)
    share = law.mean_on_s / (law.mean_on_s + law.mean_off_s)
    paths = [RenewalPath(law, device) for device in range(5000)]
    for t_s in (0.0, 5.0, 200.0):
        there = np.mean([path.available(t_s) for path in paths])
        assert there == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 5000))


def test_what_is_left_of_the_first_period_is_that_of_a_long_one() -> None:
    """E[remainder] = E[X^2] / (2 E[X]): 15 s for a constant 30 s, 30 s for an exponential one."""
    for on, expected_s in ((constant(30.0), 15.0), (exponential(30.0), 30.0)):
        law = RenewalProcess(on, constant(0.001), seed=1)
        paths = (RenewalPath(law, device) for device in range(10_000))
        left_s = [path.next_change_s(0.0) for path in paths if path.available(0.0)]
        assert np.mean(left_s) == pytest.approx(expected_s, rel=0.04)


def test_a_start_may_be_told() -> None:
    law = RenewalProcess(constant(3.0), constant(2.0), seed=1, start="off")
    path = RenewalPath(law, 0)
    assert [path.available(t) for t in (0.0, 1.9, 2.0, 4.9, 5.0)] == [False, False, True, True, False]


def test_two_purposes_are_two_fates() -> None:
    outages = RenewalProcess(exponential(30.0), exponential(10.0), seed=4, purpose=Purpose.OUTAGE)
    devices = RenewalProcess(exponential(30.0), exponential(10.0), seed=4)
    assert RenewalPath(outages, 0).next_change_s(0.0) != RenewalPath(devices, 0).next_change_s(0.0)


@pytest.mark.parametrize(("on", "off"), [(constant(0.0), constant(0.0)), (constant(-1.0), constant(1.0))])
def test_laws_that_cannot_alternate_are_refused(on: Quantile, off: Quantile) -> None:
    with pytest.raises(ValueError, match=r"durations|never on"):
        RenewalProcess(on, off, seed=0)


@given(hours=st.builds(quarter_days, *QUARTERS), times=st.lists(st.integers(-400, 2000), min_size=1, max_size=20))
def test_daily_hours_equal_a_look_at_each_day(hours: DailyHours, times: list[int]) -> None:
    """Quarters of an hour of days of 24 h, so that every edge is met exactly, in any order."""
    for quarter in times:
        t_s = quarter / 4
        assert hours.available(t_s) == comes(hours, t_s)
        change_s = hours.next_change_s(t_s)
        assert change_s > t_s
        until = min(math.ceil(4 * change_s), quarter + 100) if change_s < math.inf else quarter + 400
        assert {comes(hours, between / 4) for between in range(quarter, until)} == {comes(hours, t_s)}


@given(zone=st.integers(-96, 96), quarter=st.integers(0, 2000), share=st.sampled_from([0.4, 1.0]))
def test_a_zone_shifts_the_hours_of_the_day(zone: int, quarter: int, share: float) -> None:
    home, away = quarter_days(32, 48, 0, share), quarter_days(32, 48, zone, share)
    t_s, local_s = quarter / 4, (quarter + zone) / 4
    assert away.available(t_s) == home.available(local_s)
    assert away.next_change_s(t_s) - t_s == home.next_change_s(local_s) - local_s


def test_eight_to_twenty_two_hours_east_is_six_to_eighteen() -> None:
    day = DailyHours(1, 8 * 3600.0, 12 * 3600.0, 86_400.0, 7200.0, 1.0, seed=0)
    assert [h for h in range(48) if day.available(3600.0 * h)] == [*range(6, 18), *range(30, 42)]
    assert day.next_change_s(0.0) == 6 * 3600.0
    assert day.next_change_s(9 * 3600.0) == 18 * 3600.0
    assert DailyHours(1, 5.0, 86_400.0, 86_400.0, 0.0, 1.0, seed=0).next_change_s(5.0) == math.inf


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_devices_come_on_their_share_of_days(share: float) -> None:
    """Over the days of a device, over the devices of a day, and whether a pair of days agrees, as binomials."""
    at_noon = np.arange(-20, 80) * 24.0 + 12.0
    fleet = [DailyHours(device, 8.0, 12.0, 24.0, 0.0, share, seed=3) for device in range(100)]
    there = np.array([[hours.available(t) for t in at_noon] for hours in fleet])
    sigma = math.sqrt(share * (1 - share))
    assert there.mean() == pytest.approx(share, abs=4 * sigma / 100)
    assert np.abs(there.mean(0) - share).max() < 5 * sigma / 10
    assert np.abs(there.mean(1) - share).max() < 5 * sigma / 10
    both = share**2
    for pairs in (there[:, 1:] & there[:, :-1], there[1:] & there[:-1]):
        assert pairs.mean() == pytest.approx(both, abs=6 * math.sqrt(both * (1 - both)) / 100)


def test_recorded_windows_are_read_by_name(tmp_path: Path) -> None:
    path = tmp_path / "phones.csv"
    path.write_text("phone,from,until\nb,60,90\na,0,10\nb,5,10\n")
    b, a = load_windows(path, unit="min")
    assert [b.available(60.0 * m) for m in (4, 5, 10, 60, 90)] == [False, True, False, True, False]
    assert a.available(599.0)
    assert not a.available(600.0)


def test_recorded_windows_count_from_the_first_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "there"
    for text in ("m1 39600 41400\nm2 39660 41400\n", "m1 1970-01-01T11:00 1970-01-01T11:30\nm2 39660 41400\n"):
        path.write_text(text)
        first, second = load_windows(path, unit="s")
        assert (first.first_s, first.last_s) == (0.0, 1800.0)
        assert (second.first_s, second.last_s) == (60.0, 1800.0)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("device,start_s,end_s", "a,10,20"),
        ("end (s);start (s);device", "20;10;a"),
        ("start_ms,end_ms", "10000,20000"),
        ("from,until,who", "10,20,a"),
    ],
)
def test_columns_of_windows_go_by_the_names_of_the_header(tmp_path: Path, header: str, row: str) -> None:
    (tmp_path / "there").write_text(f"{header}\n{row}\n")
    (windows,) = load_windows(tmp_path / "there", unit="s")
    assert windows.last_s == 10.0


EVENTS = [
    ("00:00:00", "screen_on"),
    ("00:00:10", "battery_charged_on"),
    ("00:00:20", "wifi"),
    ("00:00:30", "screen_off"),
    ("00:00:50", "4G"),
    ("00:00:55", "strange"),
    ("00:01:00", "wifi"),
    ("00:01:30", "battery_low"),
]


def test_device_traces_in_json_are_read(tmp_path: Path) -> None:
    messages = "\n".join(f"2020-01-28 {at}\t{event}" for at, event in EVENTS)
    recorded = {
        "windows.json": {"a": [[100, 160], [190, 220]], "b": [[130, 140]]},
        "active.json": {"a": {"active": [100, 190], "inactive": [160, 220]}, "b": {"active": [130], "inactive": [140]}},
        "events.json": {"a": {"messages": messages}, "b": {"messages": ""}},
    }
    for name, devices in recorded.items():
        (tmp_path / name).write_text(json.dumps(devices))
    for name in ("windows.json", "active.json"):
        a, b = load_windows(tmp_path / name, unit="s")
        assert [a.available(t) for t in (0, 59, 60, 90, 119, 120)] == [True, True, False, True, True, False]
        assert (b.first_s, b.last_s) == (30.0, 40.0)
    a, b = load_windows(tmp_path / "events.json", unit="s", states=("charging", "wifi", "screen_off"))
    # There from 30 s on, away from 50 s to 60 s, counted from 30 s; the record ends at 90 s.
    assert [a.available(t) for t in (0, 19, 20, 29, 30, 59, 60)] == [True, True, False, False, True, True, False]
    assert not b.available(0.0)
    with pytest.raises(TraceError, match=r"device 'a': holds events; write .*'states: \[charging"):
        load_windows(tmp_path / "events.json", unit="s")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no JSON"),
        ("{}", "is no map from device"),
        ('{"a": 5}', "device 'a': wanted"),
        ('{"a": [[5, 4]]}', "device 'a': window 5 to 4 must end after it begins"),
        ('{"a": [[1, 2, 3]]}', "device 'a': "),
        ('{"a": [["x", 2]]}', "device 'a': 'x' is no time"),
        ('{"a": [[0, NaN]]}', "device 'a': "),
        ('{"a": {"active": [1], "inactive": []}}', "device 'a': "),
        ('{"a": {"messages": 5}}', "device 'a': messages are no text"),
        ('{"a": {"messages": "noon\\ton"}}', "device 'a': 'noon' is no time"),
        ('{"a": ' + "[" * 100_000, "is nested too deeply"),
        ("device,first,last\na,1,2\n", ":1: its columns are device, first, last: which is which"),
        ("device,start_m,end_m\na,1,2\n", ":1: the unit of start_m may be min or ms"),
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
        load_windows(path, unit="s", states=("wifi",) if "messages" in text else ())
