"""Max-min networks as events: against a plain simulation that recomputes everything, and against one link."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.network.maxmin import MaxMinNetwork
from sim.network.rates.rate import Constant, Rate
from sim.network.rates.steps import Steps
from sim.network.sharing import SharedLink
from sim.network.traces.opportunities import Opportunities
from sim.network.water_filling import fill


class Job(NamedTuple):
    at_s: float
    bits: float
    path: tuple[int, ...]
    weight: float
    cap_bps: float

    @property
    def cap(self) -> float:
        return self.cap_bps / self.weight


NETWORKS: list[list[Rate]] = [
    [Constant(1000.0), Constant(400.0), Constant(50.0), Constant(5000.0)],
    [Steps([0, 1, 2], [900, 0, 300], 3.5), Constant(400.0), Steps([0, 0.4], [10, 800], 1), Constant(70.0)],
]
steps = st.tuples(
    st.integers(0, 2000),
    st.integers(1, 2000),
    st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True).map(tuple),
    st.sampled_from([1.0, 1.0, 3.0]),
    st.sampled_from([math.inf, math.inf, 100.0]),
)


def jobs_of(drawn: list[tuple[int, int, tuple[int, ...], float, float]]) -> list[Job]:
    at_s = np.cumsum([row[0] for row in drawn]) / 1e3
    return [Job(float(t), float(bits), *rest) for t, (_, bits, *rest) in zip(at_s, drawn, strict=True)]


def play(links: list[Rate], jobs: list[Job]) -> dict[int, float]:
    network, ends = MaxMinNetwork(dict(enumerate(links))), {}
    for i, job in enumerate(jobs):
        while network.next_s() <= job.at_s:
            ends.update(network.complete(network.next_s()))
        network.enter(job.at_s, i, job.bits, job.path, job.weight, job.cap_bps)
    while network.next_s() < math.inf and len(network):
        ends.update(network.complete(network.next_s()))
    return ends  # type: ignore[return-value]


def plain(links: list[Rate], jobs: list[Job]) -> dict[int, float]:
    """Recompute every rate at every event, and serve every flow by hand."""
    now_s, left, ends, coming = 0.0, {}, {}, list(range(len(jobs)))
    while left or coming:
        levels = fill([jobs[i] for i in left], {k: rate.at(now_s) for k, rate in enumerate(links)})
        bps = {i: level * jobs[i].weight for i, level in zip(left, levels, strict=True)}
        ends_s = {i: now_s + left[i] / bps[i] if bps[i] else math.inf for i in left}
        changes_s = [rate.next_change_s(now_s) for rate in links]
        moment_s = min([*ends_s.values(), *changes_s, *(jobs[i].at_s for i in coming[:1])])
        for i in list(left):
            left[i] -= bps[i] * (moment_s - now_s)
            if ends_s[i] <= moment_s:
                ends[i] = moment_s
                del left[i]
        now_s = moment_s
        while coming and jobs[coming[0]].at_s == now_s:
            i = coming.pop(0)
            left[i] = jobs[i].bits
    return ends


@pytest.mark.parametrize("links", NETWORKS)
@given(drawn=st.lists(steps, min_size=1, max_size=14))
@settings(max_examples=60, deadline=None)
def test_ends_equal_a_simulation_that_recomputes_everything(
    links: list[Rate], drawn: list[tuple[int, int, tuple[int, ...], float, float]]
) -> None:
    jobs = jobs_of(drawn)
    assert play(links, jobs) == pytest.approx(plain(links, jobs), rel=1e-9, abs=1e-9)


@given(drawn=st.lists(steps, min_size=1, max_size=30))
@settings(deadline=None)
def test_one_link_is_a_shared_link(
    drawn: list[tuple[int, int, tuple[int, ...], float, float]],
) -> None:
    jobs = [job._replace(path=(0,), cap_bps=math.inf) for job in jobs_of(drawn)]
    link, ends = SharedLink(NETWORKS[1][0]), {}
    for i, job in enumerate(jobs):
        while link.next_s() <= job.at_s:
            ends.update(link.complete(link.next_s()))
        link.enter(job.at_s, i, job.bits, job.weight)
    while link.next_s() < math.inf:
        ends.update(link.complete(link.next_s()))
    assert play([NETWORKS[1][0]], jobs) == pytest.approx(ends, rel=1e-9)


@given(drawn=st.lists(steps, min_size=2, max_size=14), after_s=st.floats(0.001, 3), cut=st.integers(0, 13))
@settings(deadline=None)
def test_bits_are_conserved_on_every_link(
    drawn: list[tuple[int, int, tuple[int, ...], float, float]], after_s: float, cut: int
) -> None:
    jobs, network = jobs_of(drawn), MaxMinNetwork(dict(enumerate(NETWORKS[1])))
    for i, job in enumerate(jobs):
        network.enter(job.at_s, i, job.bits, job.path, job.weight, job.cap_bps)
    now_s = jobs[-1].at_s + after_s
    ended = dict(network.complete(now_s))
    dropped_bits = [0.0] * 4
    if (victim := cut % len(jobs)) not in ended:
        lost_bits = network.leave(now_s, victim)
        dropped_bits = [lost_bits if link in jobs[victim].path else 0.0 for link in range(4)]
    for link in range(4):
        offered_bits = sum(job.bits for job in jobs if link in job.path)
        held_bits = network.backlog_bits(now_s, link) + dropped_bits[link]
        assert network.carried_bits(now_s, link) + held_bits == pytest.approx(offered_bits, rel=1e-9, abs=1e-6)
        assert network.carried_bits(now_s, link) <= NETWORKS[1][link].bits(0.0, now_s) * (1 + 1e-9) + 1e-9


def test_flows_elsewhere_are_left_alone() -> None:
    """An arrival far away changes neither rate nor a single digit of an unconnected flow's end."""
    network = MaxMinNetwork({"a": Constant(3.0), "b": Constant(7.0)})
    network.enter(0.0, 1, 10.0, ["a"])
    end_s = network.next_s()
    for k in range(20):
        network.enter(0.1 * k, ("b", k), 1000.0, ["b"])
    assert network.next_s() == end_s
    assert network.rate_bps(("b", 3)) == pytest.approx(0.35)


