"""The cloud's queues: by hand, against brute force, and in theory."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.network.availability import Windows
from sim.queues import BatchServers, FifoServers, LcfsServers, Servers, SharedServers

jobs = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 12)), min_size=1, max_size=25)


def exponentials(seed: int, n: int, arrivals_per_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Return arrival times and works of mean 1."""
    generator = np.random.default_rng(seed)
    return np.cumsum(generator.exponential(1 / arrivals_per_s, n)), generator.exponential(1.0, n)


def within(batched: np.ndarray, expected: float) -> bool:
    """Return whether a mean over batches lies within four standard errors of what is expected."""
    batches = batched[: len(batched) // 40 * 40].reshape(40, -1).mean(1)
    return abs(float(batches.mean()) - expected) <= 4 * float(batches.std(ddof=1)) / math.sqrt(40)


def erlang_b(servers: int, load: float) -> float:
    blocked = 1.0
    for k in range(1, servers + 1):
        blocked = load * blocked / (k + load * blocked)
    return blocked


def erlang_c(servers: int, load: float) -> float:
    blocked = erlang_b(servers, load)
    return servers * blocked / (servers - load * (1 - blocked))


@given(drawn=jobs, servers=st.integers(1, 4))
def test_each_job_goes_to_the_server_that_is_free_first(drawn: list[tuple[int, int]], servers: int) -> None:
    queue, now_s, free_s = FifoServers(servers), 0, [0] * servers
    for gap_s, work_s in drawn:
        now_s += gap_s
        service = queue.admit(now_s, work_s)
        first = min(free_s)
        assert service is not None
        assert (service.start_s, service.end_s) == (max(first, now_s), max(first, now_s) + work_s)
        free_s[free_s.index(first)] = max(first, now_s) + work_s


@pytest.mark.parametrize(("servers", "load"), [(1, 0.7), (3, 2.1), (8, 6.0)])
def test_waits_follow_erlang_c(servers: int, load: float) -> None:
    """M/M/c: P(wait) = C(c, a), E[W] = C(c, a) / (c - a); who comes finds L = lambda (E[W] + 1) (Little)."""
    at_s, work_s = exponentials(5, 120_000, load)
    queue = FifoServers(servers)
    found, served = [], []
    for t_s, w_s in zip(at_s, work_s, strict=True):
        found.append(queue.in_system(t_s))
        served.append(queue.admit(t_s, w_s))
    waits_s = np.array([service.start_s for service in served if service]) - at_s
    assert within(np.array(found), load * (erlang_c(servers, load) / (servers - load) + 1))
    assert within((waits_s > 0).astype(float), erlang_c(servers, load))
    assert within(waits_s, erlang_c(servers, load) / (servers - load))


@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (4, 3.0), (10, 12.0)])
def test_a_system_without_waiting_room_turns_away_as_erlang_b_says(servers: int, load: float) -> None:
    at_s, work_s = exponentials(6, 120_000, load)
    queue = FifoServers(servers, capacity=servers)
    refused = np.array([queue.admit(t, w) is None for t, w in zip(at_s, work_s, strict=True)])
    assert within(refused.astype(float), erlang_b(servers, load))


def test_a_queue_of_finite_capacity_holds_no_more() -> None:
    """M/M/1/3 at rho = 1 is uniform over 0..3: a quarter is turned away."""
    at_s, work_s = exponentials(7, 120_000, 1.0)
    queue, numbers, refused = FifoServers(1, capacity=3), [], []
    for t_s, w_s in zip(at_s, work_s, strict=True):
        numbers.append(queue.in_system(t_s))
        refused.append(queue.admit(t_s, w_s) is None)
    assert max(numbers) == 3
    for k in range(4):
        assert within(np.array([float(n == k) for n in numbers]), 0.25)
    assert within(np.array(refused, float), 0.25)


def test_work_pauses_while_a_server_is_down() -> None:
    queue = FifoServers(2, uptimes=[Windows([(3, 5)], inside=False), Windows([(0, 4)], inside=False)])
    assert queue.admit(0.0, 4.0) == (0, 0.0, 6.0)
    assert queue.admit(1.0, 1.0) == (1, 4.0, 5.0)
    assert queue.admit(1.5, 1.0) == (1, 5.0, 6.0)


