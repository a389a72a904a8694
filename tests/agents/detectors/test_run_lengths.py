"""How long detectors run without a change, and after one: against integral equations, bounds and published lengths."""

from __future__ import annotations

from math import comb, exp
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from agents.detectors import make_detector
from agents.detectors.base import Detector


def run_lengths(detector: Detector, values: np.ndarray) -> np.ndarray:
    """Return how many samples each device takes to its first alarm; all have one."""
    _, alarms = detector.update(detector.init(len(values)), values, np.ones(values.shape, bool))
    assert alarms.any(axis=1).all()
    return np.asarray(alarms.argmax(axis=1) + 1)


def exact_run_length(threshold: float, tolerance: float, shift: float) -> float:
    """Return the mean run length of a one-sided chart on Gaussian values, by Page's integral equation.

    L(s) = 1 + L(0) P(z <= k - s) + integral of L(u) f(u + k - s) over u in (0, h), on nodes of Gauss and Legendre.
    """
    nodes, weights = np.polynomial.legendre.leggauss(80)
    sums, weights = threshold * (nodes + 1) / 2, threshold * weights / 2
    at = np.concatenate([[0.0], sums])
    moves = norm.pdf(sums + tolerance - at[:, None], shift) * weights
    kernel = np.hstack([norm.cdf(tolerance - at, shift)[:, None], moves])
    return float(np.linalg.solve(np.eye(len(at)) - kernel, np.ones(len(at)))[0])


def siegmund(threshold: float, drift: float) -> float:
    """Return Siegmund's approximation of the same: ``drift`` is the tolerance less the shift."""
    b = threshold + 1.166
    return (exp(2 * drift * b) - 2 * drift * b - 1) / (2 * drift**2)


@pytest.mark.parametrize(("threshold", "shift", "published"), [(4.0, 0.0, 335.4), (4.0, 1.0, 8.38), (5.0, 1.0, 10.4)])
def test_the_chart_runs_as_long_as_pages_equation_says(threshold: float, shift: float, published: float) -> None:
    exact = exact_run_length(threshold, 0.5, shift)
    # Half of the run lengths without a change that Montgomery's textbook gives for two-sided charts are one-sided ones.
    assert exact == pytest.approx(published, rel=0.01)
    assert siegmund(threshold, 0.5 - shift) == pytest.approx(exact, rel=0.02)
    generator = np.random.default_rng(int(10 * threshold + shift))
    detector = make_detector("cusum", {"threshold": threshold, "mean": 0.0, "deviation": 1.0})
    lengths = run_lengths(detector, generator.normal(shift, 1.0, size=(1500, round(12 * exact))))
    assert abs(lengths.mean() - exact) < 4 * lengths.std() / np.sqrt(len(lengths))


def test_estimates_from_more_samples_come_nearer_to_the_known_process() -> None:
    generator, exact = np.random.default_rng(3), exact_run_length(4.0, 0.5, 2.0)
    ends = []
    for minimum in (8, 400):
        values = np.hstack([generator.normal(size=(600, minimum)), generator.normal(2.0, 1.0, size=(600, 60))])
        detector = make_detector("cusum", {"threshold": 4.0, "minimum": minimum})
        ends.append(run_lengths(detector, values) - minimum)
    assert ends[1].mean() == pytest.approx(exact, rel=0.05)
    assert ends[0].std() > 1.5 * ends[1].std()


def test_two_windows_of_one_distribution_differ_as_often_as_all_orders_of_their_samples_say() -> None:
    # 30 against 30 samples: the least gap whose exact probability is below the level is 14 (13 has .0065).
    signed = [sum((-1) ** (k + 1) * comb(60, 30 - k * gap) for k in range(1, 30 // gap + 1)) for gap in (13, 14)]
    more, exact = (2 * one / comb(60, 30) for one in signed)
    assert (more, exact) == pytest.approx((0.0065, 0.0025), abs=1e-4)
    detector, devices = make_detector("kswin", {}), 40_000
    values = np.random.default_rng(2).uniform(size=(devices, 100))
    _, alarms = detector.update(detector.init(devices), values, np.ones(values.shape, bool))
    assert not alarms[:, :-1].any()
    assert abs(alarms[:, -1].mean() - exact) < 4 * np.sqrt(exact / devices)


@pytest.mark.parametrize(("kind", "options", "level"), [("adwin", {}, 0.002), ("hddm_a", {"confidence": 0.01}, 0.01)])
@pytest.mark.parametrize("share", [0.05, 0.5])
def test_cuts_by_chance_are_rarer_than_the_level(
    kind: str, options: dict[str, Any], level: float, share: float
) -> None:
    # Theorem 3.1 of Bifet and Gavaldà: at any time, with probability 1 - delta, a window of one mean is not cut.
    detector, devices, samples = make_detector(kind, options), 1000, 320
    values = (np.random.default_rng(4).uniform(size=(devices, samples)) < share).astype(float)
    _, alarms = detector.update(detector.init(devices), values, np.ones(values.shape, bool))
    tests = samples / 32 if kind == "adwin" else samples
    assert alarms.sum() / (devices * tests) < level
