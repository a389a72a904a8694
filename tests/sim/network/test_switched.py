"""A rate that changes: exact before the change, exact after it, and nothing lost at the seam."""

from __future__ import annotations

from math import inf, isclose

from hypothesis import given
from hypothesis import strategies as st

from sim.network.rates.rate import Constant, Rate
from sim.network.rates.steps import Steps
from sim.network.rates.switched import Switched
from sim.network.traces.opportunities import Opportunities

TIMES = st.floats(0.0, 40.0)
BITS = st.floats(0.001, 1e6)
RATES: st.SearchStrategy[Rate] = st.one_of(
    st.floats(1.0, 1e5).map(Constant),
    st.just(Steps([0.0, 3.0, 5.0], [800.0, 0.0, 1e4], 9.0)),
    st.just(Constant(0.0)),
)


def test_what_is_under_way_goes_on_at_the_new_rate() -> None:
    rate = Switched(Constant(100.0), Constant(1000.0), 10.0)
    assert rate.when(8.0, 100.0) == 9.0
    assert rate.when(8.0, 200.0) == 10.0
    assert rate.when(8.0, 1200.0) == 11.0
    assert rate.when(12.0, 1000.0) == 13.0
    assert (rate.at(9.999), rate.at(10.0)) == (100.0, 1000.0)
    assert rate.bits(9.0, 11.0) == 1100.0
    assert rate.next_change_s(3.0) == 10.0
    assert rate.next_change_s(10.0) == inf


def test_a_link_that_is_cut_off_stops_and_one_that_is_opened_starts() -> None:
    assert Switched(Constant(100.0), Constant(0.0), 10.0).when(8.0, 201.0) == inf
    assert Switched(Constant(0.0), Constant(100.0), 10.0).when(8.0, 200.0) == 12.0


@given(RATES, RATES, TIMES, TIMES, BITS)
def test_before_the_change_nothing_is_different_to_the_last_bit(
    before: Rate, after: Rate, at_s: float, from_s: float, bits: float
) -> None:
    end_s = Switched(before, after, at_s).when(from_s, bits)
    if from_s < at_s and before.when(from_s, bits) <= at_s:
        assert end_s == before.when(from_s, bits)
    if from_s >= at_s:
        assert end_s == after.when(from_s, bits)


@given(RATES, RATES, TIMES, TIMES, BITS)
def test_what_has_come_through_is_what_was_sent(
    before: Rate, after: Rate, at_s: float, from_s: float, bits: float
) -> None:
    rate = Switched(before, after, at_s)
    end_s = rate.when(from_s, bits)
    if end_s < inf:
        assert isclose(rate.bits(from_s, end_s), bits, rel_tol=1e-6, abs_tol=1e-6)


@given(RATES, RATES, TIMES, TIMES, TIMES, TIMES)
def test_bits_add_up_over_any_cut(
    before: Rate, after: Rate, at_s: float, first_s: float, second_s: float, third_s: float
) -> None:
    rate = Switched(before, after, at_s)
    a_s, b_s, c_s = sorted((first_s, second_s, third_s))
    assert isclose(rate.bits(a_s, b_s) + rate.bits(b_s, c_s), rate.bits(a_s, c_s), rel_tol=1e-9, abs_tol=1e-6)


def test_the_coarser_grain_counts() -> None:
    packets = Opportunities([0.5, 1.0], 1.0)
    assert Switched(packets, Constant(1.0), 3.0).grain_bits == packets.grain_bits
