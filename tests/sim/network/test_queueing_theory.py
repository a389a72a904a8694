"""Links against queueing theory: what everyone knows of M/M/1, M/D/1 and M/G/1."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.network.fifo import FifoLink
from sim.network.rates.rate import Constant

N = 120_000


def sizes_of(law: str, generator: np.random.Generator) -> np.ndarray:
    """Return sizes of mean 1 bit; their second moments are 1, 2 and 4/3."""
    laws = {
        "constant": np.ones(N),
        "exponential": generator.exponential(1.0, N),
        "uniform": generator.uniform(0.0, 2.0, N),
    }
    return laws[law]


@pytest.mark.parametrize(("law", "second_moment"), [("constant", 1.0), ("exponential", 2.0), ("uniform", 4 / 3)])
@pytest.mark.parametrize("rho", [0.3, 0.7])
def test_the_mean_wait_is_that_of_pollaczek_and_khinchine(law: str, second_moment: float, rho: float) -> None:
    """M/G/1: E[W] = lambda E[S^2] / (2 (1 - rho)), and Little's law for those who wait and are served."""
    generator = np.random.default_rng(17)
    at_s = np.cumsum(generator.exponential(1 / rho, N))
    link = FifoLink(Constant(8.0))
    slots = [link.admit(t, nbytes) for t, nbytes in zip(at_s, sizes_of(law, generator), strict=True)]
    waits_s = np.array([slot.start_s for slot in slots]) - at_s
    batches = waits_s.reshape(40, -1).mean(1)
    expected_s = rho * second_moment / (2 * (1 - rho))
    assert batches.mean() == pytest.approx(expected_s, abs=4 * batches.std(ddof=1) / math.sqrt(40))
    end_s = slots[-1].end_s
    served_s = sum(slot.end_s - slot.start_s for slot in slots)
    assert served_s / end_s == pytest.approx(rho, rel=0.02)
    probes = np.linspace(at_s[1000], at_s[-1], 2000)
    ends_s = np.array([slot.end_s for slot in slots])
    number = np.searchsorted(at_s, probes, side="right") - np.searchsorted(ends_s, probes, side="right")
    sojourn_s = (ends_s - at_s).mean()
    assert number.mean() == pytest.approx(rho * sojourn_s, rel=0.12)


def test_an_overloaded_queue_grows_as_the_difference_of_rates() -> None:
    """rho = 1.25: those still to go after T are (lambda - mu) T, and the wait of an arrival at t is t (rho - 1)."""
    link = FifoLink(Constant(8.0))
    slots = [link.admit(0.8 * k, 1.0) for k in range(10_000)]
    assert sum(slot.end_s > 0.8 * 10_000 for slot in slots) == pytest.approx(2000, rel=1e-3)
    assert slots[5000].start_s - 0.8 * 5000 == pytest.approx(0.25 * 0.8 * 5000, rel=1e-9)
