"""Token buckets by hand and against a brute-force fluid."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.network.token_bucket import TokenBucket


def test_a_burst_goes_at_line_rate_and_the_rest_at_the_refill_rate() -> None:
    """Tokens last 80 / (10 - 2) = 10 s, which carry 100 bits; 20 more take 10 s."""
    assert TokenBucket(2.0, 80.0, 10.0).admit(0.0, 120 / 8)[1] == 20.0
    assert TokenBucket(2.0, 80.0, 10.0).admit(0.0, 100 / 8)[1] == 10.0


def test_tokens_come_back_while_the_line_is_idle_up_to_the_burst() -> None:
    """It is empty at 20 s; 20 tokens carry 25 bits at the line's rate, 80 carry 100, and no more ever come."""
    for at_s, bits, end_s in ((24.0, 10, 25.0), (30.0, 25, 32.5), (30.0, 27, 33.5), (1000.0, 120, 1020.0)):
        bucket = TokenBucket(2.0, 80.0, 10.0)
        bucket.admit(0.0, 120 / 8)
        assert bucket.admit(at_s, bits / 8)[1] == end_s


def test_an_endless_line_sends_the_burst_at_once() -> None:
    bucket = TokenBucket(1.0, 8.0)
    assert [bucket.admit(0.0, 1)[1], bucket.admit(0.0, 2)[1]] == [0.0, 16.0]


def test_a_line_at_the_refill_rate_is_a_plain_link_and_a_spent_bucket_without_refill_is_dead() -> None:
    assert TokenBucket(4.0, 100.0, 4.0).admit(0.0, 100)[1] == 200.0
    dead = TokenBucket(0.0, 16.0, 16.0)
    assert [dead.admit(0.0, 2)[1], dead.admit(5.0, 1)[1]] == [1.0, math.inf]
    assert dead.admit(6.0, 1)[0] == math.inf


@given(
    messages=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30)), min_size=1, max_size=12),
    refill=st.integers(1, 8),
    burst=st.integers(0, 100),
    extra=st.integers(0, 20),
)
def test_ends_equal_a_fluid_walked_in_small_steps(
    messages: list[tuple[int, int]], refill: int, burst: int, extra: int
) -> None:
    """A walk of steps of dt is behind by at most the tokens of one step for each message."""
    bucket, line, dt = TokenBucket(refill, burst, refill + extra), refill + extra, 1 / 64
    now_s, t_s, tokens = 0.0, 0.0, float(burst)
    for gap_s, nbytes in messages:
        now_s += gap_s
        _, end_s = bucket.admit(now_s, nbytes)
        while t_s < now_s:
            tokens, t_s = min(tokens + refill * dt, burst), t_s + dt
        left = 8.0 * nbytes
        while left > 0:
            sent = min(left, line * dt, tokens + refill * dt)
            left, tokens, t_s = left - sent, min(tokens + refill * dt - sent, max(burst, 0)), t_s + dt
        assert end_s == pytest.approx(t_s, abs=dt * 2 * len(messages) * (1 + line / refill))


def test_no_interval_carries_more_than_burst_and_refill() -> None:
    bucket = TokenBucket(5.0, 50.0, 20.0)
    sent = [bucket.admit(0.7 * k, 2) for k in range(40)]
    for first in range(40):
        for last in range(first, 40):
            span_s = sent[last][1] - sent[first][0]
            assert 16.0 * (last - first + 1) <= 50.0 + 5.0 * span_s + 1e-9


@pytest.mark.parametrize(("refill", "burst", "line"), [(-1, 1, 1), (5, 1, 4), (1, -1, 2), (1, math.inf, 2)])
def test_buckets_that_cannot_be_are_refused(refill: float, burst: float, line: float) -> None:
    with pytest.raises(ValueError, match=r"rate|line"):
        TokenBucket(refill, burst, line)