def test_looking_changes_nothing() -> None:
    def run(look: bool) -> list[tuple[object, float]]:
        generator = np.random.default_rng(3)
        network, ends = MaxMinNetwork(dict(enumerate(NETWORKS[1]))), []
        for i, at_s in enumerate(np.repeat(np.cumsum(generator.exponential(0.4, 80)), 2)):
            while network.next_s() <= at_s:
                ends += network.complete(network.next_s())
            if look:
                assert network.backlog_bits(at_s, 0) >= 0.0
                assert network.carried_bits(at_s, 1) >= 0.0
            network.enter(at_s, i, 100.0, [i % 4, (i + 1) % 4])
        return ends

    assert run(look=True) == run(look=False)


def test_arrivals_and_ends_of_one_moment_are_settled_together() -> None:
    network = MaxMinNetwork({"cell": Constant(1000.0)})
    for flow in range(500):
        network.enter(1.0, flow, 2.0, ["cell"])
    assert network.next_s() == 2.0
    assert [flow for flow, _ in network.complete(2.0)] == list(range(500))
    assert network.next_s() == math.inf


def test_a_link_that_has_been_idle_follows_its_trace_again() -> None:
    network = MaxMinNetwork({"a": Steps([0, 1], [1.0, 3.0], 2.0)})
    network.enter(0.0, 1, 0.5, ["a"])
    assert network.complete(network.next_s()) == [(1, 0.5)]
    network.enter(10.5, 2, 3.5, ["a"])
    ends = [end for _ in range(2) for end in network.complete(network.next_s())]
    assert ends == [(2, 12.0)]


def test_what_makes_no_sense_is_refused() -> None:
    network = MaxMinNetwork({"a": Constant(1.0)})
    for bad in (
        {"path": ["a", "a"]},
        {"path": []},
        {"path": ["a"], "weight": 0.0},
        {"path": ["a"], "bits": -1.0},
    ):
        with pytest.raises(ValueError, match="flow 0"):
            network.enter(0.0, 0, **{"bits": 1.0, **bad})  # type: ignore[arg-type]
    with pytest.raises(KeyError):
        network.enter(0.0, 0, 1.0, ["nowhere"])
    with pytest.raises(ValueError, match="smooth"):
        MaxMinNetwork({"a": Opportunities([1, 2])})
    assert network.next_s() == math.inf