def test_servers_that_never_come_back_serve_nobody() -> None:
    queue = FifoServers(1, uptimes=[Windows([(0, 10)])])
    assert queue.admit(8.0, 5.0) == (0, 8.0, math.inf)
    assert queue.admit(9.0, 1.0) == (0, math.inf, math.inf)


@given(drawn=jobs, servers=st.integers(1, 3))
def test_gates_that_are_always_open_change_nothing(drawn: list[tuple[int, int]], servers: int) -> None:
    plain, interrupted, now_s = (
        FifoServers(servers),
        FifoServers(servers, uptimes=[Windows([], inside=False)] * servers),
        0,
    )
    for gap_s, work_s in drawn:
        now_s += gap_s
        first, second = plain.admit(now_s, work_s), interrupted.admit(now_s, work_s)
        assert first is not None
        assert second is not None
        assert first[1:] == second[1:]


def test_the_last_to_come_is_served_first() -> None:
    queue, started = LcfsServers(1), []
    for name, t_s, work_s in (("a", 0.0, 5.0), ("b", 1.0, 1.0), ("c", 2.0, 1.0)):
        queue.enter(t_s, name, work_s)
        started += queue.begin(t_s)
    started += queue.begin(100.0)
    assert [(name, service.start_s) for name, service in started] == [("a", 0.0), ("c", 5.0), ("b", 6.0)]


def test_a_fresh_job_replaces_the_waiting_one_of_its_source() -> None:
    queue = LcfsServers(1, capacity=2, drop_stale=True)
    assert queue.enter(0.0, "a", 5.0, source=1) == (True, [])
    assert [name for name, _ in queue.begin(0.0)] == ["a"]
    assert queue.enter(1.0, "b", 1.0, source=1) == (True, [])
    assert queue.enter(2.0, "c", 1.0, source=2) == (False, [])
    assert queue.enter(3.0, "d", 1.0, source=1) == (True, ["b"])
    assert queue.next_s() == 5.0
    assert [(name, service.end_s) for name, service in queue.begin(5.0)] == [("d", 6.0)]
    assert queue.enter(6.0, "e", 1.0, source=1) == (True, [])


def test_last_come_first_served_waits_as_long_on_average_and_more_unevenly() -> None:
    """M/M/1: E[W] is that of first come, first served; E[W^2] is greater by 1 / (1 - rho) (Takacs, 1963)."""
    at_s, work_s = exponentials(8, 160_000, 0.6)
    queue, waits_s = LcfsServers(1), np.zeros(160_000)
    for i, (t_s, w_s) in enumerate(zip(at_s, work_s, strict=True)):
        while queue.next_s() <= t_s:
            for name, service in queue.begin(queue.next_s()):
                waits_s[name] = service.start_s - at_s[name]  # type: ignore[call-overload]
        queue.enter(t_s, i, w_s)
    for name, service in queue.begin(math.inf):
        waits_s[name] = service.start_s - at_s[name]  # type: ignore[call-overload]
    assert within(waits_s, 0.6 / 0.4)
    assert within(waits_s**2, 2 * 0.6 / 0.4**2 / 0.4)


def play_shared(queue: SharedServers, at_s: np.ndarray, work_s: np.ndarray) -> np.ndarray:
    ends_s = np.full(len(at_s), math.nan)
    for i, (t_s, w_s) in enumerate(zip(at_s, work_s, strict=True)):
        while queue.next_s() <= t_s:
            for job, end_s in queue.complete(queue.next_s()):
                ends_s[job] = end_s  # type: ignore[call-overload]
        queue.enter(t_s, i, w_s)
    while queue.next_s() < math.inf:
        for job, end_s in queue.complete(queue.next_s()):
            ends_s[job] = end_s  # type: ignore[call-overload]
    return ends_s


def test_no_job_runs_faster_than_one_server() -> None:
    """Two servers: two jobs at full speed; three at two thirds."""
    ends_s = play_shared(SharedServers(2), np.array([0.0, 0.0, 2.0]), np.array([4.0, 6.0, 2.0]))
    assert ends_s.tolist() == pytest.approx([5.0, 7.0, 5.0])


