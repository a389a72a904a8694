from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agents.samples import SampleRing
from agents.tasks.base import Content

WIDTH, CAPACITY = 3, 64


def filled(seed: int, cells: int) -> tuple[SampleRing, list[list[tuple[float, float, int]]]]:
    """Return a ring loaded with random cells, and what was loaded: (time, due, ref) of each device."""
    chance = np.random.default_rng(seed)
    ring, truth = SampleRing(WIDTH, CAPACITY), [[] for _ in range(WIDTH)]
    for cell in range(cells):
        counts = chance.integers(0, 6, WIDTH)
        time_s = np.sort(cell + chance.random((WIDTH, max(1, counts.max()))), axis=1)
        time_s[np.arange(time_s.shape[1]) >= counts[:, None]] = np.inf
        due_s = np.where(chance.random(time_s.shape) < 0.5, time_s + 2 * chance.random(time_s.shape), np.inf)
        ref = chance.integers(0, 1000, time_s.shape)
        ring.load(time_s, due_s, Content(ref, ref.astype(np.int16), np.zeros(time_s.shape, np.int16)))
        for row in range(WIDTH):
            real = np.isfinite(time_s[row])
            truth[row] += zip(time_s[row][real], due_s[row][real], ref[row][real].tolist(), strict=True)
    return ring, truth


@given(seed=st.integers(0, 10_000), back_s=st.floats(0, 3), n=st.integers(1, 8))
def test_the_ring_remembers_like_a_list(seed: int, back_s: float, n: int) -> None:
    ring, truth = filled(seed, 12)
    rows, at_s = np.arange(WIDTH), np.full(WIDTH, 12.0 - back_s)
    slots, count = ring.newest(rows, at_s, n)
    due_slots, due_count = ring.newest_labelled(rows, at_s, n)
    for row in range(WIDTH):
        seen = [sample for sample in truth[row] if sample[0] <= at_s[row]]
        assert ring.count_until(rows, at_s)[row] == len(seen)
        refs = ring.fields["ref"][row]
        assert refs[slots[row, : count[row]]].tolist() == [ref for _, _, ref in seen[-n:]]
        known = [ref for _, due, ref in seen if due <= at_s[row]]
        assert refs[due_slots[row, : due_count[row]]].tolist() == known[-n:]
