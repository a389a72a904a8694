"""Rates against brute force: the integral, its inverse, and that neither depends on what was asked before."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.network.availability import Windows
from sim.network.rates.interrupted import InterruptedRate
from sim.network.rates.rate import Constant, Rate, Scaled
from sim.network.rates.steps import Steps
from sim.network.traces.opportunities import Opportunities

FLUIDS: list[Rate] = [
    Constant(2e6),
    Steps([0, 1, 4], [1e6, 0, 3e6], 6.0),
    Steps([0, 1, 4], [1e6, 0, 3e6], 6.0, offset_s=2.5),
    Scaled(Steps([0, 0.5], [1e3, 5e5], 0.75), 0.3),
    InterruptedRate(Constant(1e6), Windows([(2, 3), (5, 9)], inside=False)),
    InterruptedRate(Steps([0, 1], [2e6, 1e6], 3.0), Windows([(0, 1.25)], period_s=2.0)),
]
times = st.floats(0, 1e4)


def brute_bits(rate: Rate, from_s: float, until_s: float) -> float:
    """Add rate times width from change to change."""
    total, t_s = 0.0, from_s
    while t_s < until_s:
        change_s = min(rate.next_change_s(t_s), until_s)
        total += rate.at(t_s) * (change_s - t_s)
        t_s = change_s
    return total


@pytest.mark.parametrize("rate", FLUIDS)
@given(from_s=st.floats(0, 50), span_s=st.floats(0, 50))
def test_bits_are_the_integral_of_the_rate(rate: Rate, from_s: float, span_s: float) -> None:
    expected = brute_bits(rate, from_s, from_s + span_s)
    assert rate.bits(from_s, from_s + span_s) == pytest.approx(expected, rel=1e-9, abs=1e-3)


@pytest.mark.parametrize("rate", FLUIDS)
@given(from_s=times, bits=st.floats(1, 1e9))
def test_when_is_the_first_moment_at_which_the_integral_meets_the_size(rate: Rate, from_s: float, bits: float) -> None:
    end_s = rate.when(from_s, bits)
    assert rate.bits(from_s, end_s) == pytest.approx(bits, rel=1e-9, abs=1e-4)
    assert rate.bits(from_s, max(end_s * (1 - 1e-9), from_s)) < bits


@pytest.mark.parametrize("rate", FLUIDS)
@given(a_s=times, b_s=times, c_s=times)
def test_bits_add_up_over_neighbouring_intervals(rate: Rate, a_s: float, b_s: float, c_s: float) -> None:
    a_s, b_s, c_s = sorted((a_s, b_s, c_s))
    parts = rate.bits(a_s, b_s) + rate.bits(b_s, c_s)
    assert parts == pytest.approx(rate.bits(a_s, c_s), rel=1e-9, abs=1e-3)


def test_a_transfer_takes_size_over_rate_exactly() -> None:
    assert Constant(8e6).when(3.0, 8e6) == 4.0


def test_a_zero_rate_carries_nothing_ever() -> None:
    for rate in (Constant(0.0), Steps([0], [0.0], 1.0), Scaled(Constant(5.0), 0.0)):
        assert rate.when(1.0, 1.0) == math.inf
        assert rate.when(1.0, 0.0) == 1.0
        assert rate.bits(0.0, 1e9) == 0.0


@pytest.mark.parametrize("bps", [-1.0, math.nan, math.inf])
def test_a_rate_that_is_no_rate_is_refused(bps: float) -> None:
    with pytest.raises(ValueError, match="must be a finite number"):
        Constant(bps)
    with pytest.raises(ValueError, match="must be a finite number"):
        Steps([0.0, 1.0], [1.0, bps], 2.0)


def test_a_transfer_pauses_in_a_stretch_of_zero() -> None:
    rate = Steps([0, 2, 5], [1e6, 0, 1e6], 10.0)
    assert rate.when(0.0, 2e6) == 2.0
    assert rate.when(0.0, 2e6 + 1) == pytest.approx(5 + 1e-6, abs=1e-12)


def test_a_transfer_that_just_fits_does_not_wait_for_the_next_lap() -> None:
    third = Steps([0, 0.1, 0.3], [1e6 / 3, 7e5, 0], 100.0)
    lap_bits = third.bits(0, 100.0)
    for cycles in (1, 3, 7, 1000):
        assert third.when(0.0, lap_bits * cycles) == pytest.approx((cycles - 1) * 100 + 0.3, rel=1e-12)


@given(
    rows=st.lists(st.tuples(st.integers(1, 1000), st.integers(0, 10**6)), min_size=1, max_size=8),
    cycles=st.integers(0, 10**6),
    from_ms=st.integers(0, 10**5),
    bits=st.integers(1, 10**6),
)
def test_laps_are_counted_exactly_at_any_horizon(
    rows: list[tuple[int, int]], cycles: int, from_ms: int, bits: int
) -> None:
    """Against rational arithmetic, walking one lap at most."""
    widths, bps = [Fraction(w, 1000) for w, _ in rows], [r for _, r in rows]
    starts = [Fraction(0), *itertools.accumulate(widths)]
    lap_bits = sum(w * r for w, r in zip(widths, bps, strict=True))
    rate = Steps([float(s) for s in starts[:-1]], bps, float(starts[-1]))
    start = Fraction(from_ms, 1000)
    if not lap_bits:
        assert rate.when(float(start), bits) == math.inf
        return
    more, rest = divmod(bits - 1, lap_bits)
    expected = _exact_end(start, rest + 1, widths, bps) + (cycles + more) * starts[-1]
    measured = rate.when(float(start), float(bits + cycles * lap_bits))
    assert measured == pytest.approx(float(expected), rel=1e-9)


def _exact_end(start: Fraction, bits: Fraction, widths: list[Fraction], bps: list[int]) -> Fraction:
    left, edge = bits, Fraction(0)
    base, start = start - start % sum(widths), start % sum(widths)
    for width, rate in itertools.cycle(zip(widths, bps, strict=True)):
        usable = max(edge + width - max(edge, start), Fraction(0))
        if 0 < left <= usable * rate:
            return base + max(edge, start) + left / rate
        left -= usable * rate
        edge += width
    raise AssertionError("unreachable: some rate is positive")


def test_a_trace_played_once_is_silent_after_its_end() -> None:
    rate = Steps([0, 1], [1e6, 2e6], 3.0, repeat=False)
    assert rate.bits(0, 100) == 5e6
    assert rate.when(0, 5e6) == 3.0
    assert rate.when(0, 5e6 + 1) == math.inf
    assert rate.at(3.0) == 0.0
    assert rate.end_s == 3.0
    assert rate.next_change_s(3.0) == math.inf


def test_offsets_share_one_table_and_answer_as_if_shifted() -> None:
    base = Steps([0, 1, 4], [1e6, 0, 3e6], 6.0)
    view = base.shifted(4.5)
    for t_s in np.linspace(0, 20, 81):
        assert view.at(t_s) == base.at(t_s + 4.5)
        assert view.bits(0, t_s) == pytest.approx(base.bits(4.5, t_s + 4.5), rel=1e-12, abs=1e-6)
    assert base.shifted(4.5, repeat=False).end_s == 1.5


def test_of_equal_starts_the_last_one_holds() -> None:
    assert Steps([0, 1, 1], [1.0, 9.0, 2.0], 2.0).bits(0, 2) == 3.0


def test_the_next_change_always_moves_on_even_where_floats_are_coarse() -> None:
    rate, t_s = Steps([0, 0.1], [1.0, 2.0], 0.3), 1e9
    for _ in range(100):
        change_s = rate.next_change_s(t_s)
        assert change_s > t_s
        t_s = change_s


@pytest.mark.parametrize(
    ("starts", "rates", "period"),
    [
        ([], [], 1.0),
        ([1.0], [1.0], 2.0),
        ([0, 2, 1], [1, 1, 1], 3.0),
        ([0, 2], [1, 1], 1.0),
        ([0], [1, 2], 1.0),
    ],
)
def test_steps_that_are_no_trace_are_refused(starts: list[float], rates: list[float], period: float) -> None:
    with pytest.raises(ValueError, match="start"):
        Steps(starts, rates, period)


def test_gate_and_rate_that_never_meet_carry_nothing_for_ever() -> None:
    night = Steps([0, 1], [0.0, 1e6], 2.0)
    assert InterruptedRate(night, Windows([(0, 1)], period_s=2.0)).when(0.0, 1.0) == math.inf


@given(
    gaps=st.lists(st.integers(0, 5), min_size=1, max_size=30),
    from_ms=st.integers(0, 1000),
    packets=st.integers(1, 200),
    offset=st.integers(0, 300),
)
def test_opportunities_are_counted_one_by_one(gaps: list[int], from_ms: int, packets: int, offset: int) -> None:
    times = np.cumsum(gaps)
    if times[-1] == 0:
        return
    rate = Opportunities(times, offset_s=offset / 1e3)
    cycles = range(2 + (offset + from_ms) // int(times[-1]) + packets)
    moments = [cycle * times[-1] + t - offset % times[-1] for cycle in cycles for t in times]
    after = [moment for moment in moments if moment > from_ms]
    assert rate.when(from_ms / 1e3, packets * 12_000) == pytest.approx(after[packets - 1] / 1e3, rel=1e-12)
    assert rate.when(from_ms / 1e3, packets * 12_000 - 11_999) == rate.when(from_ms / 1e3, packets * 12_000)
    assert rate.bits(from_ms / 1e3, after[packets - 1] / 1e3) >= packets * 12_000


def test_an_opportunity_is_never_used_twice_far_from_zero() -> None:
    rate, t_s, moments = Opportunities([3, 7, 10]), 1e6 + 0.0001, []
    for _ in range(3000):
        t_s = rate.when(t_s, 12_000)
        moments.append(round(t_s * 1e3))
    assert len(set(moments)) == 3000
    assert moments[-1] == moments[0] + 9_997


def test_opportunities_end_with_a_trace_played_once() -> None:
    rate = Opportunities([1, 1, 5], repeat=False)
    assert rate.when(0.0, 36_000) == 0.005
    assert rate.when(0.0, 36_001) == math.inf


def test_smoothing_keeps_every_bit() -> None:
    rate = Opportunities([0, 3, 7, 7, 1999, 2500, 5000])
    fluid = rate.smoothed(1.0)
    assert fluid.bits(0, 5.0) == pytest.approx(7 * 12_000)
    assert fluid.at(0.5) == pytest.approx(4 * 12_000)


@pytest.mark.parametrize("times_ms", [[], [0], [3, 2], [-1, 4]])
def test_opportunities_that_are_no_trace_are_refused(times_ms: list[int]) -> None:
    with pytest.raises(ValueError, match="milliseconds"):
        Opportunities(times_ms)
