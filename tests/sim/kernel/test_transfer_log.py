from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.kernel.transfer_log import Transfer, TransferLog

#: Sums of times are exact to 4 ns each.
EXACT_S = 2e-7
EDGES_S = np.array([10.0, 20.0, 30.0, 35.0])

spans = st.tuples(
    st.integers(0, 2),
    st.floats(0, 50),
    st.floats(0, 20),
    st.floats(0, 20),
    st.floats(0, 5),
    st.integers(0, 10_000),
    st.booleans(),
)


def transfers(rows: list[tuple[int, float, float, float, float, int, bool]]) -> list[Transfer]:
    made = []
    for instance, offered, wait, work, flight, nbytes, lost in rows:
        end = offered + wait + work
        arrive, dropped = (np.inf, end + flight) if lost else (end + flight, np.inf)
        made.append(Transfer(instance, offered, nbytes, offered + wait, end, arrive, dropped))
    return made


def busy_by_hand(made: list[Transfer], after: float, until: float, servers: float) -> float:
    edges = sorted({after, until, *(t for p in made for t in (p.start_s, p.end_s) if after < t < until)})
    return sum(
        (b - a) * min(servers, sum(p.instance == instance and p.start_s <= a and b <= p.end_s for p in made))
        for a, b in pairwise(edges)
        for instance in {p.instance for p in made}
    )


@given(st.lists(spans, max_size=20), st.sampled_from([1.0, 2.0, np.inf]))
def test_sums_per_tick_match_counting_by_hand(
    rows: list[tuple[int, float, float, float, float, int, bool]], servers: float
) -> None:
    made, log = transfers(rows), TransferLog(servers)
    for transfer in made:
        log.add(transfer)
    sums = log.per_tick(EDGES_S)
    for tick, (after, until) in enumerate(zip([0.0, *EDGES_S[:-1]], EDGES_S, strict=True)):
        assert sums.offered[tick] == sum(p.offered_s <= until for p in made)
        assert sums.offered_bytes[tick] == sum(p.nbytes for p in made if p.offered_s <= until)
        assert sums.delivered_bytes[tick] == sum(p.nbytes for p in made if p.arrive_s <= until)
        assert sums.dropped_bytes[tick] == sum(p.nbytes for p in made if p.dropped_s <= until)
        assert sums.queue[tick] == sum(p.offered_s <= until < p.start_s for p in made)
        assert abs(sums.busy_s[tick] - busy_by_hand(made, after, until, servers)) < EXACT_S
        waits = [p.start_s - p.offered_s for p in made if after < p.start_s <= until or (tick == 0 and p.start_s == 0)]
        assert abs(sums.waiting_s[tick] - sum(waits)) < EXACT_S
        assert sums.waited[tick] == len(waits)


@given(st.lists(spans, max_size=20), st.sampled_from([1.0, 2.0, np.inf]), st.floats(0, 50))
def test_sums_in_passing_are_those_at_the_end(
    rows: list[tuple[int, float, float, float, float, int, bool]], servers: float, cut_s: float
) -> None:
    kept, passing = TransferLog(servers), TransferLog(servers)
    passing.add_in_passing(EDGES_S)
    made = transfers(rows)
    early = [one for one in made if one.offered_s < cut_s]
    for some in (early, [one for one in made if one.offered_s >= cut_s]):
        passing.pass_by({name: np.array([getattr(one, name) for one in some]) for name in KINDS} if some else EMPTY)
        passing.settle(cut_s)
    for one in made:
        kept.add(one)
    for name, values in vars(kept.per_tick(EDGES_S)).items():
        assert np.array_equal(values, getattr(passing.per_tick(EDGES_S), name)), name


KINDS = Transfer.__slots__
EMPTY = {name: np.zeros(0, int if name in ("instance", "nbytes", "retransmitted_bytes") else float) for name in KINDS}


def test_what_never_ends_is_busy_to_the_end_and_never_delivered() -> None:
    log = TransferLog()
    log.add(Transfer(0, 15.0, 100, start_s=15.0))
    sums = log.per_tick(EDGES_S)
    assert sums.busy_s.tolist() == [0.0, 5.0, 10.0, 5.0]
    assert sums.delivered_bytes.tolist() == [0, 0, 0, 0]
    assert sums.offered_bytes.tolist() == [0, 100, 100, 100]
