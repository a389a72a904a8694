"""First come, first served, against Lindley's recursion in exact fractions and by hand."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.network.availability import Windows
from sim.network.fifo import FifoLink
from sim.network.rates.interrupted import InterruptedRate
from sim.network.rates.rate import Constant
from sim.network.rates.steps import Steps
from sim.network.traces.opportunities import Opportunities

messages = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 10_000)), min_size=1, max_size=40)


def test_a_message_takes_eight_bits_a_byte() -> None:
    assert FifoLink(Constant(8e6)).admit(1.0, 1e6).end_s == 2.0


def test_a_second_message_waits_for_the_first() -> None:
    link = FifoLink(Constant(8.0))
    first, second = link.admit(0.0, 2), link.admit(1.0, 3)
    assert (first.start_s, first.end_s) == (0.0, 2.0)
    assert (second.start_s, second.end_s) == (2.0, 5.0)


@given(gaps_and_sizes=messages, bps=st.integers(1, 10**7))
def test_waits_follow_lindley(gaps_and_sizes: list[tuple[int, int]], bps: int) -> None:
    link, now, free = FifoLink(Constant(bps)), Fraction(0), Fraction(0)
    for gap_ms, nbytes in gaps_and_sizes:
        now += Fraction(gap_ms, 1000)
        slot = link.admit(float(now), nbytes)
        assert slot.start_s == pytest.approx(float(max(now, free)), rel=1e-9)
        free = max(now, free) + Fraction(8 * nbytes, bps)
        assert slot.end_s == pytest.approx(float(free), rel=1e-9)


def test_a_link_without_rate_delivers_nothing_and_says_so() -> None:
    link = FifoLink(Constant(0.0))
    assert link.admit(1.0, 5).end_s == math.inf
    assert link.admit(2.0, 5).start_s == math.inf


def test_a_message_broken_off_in_time_frees_the_line_for_the_next() -> None:
    link = FifoLink(Constant(8.0))
    first, second = link.admit(0.0, 10, until_s=3.0), link.admit(1.0, 2)
    assert (first.end_s, first.whole) == (3.0, False)
    assert (second.start_s, second.end_s, second.whole) == (3.0, 5.0, True)
    assert link.admit(1.0, 2, until_s=7.0).whole
    gone = link.admit(1.0, 2, until_s=6.0)
    assert (gone.start_s, gone.end_s, gone.whole) == (math.inf, 6.0, False)
    assert link.admit(2.0, 1).start_s == 7.0


def test_a_message_with_a_rate_of_its_own_holds_the_line_while_it_pauses() -> None:
    link = FifoLink(Constant(8.0))
    away = InterruptedRate(link.rate, Windows([(1, 5)], inside=False))
    assert link.admit(0.0, 2, away).end_s == 6.0
    assert link.admit(0.5, 1).start_s == 6.0


def test_a_message_takes_as_long_as_the_rate_meanwhile_needs() -> None:
    link = FifoLink(Steps([0, 1, 2], [8.0, 0.0, 16.0], 10.0))
    assert [link.admit(at_s, 2).end_s for at_s in (0.0, 0.5)] == [2.5, 3.5]


def test_small_messages_share_an_opportunity_and_late_ones_miss_it() -> None:
    link = FifoLink(Opportunities([5, 5, 20]))
    ends = [link.admit(0.001, nbytes).end_s for nbytes in (1000, 400, 1500, 200)]
    assert ends == [0.005, 0.005, 0.005, 0.020]
    assert link.admit(0.020, 10).end_s == 0.025


@given(
    gaps=st.lists(st.integers(0, 4), min_size=1, max_size=12).filter(any),
    arrivals=st.lists(st.tuples(st.integers(0, 30), st.integers(1, 4000)), min_size=1, max_size=15),
)
def test_a_packet_link_serves_its_queue_as_mahimahi_does(gaps: list[int], arrivals: list[tuple[int, int]]) -> None:
    """Against a queue of bytes drained opportunity by opportunity."""
    times = np.cumsum(gaps)
    link, now_ms, left, ends = FifoLink(Opportunities(times)), 0, [], {}
    for i, (gap_ms, nbytes) in enumerate(arrivals):
        now_ms += gap_ms
        ends[i] = link.admit(now_ms / 1e3, nbytes).end_s
        left.append([now_ms, nbytes])
    for moment in (int(cycle * times[-1] + t) for cycle in range(10_000) for t in times):
        budget = 1500
        for i, message in enumerate(left):
            used = min(message[1], budget) if message[0] < moment else 0
            message[1] -= used
            budget -= used
            if used and not message[1]:
                assert ends.pop(i) == pytest.approx(moment / 1e3, rel=1e-12)
        if not ends:
            return
    raise AssertionError("the brute-force queue never drained")
