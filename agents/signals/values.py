"""How signals are computed from what the evaluation of a sample has at hand.

Classes and features are added up one after the other, so that bits show no batch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, reduce

import torch


@dataclass(frozen=True)
class PastFeatures:
    """Mean and standard deviation of each trunk feature over the cloud's past, float32 [features]."""

    mean: torch.Tensor
    deviation: torch.Tensor

    @classmethod
    def of(cls, features: torch.Tensor) -> PastFeatures:
        """Return the moments of ``features`` [rows, features]; a feature that never varies counts as it is."""
        deviation = features.std(0)
        return cls(features.mean(0), torch.where(deviation > 0, deviation, torch.ones_like(deviation)))

    def on(self, device: torch.device) -> PastFeatures:
        """Return the same moments on ``device``."""
        return PastFeatures(self.mean.to(device), self.deviation.to(device))


@dataclass(frozen=True)
class Predicted:
    """Samples and what became of them.

    Attributes:
        logits: [samples, classes].
        correct: bool [samples].
        loss_nats: [samples].
        features: of the trunk, [samples, features]; computed when called.
        score: the method's own score, [samples]; computed when called.
        past: moments of the features before t = 0; None if they are not watched.
    """

    logits: torch.Tensor
    correct: torch.Tensor
    loss_nats: torch.Tensor
    features: Callable[[], torch.Tensor]
    score: Callable[[], torch.Tensor]
    past: PastFeatures | None = None

    @cached_property
    def log_share(self) -> torch.Tensor:
        """Logarithms of the predicted probabilities, float64 [classes, samples]."""
        by_class = _by_column(self.logits)
        return by_class - _log_sum_exp(by_class)


def error(predicted: Predicted) -> torch.Tensor:
    """Return 1 where the prediction is wrong."""
    return (~predicted.correct).double()


def loss(predicted: Predicted) -> torch.Tensor:
    """Return the loss [nats]."""
    return predicted.loss_nats.double()


def entropy(predicted: Predicted) -> torch.Tensor:
    """Return the entropy of the predicted distribution [nats]."""
    log_share = predicted.log_share
    # A class of no probability adds nothing, though its logarithm is minus infinity.
    return -_sum(torch.where(log_share.isinf(), 0.0, log_share.exp() * log_share))


def margin(predicted: Predicted) -> torch.Tensor:
    """Return how far the likeliest class leads the next one, in probability."""
    first, second = predicted.log_share.exp().topk(2, dim=0).values
    return first - second


def energy_of(predicted: Predicted) -> torch.Tensor:
    """Return the energy of the logits, also where the method has a score of its own."""
    return energy(predicted.logits)


def score(predicted: Predicted) -> torch.Tensor:
    """Return the score of the method."""
    return predicted.score().double()


def embedding_distance(predicted: Predicted) -> torch.Tensor:
    """Return the root mean square of the features, centred and scaled by the past."""
    past = predicted.past
    assert past is not None, "the past is known where the distance to it is watched"
    features = predicted.features()[..., : len(past.mean)]
    scaled = _by_column((features - past.mean) / past.deviation)
    return (_sum(scaled * scaled) / len(past.mean)).sqrt()


def energy(logits: torch.Tensor) -> torch.Tensor:
    """Return minus the logarithm of the summed exponentials of ``logits`` [..., classes] (Liu et al. 2020)."""
    return -_log_sum_exp(_by_column(logits))


def _by_column(rows: torch.Tensor) -> torch.Tensor:
    """Return float64 [columns, ...] of ``rows`` [..., columns]."""
    return rows.movedim(-1, 0).double().contiguous()


def _log_sum_exp(by_class: torch.Tensor) -> torch.Tensor:
    highest = by_class.amax(0)
    return _sum((by_class - highest).exp()).log() + highest


def _sum(columns: torch.Tensor) -> torch.Tensor:
    return reduce(torch.add, columns)
