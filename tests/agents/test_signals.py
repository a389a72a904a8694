"""Signals against their textbook formulas, and one sample at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import special, stats

from agents.signals import SIGNALS
from agents.signals.values import PastFeatures, Predicted, energy

LOGITS = torch.randn(37, 5, generator=torch.Generator().manual_seed(1)) * 4
FEATURES = torch.randn(37, 6, generator=torch.Generator().manual_seed(2))


def predicted(rows: slice = slice(None)) -> Predicted:
    past = PastFeatures.of(FEATURES * torch.arange(1.0, 7.0) + 3.0)
    correct = LOGITS[rows].argmax(1) == 0
    return Predicted(LOGITS[rows], correct, LOGITS[rows, 0], lambda: FEATURES[rows], lambda: energy(LOGITS[rows]), past)


def signal(name: str, rows: slice = slice(None)) -> np.ndarray:
    values: torch.Tensor = SIGNALS[name].load()(predicted(rows))
    return values.numpy()


def test_signals_are_what_their_names_say() -> None:
    shares = special.softmax(LOGITS.double().numpy(), axis=1)
    ordered = np.sort(shares, axis=1)
    assert signal("error") == pytest.approx((LOGITS.argmax(1) != 0).double().numpy())
    assert signal("loss") == pytest.approx(LOGITS[:, 0].numpy())
    assert signal("entropy") == pytest.approx(stats.entropy(shares, axis=1))
    assert signal("margin") == pytest.approx(ordered[:, -1] - ordered[:, -2])
    assert signal("score") == pytest.approx(-special.logsumexp(LOGITS.double().numpy(), axis=1))
    assert signal("energy") == pytest.approx(signal("score"))
    past = (FEATURES * torch.arange(1.0, 7.0) + 3.0).numpy()
    scaled = (FEATURES.numpy() - past.mean(0)) / past.std(0, ddof=1)
    assert signal("embedding_distance") == pytest.approx(np.sqrt((scaled**2).mean(1)), rel=1e-5)


@pytest.mark.parametrize("name", SIGNALS)
def test_no_bit_of_a_signal_tells_the_batch(name: str) -> None:
    alone = np.concatenate([signal(name, slice(row, row + 1)) for row in range(len(LOGITS))])
    assert np.array_equal(alone, signal(name))


def test_a_class_without_any_probability_has_no_part_in_the_entropy() -> None:
    sure = Predicted(torch.tensor([[0.0, -torch.inf]]), torch.ones(1, dtype=torch.bool), torch.zeros(1), *([None] * 2))
    assert SIGNALS["entropy"].load()(sure).tolist() == [0.0]
