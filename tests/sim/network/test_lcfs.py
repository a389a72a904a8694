"""Last come, first served: by hand, against brute force, and in theory."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.network.lcfs import LcfsLink, Stale
from sim.network.rates.rate import Constant
from sim.network.rates.steps import Steps
from sim.network.traces.opportunities import Opportunities

arrivals = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 3)), min_size=1, max_size=20)


def play(link: LcfsLink, flows: list[tuple[float, float, int]]) -> tuple[dict[object, float], dict[object, float]]:
    """Return when each message ended, and what was left of those dropped."""
    ends: dict[object, float] = {}
    dropped: dict[object, float] = {}
    for i, (at_s, bits, source) in enumerate(flows):
        while link.next_s() <= at_s:
            ends.update(link.complete(link.next_s()))
        dropped.update(link.enter(at_s, i, bits, source))
    while link.next_s() < math.inf:
        ends.update(link.complete(link.next_s()))
    return ends, dropped


def test_the_freshest_goes_first_and_the_older_resumes() -> None:
    ends, dropped = play(LcfsLink(Constant(1.0), Stale.KEPT), [(0.0, 10.0, 0), (4.0, 3.0, 0), (5.0, 1.0, 1)])
    assert (ends, dropped) == ({2: 6.0, 1: 8.0, 0: 14.0}, {})


def test_a_fresh_message_replaces_the_stale_one_of_its_source_only() -> None:
    ends, dropped = play(LcfsLink(Constant(1.0)), [(0.0, 10.0, 7), (4.0, 3.0, 8), (5.0, 2.0, 7)])
    assert (ends, dropped) == ({2: 7.0, 1: 9.0}, {0: 6.0})


def test_without_sources_nothing_is_stale() -> None:
    link = LcfsLink(Constant(1.0))
    assert link.enter(0.0, "a", 5.0) == []
    assert link.enter(1.0, "b", 5.0) == []
    assert link.left_bits(3.0, "a") == 4.0
    assert link.left_bits(3.0, "b") == 3.0
    assert link.leave(3.0, "b") == 3.0
    assert link.next_s() == 7.0


@given(drawn=arrivals, stale=st.sampled_from(Stale))
def test_ends_equal_a_walk_in_unit_steps(drawn: list[tuple[int, int, int]], stale: Stale) -> None:
    """Whole bits at one bit a second: serve the top of a stack, second by second."""
    at_s = np.cumsum([gap for gap, _, _ in drawn]).tolist()
    flows = [(float(t), float(bits), source) for t, (_, bits, source) in zip(at_s, drawn, strict=True)]
    stack, expected, t_s = [], {}, 0
    while len(stack) or any(t >= t_s for t in at_s):
        while stack and stack[-1][1] == 0:
            expected[stack.pop()[0]] = t_s
        for i, (arrival_s, bits, source) in enumerate(flows):
            if arrival_s != t_s:
                continue
            while stack and stack[-1][1] == 0:
                expected[stack.pop()[0]] = t_s
            if stale is not Stale.KEPT:
                stack = [entry for entry in stack if stale is Stale.OF_SOURCE and entry[2] != source]
            stack.append([i, bits, source])
        while stack and stack[-1][1] == 0:
            expected[stack.pop()[0]] = t_s
        if stack:
            stack[-1][1] -= 1
        t_s += 1
    assert play(LcfsLink(Constant(1.0), stale), flows)[0] == expected


@given(drawn=arrivals, stale=st.sampled_from(Stale))
def test_bits_are_conserved(drawn: list[tuple[int, int, int]], stale: Stale) -> None:
    rate = Steps([0, 3, 5], [2.0, 0.0, 1.0], 8.0)
    link, now_s, dropped_bits = LcfsLink(rate, stale), 0.0, 0.0
    for i, (gap_s, bits, source) in enumerate(drawn):
        now_s += gap_s
        dropped_bits += sum(left for _, left in link.enter(now_s, i, float(bits), source))
    link.complete(now_s)
    offered_bits = sum(bits for _, bits, _ in drawn)
    assert dropped_bits + link.backlog_bits(now_s) <= offered_bits + 1e-9
    rest = {flow: link.left_bits(now_s, flow) for flow in list(link._flows)}
    assert link.backlog_bits(now_s) == pytest.approx(sum(rest.values()))
    assert link.busy_s(now_s) <= now_s


def test_an_opportunity_half_used_serves_the_next_in_the_stack() -> None:
    ends, _ = play(LcfsLink(Opportunities([10]), Stale.KEPT), [(0.0, 9_000.0, 0), (0.001, 3_000.0, 0)])
    assert ends == {1: pytest.approx(0.01), 0: pytest.approx(0.01)}


@pytest.mark.parametrize("sizes", ["constant", "exponential", "uniform"])
def test_the_mean_sojourn_depends_on_the_mean_size_only(sizes: str) -> None:
    """M/G/1 preemptive-resume LCFS: E[T] = E[S] / (1 - rho) for every law (Kleinrock, 1975)."""
    generator, n, rho = np.random.default_rng(2), 60_000, 0.5
    at_s = np.cumsum(generator.exponential(1 / rho, n))
    law = {
        "constant": np.ones(n),
        "exponential": generator.exponential(1.0, n),
        "uniform": generator.uniform(0, 2, n),
    }
    ends, _ = play(LcfsLink(Constant(1.0), Stale.KEPT), [(t, s, 0) for t, s in zip(at_s, law[sizes], strict=True)])
    sojourn_s = np.array([ends[i] for i in range(n)]) - at_s
    batches = sojourn_s.reshape(30, -1).mean(1)
    assert batches.mean() == pytest.approx(2.0, abs=4 * batches.std(ddof=1) / math.sqrt(30))


def test_the_age_of_what_is_known_is_that_of_theory() -> None:
    """M/M/1/1 with preemption: mean age 1 / lambda + 1 / mu (Kaul, Yates and Gruteser, CISS 2012)."""
    generator, n, arrivals_per_s = np.random.default_rng(8), 120_000, 0.8
    at_s = np.cumsum(generator.exponential(1 / arrivals_per_s, n))
    flows = [(t, s, 0) for t, s in zip(at_s, generator.exponential(1.0, n), strict=True)]
    ends, _ = play(LcfsLink(Constant(1.0), Stale.ALL), flows)
    known = np.array(sorted((end_s, at_s[i]) for i, end_s in ends.items()))  # type: ignore[call-overload]
    gaps_s, ages_s = np.diff(known[:, 0]), known[:-1, 0] - known[:-1, 1]
    mean_age_s = (gaps_s * (ages_s + gaps_s / 2)).sum() / gaps_s.sum()
    assert mean_age_s == pytest.approx(1 / arrivals_per_s + 1.0, rel=0.02)


def test_a_name_in_use_is_refused() -> None:
    link = LcfsLink(Constant(1.0))
    link.enter(0.0, "a", 5.0)
    with pytest.raises(ValueError, match="is here already"):
        link.enter(1.0, "a", 5.0)
