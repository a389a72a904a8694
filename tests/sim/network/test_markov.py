"""Markov-modulated rates: stationary shares, order-independence, and the fit of a trace."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.network.rates.markov import MarkovModel, MarkovRate, fit_markov
from sim.network.rates.steps import Steps

LAW = MarkovModel(np.array([0.0, 1e6, 5e6]), np.array([[-0.5, 0.5, 0.0], [0.2, -0.3, 0.1], [0.4, 0.4, -0.8]]))


def brute_bits(rate: MarkovRate, from_s: float, until_s: float) -> float:
    total, t_s = 0.0, from_s
    while t_s < until_s:
        change_s = min(rate.next_change_s(t_s), until_s)
        total += rate.at(t_s) * (change_s - t_s)
        t_s = change_s
    return total


@given(device=st.integers(0, 99), from_s=st.floats(0, 500), span_s=st.floats(0, 500))
@settings(max_examples=50)
def test_bits_are_the_integral_of_the_path(device: int, from_s: float, span_s: float) -> None:
    rate = MarkovRate(LAW, 1, device)
    bits = rate.bits(from_s, from_s + span_s)
    assert bits == pytest.approx(brute_bits(rate, from_s, from_s + span_s), rel=1e-9, abs=1e-2)


@given(device=st.integers(0, 99), from_s=st.floats(0, 500), bits=st.floats(1, 1e10))
@settings(max_examples=50)
def test_when_meets_the_size(device: int, from_s: float, bits: float) -> None:
    rate = MarkovRate(LAW, 1, device)
    end_s = rate.when(from_s, bits)
    assert rate.bits(from_s, end_s) == pytest.approx(bits, rel=1e-9, abs=1e-2)
    assert rate.at(math.nextafter(end_s, 0.0)) > 0.0


def test_the_path_does_not_depend_on_the_order_of_questions() -> None:
    times_s = np.random.default_rng(0).uniform(0, 5000, 400)
    forward, shuffled = MarkovRate(LAW, 7, 3), MarkovRate(LAW, 7, 3)
    expected = {t: forward.at(t) for t in sorted(times_s)}
    assert {t: shuffled.at(t) for t in times_s} == expected
    assert any(MarkovRate(LAW, 7, 4).at(t) != bps for t, bps in expected.items())


def test_shares_of_time_and_the_mean_rate_are_the_stationary_ones() -> None:
    """By hand: 0.8 pi_2 = 0.1 pi_1 and 0.5 pi_0 = 0.2 pi_1 + 0.4 pi_2 give (4, 8, 1) / 13."""
    np.testing.assert_allclose(LAW.stationary, np.array([4, 8, 1]) / 13, atol=1e-12)
    means = np.array([MarkovRate(LAW, 2, device).bits(0, 4000.0) / 4000.0 for device in range(60)])
    assert means.mean() == pytest.approx(LAW.mean_bps, abs=4 * means.std(ddof=1) / math.sqrt(60))


def test_the_start_is_stationary() -> None:
    first = np.array([MarkovRate(LAW, 5, device).at(0.0) for device in range(3000)])
    for bps, share in zip(LAW.rates_bps, LAW.stationary, strict=True):
        assert (first == bps).mean() == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 3000))


@given(
    rows=st.lists(st.tuples(st.integers(1, 50), st.integers(0, 20)), min_size=1, max_size=60),
    states=st.integers(1, 9),
)
def test_a_fitted_chain_has_the_mean_and_the_shares_of_its_trace(rows: list[tuple[int, int]], states: int) -> None:
    widths = np.array([w for w, _ in rows], float)
    trace = Steps(np.cumsum(widths) - widths, [float(r) for _, r in rows], float(widths.sum()))
    law = fit_markov(trace, states)
    assert law.mean_bps == pytest.approx(trace.mean_bps, rel=1e-9, abs=1e-9)
    assert len(law.rates_bps) <= states
    assert np.all(np.diff(law.rates_bps) > 0)


def test_a_fit_recovers_the_chain_that_made_the_trace() -> None:
    path = MarkovRate(LAW, 11, 0)
    edges_s = [0.0]
    while edges_s[-1] < 40_000:
        edges_s.append(path.next_change_s(edges_s[-1]))
    law = fit_markov(Steps(edges_s[:-1], [path.at(t) for t in edges_s[:-1]], edges_s[-1]), states=60)
    np.testing.assert_allclose(law.rates_bps, LAW.rates_bps)
    np.testing.assert_allclose(law.generator_per_s, LAW.generator_per_s, atol=0.05)


def test_a_single_state_is_a_constant_rate() -> None:
    rate = MarkovRate(MarkovModel(np.array([3.0]), np.zeros((1, 1))), 0, 0)
    assert rate.when(5.0, 6.0) == 7.0
    assert rate.next_change_s(5.0) == math.inf
    assert MarkovRate(MarkovModel(np.array([0.0]), np.zeros((1, 1))), 0, 0).when(0.0, 1.0) == math.inf


@pytest.mark.parametrize(
    ("rates", "generator", "message"),
    [
        ([1.0, 2.0], [[0.0]], "2 x 2 generator"),
        ([1.0, 2.0], [[1.0, -1.0], [1.0, -1.0]], "negative jump"),
        ([1.0, 2.0], [[-1.0, 2.0], [1.0, -1.0]], "sum to zero"),
        ([1.0, 2.0], [[-1.0, 1.0], [0.0, 0.0]], "reachable"),
        ([-1.0, 2.0], [[-1.0, 1.0], [1.0, -1.0]], "finite number"),
    ],
)
def test_a_chain_that_is_none_is_refused(rates: list[float], generator: list[list[float]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MarkovModel(np.array(rates), np.array(generator))