def test_shared_work_pauses_while_the_servers_are_down() -> None:
    queue = SharedServers(1, uptime=Windows([(1, 4)], inside=False))
    assert play_shared(queue, np.array([0.0, 0.0]), np.array([1.0, 2.0])).tolist() == [5.0, 6.0]


@pytest.mark.parametrize(("servers", "load"), [(1, 0.7), (3, 2.1)])
def test_shared_servers_hold_as_many_jobs_as_erlang_c_says(servers: int, load: float) -> None:
    """The number in an M/M/c-PS system is that of M/M/c: E[T] = 1 + C(c, a) / (c - a)."""
    at_s, work_s = exponentials(9, 120_000, load)
    ends_s = play_shared(SharedServers(servers), at_s, work_s)
    assert within(ends_s - at_s, 1 + erlang_c(servers, load) / (servers - load))


def test_shared_servers_turn_away_when_full() -> None:
    queue = SharedServers(1, capacity=2)
    assert [queue.enter(0.0, k, 1.0) for k in range(3)] == [True, True, False]
    assert queue.complete(2.0) == [(0, 2.0), (1, 2.0)]
    assert queue.enter(2.0, 3, 1.0)


def test_a_batch_starts_when_full_or_when_the_first_has_waited_enough() -> None:
    queue = BatchServers(1, 3, 2.0, lambda size, _: 10.0 + size)
    assert queue.enter(0.0, "a")
    assert queue.next_s() == 2.0
    queue.enter(1.0, "b")
    queue.enter(1.5, "c")
    assert queue.begin(1.5) == [(("a", "b", "c"), 0, 1.5, 14.5)]
    queue.enter(3.0, "d")
    assert queue.next_s() == 14.5
    queue.enter(14.0, "e")
    assert queue.begin(14.5) == [(("d", "e"), 0, 14.5, 26.5)]
    assert queue.next_s() == math.inf


@given(drawn=st.lists(st.integers(0, 5), min_size=1, max_size=40), size=st.integers(1, 5), wait=st.integers(0, 8))
def test_batches_serve_everyone_once_in_order_and_in_time(drawn: list[int], size: int, wait: int) -> None:
    queue, at_s, batches = BatchServers(2, size, wait, lambda n, k: 1.0 + n + k % 3), np.cumsum(drawn), []
    for i, t_s in enumerate(at_s):
        while queue.next_s() < t_s:
            batches += queue.begin(queue.next_s())
        assert queue.enter(float(t_s), i)
    while queue.next_s() < math.inf:
        batches += queue.begin(queue.next_s())
    assert [job for batch in batches for job in batch.jobs] == list(range(len(drawn)))
    free_s = [0.0, 0.0]
    for batch in batches:
        full = len(batch.jobs) == size
        ready_s = at_s[batch.jobs[-1]] if full else at_s[batch.jobs[0]] + wait
        assert batch.start_s == max(ready_s, free_s[batch.server])
        assert free_s[batch.server] == min(free_s)
        assert batch.end_s == batch.start_s + 1.0 + len(batch.jobs) + batches.index(batch) % 3
        free_s[batch.server] = batch.end_s


def test_batches_of_one_without_waiting_are_first_come_first_served() -> None:
    at_s, work_s = exponentials(3, 2000, 1.7)
    plain, batched = FifoServers(2), BatchServers(2, 1, 0.0, lambda _, k: float(work_s[k]))
    expected = [plain.admit(t, w) for t, w in zip(at_s, work_s, strict=True)]
    for i, t_s in enumerate(at_s):
        batched.enter(t_s, i)
    assert [batch[2:] for batch in batched.begin(math.inf)] == [service[1:] for service in expected if service]


def test_a_full_batching_system_turns_away() -> None:
    queue = BatchServers(1, 2, 0.0, lambda *_: 5.0, capacity=3)
    assert queue.enter(0.0, 0)
    queue.begin(0.0)
    assert [queue.enter(1.0, k) for k in (1, 2, 3)] == [True, True, False]
    assert queue.in_system(5.0) == 2


def test_servers_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one server"):
        Servers(0)
    with pytest.raises(ValueError, match="a gate for each"):
        Servers(2, [Windows([])])
    with pytest.raises(ValueError, match="at least one job"):
        BatchServers(1, 0, 1.0, lambda *_: 1.0)
