from __future__ import annotations

import numpy as np
from scipy import stats

from agents.contract import CohortSpec
from agents.streams.arrivals import PER_CHUNK, Arrivals
from agents.streams.base import BlockId

BLOCK = BlockId(0, 3, 64)


def spec(arrivals: str = "poisson", interval_s: float = 2.0, share: float = 0.25) -> CohortSpec:
    return CohortSpec("phones", 10, interval_s, arrivals, share, lambda u: -30.0 * np.log(u))


def test_poisson_counts_and_gaps_follow_their_laws() -> None:
    arrivals = Arrivals(1, spec())
    chunks = [arrivals.chunk(BLOCK, index)[0].time_s for index in range(40)]
    counts = np.concatenate([np.isfinite(chunk).sum(axis=1) for chunk in chunks])
    edges = np.array([0, 26, 29, 32, 35, 38, np.inf])
    seen = np.histogram(counts, edges)[0]
    expected = np.diff(stats.poisson.cdf(edges - 1, PER_CHUNK)) * len(counts)
    assert stats.chisquare(seen, expected).pvalue > 0.001
    line = np.concatenate([chunk[0][np.isfinite(chunk[0])] for chunk in chunks])
    assert (np.diff(line) >= 0).all()
    gaps = np.concatenate([np.diff(np.concatenate([c[row][np.isfinite(c[row])] for c in chunks])) for row in range(64)])
    assert stats.kstest(gaps, "expon", args=(0, 2.0)).pvalue > 0.001


def test_periodic_samples_keep_their_interval_across_cells() -> None:
    arrivals = Arrivals(1, spec("periodic"))
    times = np.concatenate([arrivals.chunk(BLOCK, index)[0].time_s for index in range(5)], axis=1)
    assert np.allclose(np.diff(times, axis=1), 2.0)
    assert stats.kstest(times[:, 0] / 2.0, "uniform").pvalue > 0.001


def test_cells_are_the_same_in_any_order() -> None:
    arrivals = Arrivals(1, spec())
    late, early = arrivals.chunk(BLOCK, 9), arrivals.chunk(BLOCK, 2)
    again = Arrivals(1, spec())
    for (kept, due_s), (drawn, due_again_s) in zip(
        (early, late), (again.chunk(BLOCK, 2), again.chunk(BLOCK, 9)), strict=True
    ):
        assert np.array_equal(kept.time_s, drawn.time_s)
        assert np.array_equal(due_s, due_again_s)


def test_labels_come_to_their_share_and_after_their_delay() -> None:
    arrivals = Arrivals(1, spec())
    late, labelled = [], []
    for index in range(40):
        chunk, due_s = arrivals.chunk(BLOCK, index)
        time_s = chunk.time_s
        real = np.isfinite(time_s)
        labelled.append(np.isfinite(due_s[real]))
        late.append((due_s - np.where(real, time_s, 0.0))[np.isfinite(due_s)])
    labelled, late = np.concatenate(labelled), np.concatenate(late)
    assert stats.binomtest(int(labelled.sum()), len(labelled), 0.25).pvalue > 0.001
    assert stats.kstest(late, "expon", args=(0, 30.0)).pvalue > 0.001


def test_a_rate_of_zero_is_silent() -> None:
    assert Arrivals(1, spec(interval_s=np.inf)).silent


class Tape:
    """A supply of a few recorded times for the first rows, none for the others."""

    def __init__(self, *times_s: list[float], rows: int | None = None) -> None:
        self._times_s = [np.array(own) for own in times_s]
        self._rows = rows

    def count(self, place: BlockId) -> np.ndarray:
        return np.array([len(own) if self._rows is None else self._rows for own in self.times_s(place)])

    def times_s(self, place: BlockId) -> list[np.ndarray]:
        empty = [np.array([])] * place.width
        return ([*self._times_s, *empty])[: place.width] if place.block == 0 else empty


def test_ordinals_count_on_from_cell_to_cell_until_the_supply_is_used_up() -> None:
    place = BlockId(0, 0, 64)
    for law in ("poisson", "periodic"):
        arrivals = Arrivals(1, spec(law), Tape(*[[0.0]] * 64, rows=50))
        chunks = [arrivals.chunk(place, index)[0] for index in range(8)]
        for row in range(64):
            seen = np.concatenate([chunk.ordinal[row][chunk.valid[row]] for chunk in chunks])
            assert np.array_equal(seen, np.arange(50))


def test_recorded_samples_arrive_when_they_were_recorded() -> None:
    own = [0.0, 0.0, 3.5, 100.0, 100.5, 2000.0]
    place, recorded = BlockId(0, 0, 64), spec("recorded", interval_s=np.inf)
    arrivals = Arrivals(1, recorded, Tape(own, [7.0]))
    chunks = [arrivals.chunk(place, index)[0] for index in range(int(2000 / arrivals.chunk_s) + 2)]
    assert np.array_equal(np.concatenate([chunk.time_s[0][chunk.valid[0]] for chunk in chunks]), own)
    assert np.array_equal(np.concatenate([chunk.ordinal[0][chunk.valid[0]] for chunk in chunks]), np.arange(6))
    assert sum(chunk.valid.sum() for chunk in chunks) == 7
    assert arrivals.most_within(4.0) == 3


def test_a_delay_that_is_the_same_for_all_needs_no_luck() -> None:
    lucky = CohortSpec("phones", 10, 2.0, "poisson", 1.0, lambda u: 30.0 + 0.0 * u)
    chunk, due_s = Arrivals(1, lucky).chunk(BLOCK, 4)
    assert np.array_equal(due_s[chunk.valid], chunk.time_s[chunk.valid] + 30.0)
    assert not np.isfinite(due_s[~chunk.valid]).any()
