from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.message_log import MessageLog

EDGES_S = np.array([10.0, 20.0, 30.0, 35.0])

spans = st.tuples(
    st.floats(0, 50), st.floats(0, 20), st.floats(0, 20), st.floats(0, 5), st.integers(0, 10_000)
)


@given(st.lists(spans, max_size=30))
def test_sums_per_tick_match_counting_by_hand(rows: list[tuple[float, float, float, float, int]]) -> None:
    log = MessageLog()
    messages = []
    for offered, wait, work, flight, nbytes in rows:
        start = offered + wait
        messages.append((offered, start, start + work, start + work + flight, nbytes))
        log.add(*messages[-1])
    sums = log.per_tick(EDGES_S)
    for tick, (after, until) in enumerate(zip([0.0, *EDGES_S[:-1]], EDGES_S, strict=True)):
        assert sums.offered[tick] == sum(m[0] <= until for m in messages)
        assert sums.offered_bytes[tick] == sum(m[4] for m in messages if m[0] <= until)
        assert sums.delivered_bytes[tick] == sum(m[4] for m in messages if m[3] <= until)
        busy = sum(max(0.0, min(m[2], until) - max(m[1], after)) for m in messages)
        assert abs(sums.busy_s[tick] - busy) < 1e-9
        waited = sum(m[1] - m[0] for m in messages if after < m[1] <= until or (tick == 0 and m[1] == 0))
        assert abs(sums.waiting_s[tick] - waited) < 1e-9


def test_what_never_ends_is_busy_to_the_end_and_never_delivered() -> None:
    log = MessageLog()
    log.add(15.0, 15.0, np.inf, np.inf, 100)
    sums = log.per_tick(EDGES_S)
    assert sums.busy_s.tolist() == [0.0, 5.0, 10.0, 5.0]
    assert sums.delivered_bytes.tolist() == [0, 0, 0, 0]
    assert sums.offered_bytes.tolist() == [0, 100, 100, 100]
