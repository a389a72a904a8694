"""Processor sharing against exact fractions, brute force under varying rates, and queueing theory."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim.network.rates.rate import Constant
from sim.network.rates.steps import Steps
from sim.network.sharing import SharedLink
from sim.network.traces.opportunities import Opportunities

arrivals = st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 10_000), st.integers(1, 5)), min_size=1, max_size=25)


def play(link: SharedLink, flows: list[tuple[float, float, float]]) -> dict[int, float]:
    """Send (at_s, bits, weight) in time order, waiting for each event; return each flow's end."""
    ends: dict[int, float] = {}
    for i, (at_s, bits, weight) in enumerate(flows):
        while link.next_s() <= at_s:
            ends.update(link.complete(link.next_s()))  # type: ignore[arg-type]
        link.enter(at_s, i, bits, weight)
    while link.next_s() < math.inf:
        ends.update(link.complete(link.next_s()))  # type: ignore[arg-type]
    return ends


def exact_ends(flows: list[tuple[Fraction, int, int]], bps: int) -> dict[int, Fraction]:
    """Egalitarian or weighted sharing in rational arithmetic, event by event."""
    ends: dict[int, Fraction] = {}
    left: dict[int, Fraction] = {}
    now, coming = Fraction(0), list(range(len(flows)))
    while left or coming:
        weight = sum(flows[i][2] for i in left)
        next_end = min((now + bits * weight / (flows[i][2] * bps) for i, bits in left.items()), default=None)
        at = flows[coming[0]][0] if coming else None
        moment = min(t for t in (next_end, at) if t is not None)
        for i in left:
            left[i] -= (moment - now) * bps * flows[i][2] / weight
        now = moment
        for i in [i for i, bits in left.items() if bits == 0]:
            ends[i] = now
            del left[i]
        if at == now:
            i = coming.pop(0)
            left[i] = Fraction(flows[i][1])
    return ends


def test_two_transfers_of_ten_megabits_end_at_eight_and_ten_seconds() -> None:
    assert play(SharedLink(Constant(2e6)), [(0.0, 1e7, 1.0), (2.0, 1e7, 1.0)]) == {0: 8.0, 1: 10.0}


def test_weights_divide_the_rate() -> None:
    assert play(SharedLink(Constant(3.0)), [(0.0, 6.0, 2.0), (0.0, 6.0, 1.0)]) == {0: 3.0, 1: 4.0}


@given(arrivals=arrivals, bps=st.integers(1, 10**5))
def test_ends_equal_rational_arithmetic(arrivals: list[tuple[int, int, int]], bps: int) -> None:
    flows, at = [], Fraction(0)
    for gap_ms, bits, weight in arrivals:
        at += Fraction(gap_ms, 1000)
        flows.append((at, bits, weight))
    expected = exact_ends(flows, bps)
    ends = play(SharedLink(Constant(bps)), [(float(t), bits, weight) for t, bits, weight in flows])
    assert ends.keys() == expected.keys()
    for i, end in ends.items():
        assert end == pytest.approx(float(expected[i]), rel=1e-9, abs=1e-12)


@given(arrivals=arrivals, start_s=st.sampled_from([0.0, 1e6, 1e9]))
@example(arrivals=[(0, 75, 3), (0, 1662, 1), (1642, 518, 5), (339, 78, 1), (407, 1, 2), (2, 1, 4)], start_s=1e9)
def test_no_digits_are_lost_at_any_horizon(arrivals: list[tuple[int, int, int]], start_s: float) -> None:
    """Moving all arrivals by a year moves all ends by a year, to the resolution of a float.

    An end that is rounded while a light flow is alone moves that flow by less than a grain of time, and all that it
    has left then takes as many times longer as there is more weight when heavy ones come.
    """
    gaps = np.cumsum([gap for gap, _, _ in arrivals]) / 1024  # binary fractions move without rounding
    flows = [(t, bits, weight) for t, (_, bits, weight) in zip(gaps, arrivals, strict=True)]
    near = play(SharedLink(Constant(1000.0)), [(t, float(b), float(w)) for t, b, w in flows])
    far = play(SharedLink(Constant(1000.0)), [(start_s + t, float(b), float(w)) for t, b, w in flows])
    weights = [weight for _, _, weight in flows]
    rounded_s = len(flows) * sum(weights) / min(weights) * np.spacing(start_s + 1.0)
    for i, end_s in near.items():
        assert far[i] - start_s == pytest.approx(end_s, rel=1e-9, abs=1e-9 + rounded_s)


def test_the_clock_is_rebased_without_disturbing_anyone() -> None:
    """One long transfer while thousands of short ones pass: it still ends where the bits say."""
    short = [(0.5 * k, 0.125, 1.0) for k in range(5000)]
    ends = play(SharedLink(Constant(1.0)), [(0.0, 1000.0, 1.0), *short])
    # Of each half second the long one gets 0.375: 2666 of them, then 0.25 s shared and 0.125 s alone.
    assert ends[0] == pytest.approx(1333.375, rel=1e-13)


