"""Arrivals whose rate drifts: exactly Poisson at the rate in force, cell by cell, in any order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare, expon, kstest

from agents.contract import CohortSpec, DriftSpec, InputError
from agents.drift.rate_modulation import ModulatedArrivals, make_arrivals
from agents.drift.schedule import Schedule, make_schedule
from agents.streams.arrivals import Arrivals
from agents.streams.base import BlockId

BLOCK = BlockId(0, 0, 256)
COHORT = CohortSpec("phones", 256, 2.0, "poisson", 0.8, lambda uniform: 10.0 * uniform)
FASTER = DriftSpec("sudden", 100.0, to={"arrivals": 4.0})
SLOWER = DriftSpec("sudden", 200.0, to={"arrivals": 0.25})


class Task:
    """A task as far as arrivals look at it."""

    supply = None

    def __init__(self, *drift: DriftSpec) -> None:
        cohorts = [COHORT, replace(COHORT, name="watches", index=1)]
        self.schedule: Schedule = make_schedule(drift, cohorts, {"rotate": 0.0}, 2, 3, 400.0)


def arrivals(*drift: DriftSpec, spec: CohortSpec = COHORT) -> Arrivals:
    task: Any = Task(*drift)
    return make_arrivals(3, spec, task)


def seen(made: Arrivals, until_s: float) -> np.ndarray:
    """Return when every device sees samples up to a time: sorted float64 [devices, samples], padded with infinity."""
    chunks = [made.chunk(BLOCK, index)[0].time_s for index in range(int(until_s / made.chunk_s) + 1)]
    times_s = np.sort(np.concatenate(chunks, 1), 1)
    return np.where(times_s <= until_s, times_s, np.inf)


@pytest.mark.parametrize(("from_s", "until_s", "rate_per_s"), [(0, 100, 0.5), (100, 200, 2.0), (200, 400, 0.125)])
def test_the_process_is_poisson_at_the_reigning_rate(from_s: float, until_s: float, rate_per_s: float) -> None:
    times_s = seen(arrivals(FASTER, SLOWER), 400.0)
    inside = (times_s > from_s) & (times_s <= until_s)
    counts, expected = inside.sum(1), rate_per_s * (until_s - from_s)
    assert counts.mean() == pytest.approx(expected, abs=4 * np.sqrt(expected / 256))
    assert counts.var(ddof=1) / counts.mean() == pytest.approx(1.0, abs=4 * np.sqrt(2 / 255))
    # The gap to the first sample is memoryless, and free of the bias that the end of a span would bring.
    first_s = np.where(inside, times_s, np.inf).min(1) - from_s
    assert kstest(first_s[np.isfinite(first_s)], expon(scale=1 / rate_per_s).cdf).pvalue > 1e-3
    assert kstest((times_s[inside] - from_s) / (until_s - from_s), "uniform").pvalue > 1e-3


def test_interarrival_times_at_the_fast_rate_are_exponential() -> None:
    times_s = seen(arrivals(DriftSpec("sudden", 0.0, to={"arrivals": 4.0})), 400.0)
    gaps_s = np.diff(times_s[:, :500], axis=1)
    assert np.isfinite(gaps_s).all()
    assert kstest(gaps_s.ravel()[::7], expon(scale=0.5).cdf).pvalue > 1e-3


def test_the_rate_moves_as_concepts_mix() -> None:
    times_s = seen(arrivals(DriftSpec("gradual", 100.0, over_s=200.0, to={"arrivals": 3.0})), 400.0)
    counts = np.histogram(times_s[np.isfinite(times_s)], np.arange(0, 401, 50))[0]
    rates = np.array([1, 1, 1.25, 1.75, 2.25, 2.75, 3, 3])
    assert chisquare(counts, rates / rates.sum() * counts.sum()).pvalue > 1e-3
    assert counts.sum() == pytest.approx(256 * 25 * rates.sum(), rel=0.02)


def test_a_factor_of_zero_is_silence() -> None:
    times_s = seen(arrivals(DriftSpec("blip", 100.0, to={"arrivals": 0.0}, options={"for": 50.0})), 400.0)
    assert not ((times_s > 100) & (times_s <= 150)).any()
    assert ((times_s > 150) & (times_s <= 160)).any()


def test_cells_come_in_any_order_and_never_overlap() -> None:
    made, again = arrivals(FASTER, SLOWER), arrivals(FASTER, SLOWER)
    forward = [made.chunk(BLOCK, index) for index in range(30)]
    for index in (17, 3, 29, 0):
        chunk, due_s = again.chunk(BLOCK, index)
        assert np.array_equal(chunk.time_s, forward[index][0].time_s)
        assert np.array_equal(due_s, forward[index][1])
    for chunk, due_s in forward:
        in_cell = (chunk.time_s > chunk.index * made.chunk_s) & (chunk.time_s <= (chunk.index + 1) * made.chunk_s)
        assert (in_cell == chunk.valid).all()
        assert (np.diff(np.where(chunk.valid, chunk.time_s, 1e9), axis=1) >= 0).all()
        assert (due_s[chunk.valid] >= chunk.time_s[chunk.valid]).all()
        assert np.isinf(due_s[~chunk.valid]).all()


def test_labels_keep_their_share_and_delay() -> None:
    made = arrivals(FASTER)
    chunks = [made.chunk(BLOCK, index) for index in range(40)]
    late_s = np.concatenate([due_s[chunk.valid] - chunk.time_s[chunk.valid] for chunk, due_s in chunks])
    labelled = np.isfinite(late_s)
    assert labelled.mean() == pytest.approx(0.8, abs=0.01)
    assert kstest(late_s[labelled] / 10.0, "uniform").pvalue > 1e-3


def test_a_cohort_that_no_line_touches_keeps_its_very_arrivals() -> None:
    line = DriftSpec("sudden", 100.0, cohort="watches", to={"arrivals": 4.0})
    plain = arrivals()
    made = arrivals(line)
    assert not isinstance(made, ModulatedArrivals)
    assert np.array_equal(made.chunk(BLOCK, 9)[0].time_s, plain.chunk(BLOCK, 9)[0].time_s)
    assert isinstance(arrivals(line, spec=replace(COHORT, name="watches", index=1)), ModulatedArrivals)


def test_what_is_periodic_or_recorded_cannot_come_faster() -> None:
    with pytest.raises(InputError, match="poisson"):
        arrivals(FASTER, spec=replace(COHORT, arrivals="periodic"))
