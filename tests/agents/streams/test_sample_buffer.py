from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agents.streams.base import Content
from agents.streams.sample_buffer import FieldView, SampleBatch, SampleRing

WIDTH, CAPACITY = 3, 64


def filled(seed: int, chunks: int) -> tuple[SampleRing, list[list[tuple[float, float, int]]]]:
    """Return a ring loaded with random cells, and what was loaded: (time, due, ref) of each device."""
    generator = np.random.default_rng(seed)
    ring, truth = SampleRing(WIDTH, CAPACITY), [[] for _ in range(WIDTH)]
    for chunk in range(chunks):
        counts = generator.integers(0, 6, WIDTH)
        time_s = np.sort(chunk + generator.random((WIDTH, max(1, counts.max()))), axis=1)
        time_s[np.arange(time_s.shape[1]) >= counts[:, None]] = np.inf
        due_s = np.where(generator.random(time_s.shape) < 0.5, time_s + 2 * generator.random(time_s.shape), np.inf)
        ref = generator.integers(0, 1000, time_s.shape)
        ring.load(0, time_s, due_s, Content(ref, ref.astype(np.int16), np.zeros(time_s.shape, np.int16)))
        for row in range(WIDTH):
            real = np.isfinite(time_s[row])
            truth[row] += zip(time_s[row][real], due_s[row][real], ref[row][real].tolist(), strict=True)
    return ring, truth


@given(seed=st.integers(0, 10_000), next_on_s=st.floats(0, 3), n=st.integers(1, 8), back=st.integers(8, 40))
def test_the_ring_remembers_like_a_list(seed: int, next_on_s: float, n: int, back: int) -> None:
    ring, truth = filled(seed, 12)
    rows, at_s = np.arange(WIDTH), np.full(WIDTH, 12.0 - next_on_s)
    seen_by_then = ring.count_until(rows, at_s, np.maximum(ring.loaded - CAPACITY, 0))
    places, count = ring.newest(rows, seen_by_then, n)
    due_places, due_count = ring.newest_labelled(rows, seen_by_then, at_s, n, back)
    refs = FieldView(ring, places)["ref"], FieldView(ring, due_places)["ref"]
    for row in range(WIDTH):
        seen = [sample for sample in truth[row] if sample[0] <= at_s[row]]
        assert seen_by_then[row] == len(seen)
        assert refs[0][row, : count[row]].tolist() == [ref for _, _, ref in seen[-n:]]
        known = [ref for _, due, ref in seen[-back:] if due <= at_s[row]]
        assert refs[1][row, : due_count[row]].tolist() == known[-n:]


@given(seed=st.integers(0, 10_000), history=st.integers(0, 40))
def test_the_newest_label_that_was_due_is_that_of_a_list(seed: int, history: int) -> None:
    ring, truth = filled(seed, 12)
    rows, count = np.arange(WIDTH), np.array([len(one) for one in truth])
    first = np.minimum(np.array([3, 0, 9]), count)
    batch = SampleBatch.cut(ring, rows, first, count - first, int(count.max()), history=history)
    expected = []
    for row in range(WIDTH):
        for place in range(first[row], count[row]):
            at_s, known = truth[row][place][0], truth[row][max(0, place - history) : place]
            due = [ref for _, due_s, ref in known if due_s <= at_s]
            expected.append(due[-1] if due else -1)
    assert batch.due_label().tolist() == expected


@given(seed=st.integers(0, 10_000), more=st.integers(0, 90))
def test_a_ring_that_grows_forgets_nothing(seed: int, more: int) -> None:
    ring, truth = filled(seed, 40)
    ring.grow(CAPACITY + more)
    rows = np.arange(WIDTH)
    places, count = ring.newest(rows, ring.loaded, CAPACITY)
    for row in range(WIDTH):
        kept = truth[row][-CAPACITY:]
        assert count[row] == len(kept)
        assert FieldView(ring, places)["ref"][row, : len(kept)].tolist() == [ref for _, _, ref in kept]
        assert ring.time_s.take(places)[row, : len(kept)].tolist() == [time_s for time_s, _, _ in kept]


@given(seed=st.integers(0, 10_000), inputs=st.integers(1, 5), views=st.integers(1, 9))
def test_samples_of_any_size_are_copied_whole(seed: int, inputs: int, views: int) -> None:
    generator, ring, last = np.random.default_rng(seed), SampleRing(WIDTH, 7), [[] for _ in range(WIDTH)]
    for chunk in range(5):
        counts = generator.integers(0, 6, WIDTH)
        time_s = np.sort(chunk + generator.random((WIDTH, 5)), axis=1)
        time_s[np.arange(5) >= counts[:, None]] = np.inf
        x = generator.random((WIDTH, 5, inputs), np.float32)
        present = generator.integers(0, 2, (WIDTH, 5, views), np.uint8)
        label = np.zeros((WIDTH, 5), np.int16)
        ring.load(0, time_s, time_s, Content(label.astype(np.int64), label, label, x=x, present=present))
        for row in range(WIDTH):
            last[row] += [(x[row, n].tolist(), present[row, n].tolist()) for n in range(counts[row])]
    places, count = ring.newest(np.arange(WIDTH), ring.loaded, 7)
    view = FieldView(ring, places)
    for row in range(WIDTH):
        found = zip(view["x"][row].tolist(), view["present"][row].tolist(), strict=True)
        assert list(found)[: count[row]] == last[row][-7:]