@pytest.mark.parametrize(
    "rate",
    [
        Steps([0, 1, 2.5], [1e3, 0, 4e3], 4.0),
        Steps([0, 0.3], [0, 5e3], 0.7, offset_s=0.4),
    ],
)
@given(arrivals=arrivals)
@settings(max_examples=40)
def test_a_varying_rate_equals_a_constant_one_in_its_own_time(
    rate: Steps, arrivals: list[tuple[int, int, int]]
) -> None:
    """Change of clock: with u = bits carried until t, sharing a varying rate is sharing 1 bit per u."""
    at_s = np.cumsum([gap for gap, _, _ in arrivals]) / 1000
    flows = [(t, float(bits), float(w)) for t, (_, bits, w) in zip(at_s, arrivals, strict=True)]
    ends = play(SharedLink(rate), flows)
    warped = play(SharedLink(Constant(1.0)), [(rate.bits(0.0, t), bits, w) for t, bits, w in flows])
    for i, end_s in ends.items():
        assert rate.bits(0.0, end_s) == pytest.approx(warped[i], rel=1e-9, abs=1e-6)


@given(arrivals=arrivals, cut=st.integers(0, 24))
def test_bits_are_conserved_when_a_transfer_is_broken_off(arrivals: list[tuple[int, int, int]], cut: int) -> None:
    link, now_s = SharedLink(Constant(500.0)), 0.0
    for i, (gap_ms, bits, weight) in enumerate(arrivals):
        now_s += gap_ms / 1e3
        link.enter(now_s, i, float(bits), float(weight))
    link.complete(now_s)
    flow = cut % len(arrivals)
    before_bits, busy_s = link.backlog_bits(now_s), link.busy_s(now_s)
    offered_bits = sum(bits for _, bits, _ in arrivals)
    assert before_bits + 500.0 * busy_s == pytest.approx(offered_bits, rel=1e-9, abs=1e-6)
    try:
        expected_bits = link.left_bits(now_s, flow)
    except KeyError:
        return
    assert link.leave(now_s, flow) == expected_bits
    assert link.backlog_bits(now_s) == pytest.approx(before_bits - expected_bits, rel=1e-9, abs=1e-6)


def test_looking_changes_nothing() -> None:
    def run(look: bool) -> dict[int, float]:
        link, ends = SharedLink(Steps([0, 0.7], [3e3, 1e3], 1.1)), {}
        generator = np.random.default_rng(5)
        for i, at_s in enumerate(np.cumsum(generator.exponential(0.3, 300))):
            while link.next_s() <= at_s:
                ends.update(link.complete(link.next_s()))
            if look:
                assert link.backlog_bits(at_s) >= 0.0
                assert link.busy_s(at_s) <= at_s
            link.enter(at_s, i, 500.0 + i)
        return ends  # type: ignore[return-value]

    assert run(look=True) == run(look=False)


def test_transfers_on_a_dead_link_never_end() -> None:
    link = SharedLink(Constant(0.0))
    link.enter(0.0, "a", 8.0)
    assert link.next_s() == math.inf
    assert link.complete(1e9) == []
    assert link.leave(2e9, "a") == 8.0


def test_an_empty_transfer_ends_as_it_begins() -> None:
    link = SharedLink(Constant(8.0))
    link.enter(0.0, "a", 16.0)
    link.enter(1.0, "b", 0.0)
    assert link.next_s() == 1.0
    assert link.complete(1.0) == [("b", 1.0)]


def test_packet_opportunities_are_shared_like_a_fluid() -> None:
    """Two flows split each packet; what the first leaves of its last packet goes to the other."""
    link = SharedLink(Opportunities([10]))
    ends = play(link, [(0.0, 12_000.0, 1.0), (0.0, 18_000.0, 1.0)])
    assert ends == {0: pytest.approx(0.020), 1: pytest.approx(0.030)}
    ends = play(SharedLink(Opportunities([10])), [(0.0, 9_000.0, 1.0), (0.0, 15_000.0, 1.0)])
    assert ends == {0: pytest.approx(0.020), 1: pytest.approx(0.020)}


def test_a_flow_may_come_back_under_its_name() -> None:
    link = SharedLink(Constant(1.0))
    link.enter(0.0, "a", 100.0)
    assert link.leave(1.0, "a") == 99.0
    link.enter(1.0, "a", 2.0)
    with pytest.raises(ValueError, match="is here already"):
        link.enter(1.5, "a", 1.0)
    assert link.next_s() == 3.0


LAWS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "deterministic": lambda g, n: np.full(n, 1.0),
    "exponential": lambda g, n: g.exponential(1.0, n),
    "hyperexponential": lambda g, n: g.exponential(np.where(g.random(n) < 0.9, 0.5, 5.5)),
}


@pytest.mark.parametrize("law", LAWS)
def test_the_mean_sojourn_depends_on_the_mean_size_only(law: str) -> None:
    """M/G/1-PS: E[T] = E[S] / (1 - rho) for every law of sizes (Sakata, Noguchi and Oizumi, 1969)."""
    generator, n, rho = np.random.default_rng(11), 60_000, 0.6
    at_s = np.cumsum(generator.exponential(1.0 / rho, n))
    ends = play(SharedLink(Constant(1.0)), list(zip(at_s, LAWS[law](generator, n), np.ones(n), strict=True)))
    sojourn_s = np.array([ends[i] for i in range(n)]) - at_s
    batches = sojourn_s[: n // 30 * 30].reshape(30, -1).mean(1)
    assert batches.mean() == pytest.approx(1.0 / (1.0 - rho), abs=4 * batches.std(ddof=1) / math.sqrt(30))
    number = sojourn_s.sum() / max(ends.values())
    assert number == pytest.approx(rho * sojourn_s.mean(), rel=0.03)
