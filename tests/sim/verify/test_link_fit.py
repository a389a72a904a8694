"""A fit is as good as it is said to be: known laws are found again, and what differs is seen to differ."""

from __future__ import annotations

import numpy as np
import pytest

from sim.network.rates.markov import MarkovModel, fit_markov
from sim.network.rates.steps import Steps
from sim.verify.link_fit import autocorrelation, compared, largest_distance, observe, paths_of

RATES = np.array([2e5, 1e6, 4e6])
#: Jumps each way once in ten seconds.
LAW = MarkovModel(RATES, np.array([[-0.1, 0.1, 0.0], [0.1, -0.2, 0.1], [0.0, 0.1, -0.1]]))


def recorded(seed: int, length_s: int = 4000) -> Steps:
    """Record one path of the law, second by second."""
    (path,) = paths_of(LAW, 1, seed)
    return Steps(list(range(length_s)), [path.at(at + 0.5) for at in range(length_s)], length_s)


def test_a_law_is_found_again_from_one_recording_of_it() -> None:
    trace = recorded(1)
    model = fit_markov(trace, 3)
    assert sorted(model.rates_bps) == pytest.approx(RATES.tolist(), rel=1e-6)
    made, base = observe(paths_of(model, 10, 7), 1000.0), observe([trace], trace.period_s)
    found = compared(made, base)
    assert found.mean == pytest.approx(1.0, abs=0.15)
    assert found.rate < 0.1
    assert found.correlation < 0.1
    assert all(0.6 < ratio < 1.6 for both in found.transfers for ratio in both)


def test_a_rate_that_never_varies_has_no_autocorrelation_and_no_warning() -> None:
    steady = Steps([0], [1e6], 30.0)
    found = compared(observe([steady], 30.0), observe([steady], 30.0))
    assert np.isnan(found.correlation)
    assert (found.mean, found.rate) == (1.0, 0.0)


def test_a_rate_without_memory_is_seen_to_lack_it() -> None:
    trace = recorded(1)
    rng = np.random.default_rng(0)
    shuffled = Steps(list(range(4000)), rng.permutation(trace.table.rates_bps[:4000]).tolist(), 4000)
    found = compared(observe([shuffled], 4000.0), observe([trace], 4000.0))
    assert found.rate < 0.01
    assert found.correlation > 0.4


def test_each_link_is_one_of_its_own() -> None:
    rows = [tuple(path.at(at) for at in range(200)) for path in paths_of(LAW, 1000, 3)]
    assert len(set(rows)) == 1000


def test_distances_and_correlations_by_hand() -> None:
    assert largest_distance(np.array([1.0, 2.0]), np.array([1.0, 2.0])) == 0.0
    assert largest_distance(np.array([1.0, 2.0]), np.array([3.0, 4.0])) == 1.0
    assert autocorrelation(np.array([1.0, -1.0] * 50), 1) == pytest.approx(-0.99)
    assert autocorrelation(np.array([1.0, -1.0] * 50), 2) == pytest.approx(0.98)
