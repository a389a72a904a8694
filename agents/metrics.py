"""What counts as a correct prediction, and what else is counted of each."""

from __future__ import annotations

from functools import reduce
from math import log2
from typing import NamedTuple, Protocol

import torch
from torch.nn import functional

from agents.kernels import applies, log_loss, softplus, totals
from agents.tasks.recommendation.choice_model import HIT_WITHIN

#: Integers that stand for 1, so that sums of fractions are exact.
_MICRO = 1_000_000
#: Where a list's discounted gain and hits are cut off, beside ``HIT_WITHIN``.
_GAIN_WITHIN, _ALSO_WITHIN = (5, 10, 20), (1, 5, 20)
#: Where scores are cut into bins: steps of half a logit, the first and the last bin without end.
_EDGES = torch.arange(-7.5, 8.0, 0.5)
_BINS = len(_EDGES) + 1


class Scores(NamedTuple):
    """What became of predictions.

    Attributes:
        correct: bool [samples].
        loss_nats: float [samples].
        counts: int64 [samples, columns of the measure].
    """

    correct: torch.Tensor
    loss_nats: torch.Tensor
    counts: torch.Tensor


class Metric(Protocol):
    """How predictions are judged. Everything counted is an integer, so that sums are exact in any order.

    Attributes:
        columns: what is counted beside ``correct`` and the loss, by name, with units.
    """

    columns: tuple[str, ...]

    def correct(self, logits: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        """Return which of ``logits`` [..., classes] are right about ``label`` [...]: bool [...]."""
        ...

    def training_loss(self, logits: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        """Return the mean loss, to train on; ``logits`` [..., classes], ``label`` [...]."""
        ...

    def score(self, logits: torch.Tensor, label: torch.Tensor) -> Scores:
        """Return all there is to say of ``logits`` [samples, classes] about ``label`` [samples]."""
        ...


class Top1:
    """Classification: the class with the largest logit, and the cross-entropy."""

    columns: tuple[str, ...] = ()

    def correct(self, logits: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        return _by_class(logits).max(0).indices == label

    def training_loss(self, logits: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        return functional.cross_entropy(logits.flatten(0, -2), label.flatten())

    def score(self, logits: torch.Tensor, label: torch.Tensor) -> Scores:
        if applies(logits):
            correct, loss_nats = log_loss(logits, label)
        else:
            by_class, own = _by_class(logits), logits.gather(-1, label.unsqueeze(-1)).squeeze(-1)
            highest, at = by_class.max(0)
            correct = at == label
            loss_nats = reduce(torch.add, (by_class - highest).exp()).log() + highest - own
        return Scores(correct, loss_nats, label.new_zeros(*label.shape, 0))


def _by_class(logits: torch.Tensor) -> torch.Tensor:
    # Class by class over all samples at once: four times as quick as sample by sample.
    return logits.movedim(-1, 0).contiguous()


class Ranking:
    """Recommendation: a list of candidates, of which the one at ``label`` was clicked; right if in the first ten.

    The loss of a list is the mean binary cross-entropy of its candidates (LogLoss). Of each list are counted the
    hits among its first 1, 5 and 20; NDCG at 5, 10 and 20, the reciprocal rank and the area under the list's own
    ROC curve (UAUC), in millionths. Equal scores rank in the order of the candidates, of which the clicked one is put
    at a random position by the task: ties favour no candidate. In the AUC they count one half.

    Scores of clicked and of other candidates are counted in bins of half a logit, so that the AUC over all rows of a
    run is known to about 0.005.
    """

    columns: tuple[str, ...] = (
        *(f"hit_{k}" for k in _ALSO_WITHIN),
        *(f"ndcg_{k}_micro" for k in _GAIN_WITHIN),
        "reciprocal_rank_micro",
        "uauc_micro",
        *(f"{whose}_bin_{number:02d}" for whose in ("clicked", "other") for number in range(_BINS)),
    )

    def correct(self, logits: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        return rank(logits, label) < HIT_WITHIN

    def score(self, logits: torch.Tensor, label: torch.Tensor) -> Scores:
        return Scores(self.correct(logits, label), self.loss_nats(logits, label), self.counts(logits, label))

    def loss_nats(self, logits: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        """Return the loss of each list [nats], [...]."""
        # Every candidate as if not clicked, and what the clicked one really costs instead.
        clicked = logits.gather(-1, label.unsqueeze(-1)).squeeze(-1)
        return (totals(softplus(logits)) - clicked) / logits.shape[-1]

    def training_loss(self, logits: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        return self.loss_nats(logits, label).mean()

    def counts(self, logits: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        """Return what is counted of each list: int64 [..., len(columns)]."""
        position = rank(logits, label)
        # Looked up, not computed: a logarithm's last bit may depend on where in memory it is taken.
        gains = [1.0 / log2(ahead + 2.0) for ahead in range(logits.shape[-1])]
        gain = torch.tensor(gains, dtype=torch.float64, device=logits.device)[position]
        counted = [(position < k).long() for k in _ALSO_WITHIN]
        counted += [_micro(torch.where(position < k, gain, 0.0)) for k in _GAIN_WITHIN]
        counted += [_micro(1.0 / (position.double() + 1.0)), _micro(list_auc(logits, label))]
        return torch.cat([torch.stack(counted, dim=-1), *_binned(logits, label)], dim=-1)


def rank(logits: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
    """Return how many candidates stand before the one at ``label``: int64 [...], of ``logits`` [..., candidates].

    A score that is no number beats every other and is itself beaten by all: a broken model never wins.
    """
    clicked = logits.gather(-1, label.unsqueeze(-1))
    behind = torch.arange(logits.shape[-1], device=logits.device) > label.unsqueeze(-1)
    beaten = (logits < clicked) | ((logits == clicked) & behind)
    return logits.shape[-1] - 1 - beaten.sum(-1)


def list_auc(logits: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
    """Return the area under the ROC curve of each list with one click: float64 [...]; ties count one half."""
    clicked = logits.gather(-1, label.unsqueeze(-1))
    lower, equal = (logits < clicked).sum(-1), (logits == clicked).sum(-1) - 1
    return (lower.double() + 0.5 * equal.clamp_min(0)) / max(logits.shape[-1] - 1, 1)


def _binned(logits: torch.Tensor, label: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return how many scores of the clicked and of the other candidates fall into each bin: int64 [..., bins] each."""
    position = torch.bucketize(logits, _EDGES.to(logits))
    both = label.new_zeros(*label.shape, _BINS).scatter_add_(-1, position, torch.ones_like(position))
    clicked = functional.one_hot(position.gather(-1, label.unsqueeze(-1))[..., 0], _BINS)
    return clicked, both - clicked


def _micro(share: torch.Tensor) -> torch.Tensor:
    return (share * _MICRO).round().long()
