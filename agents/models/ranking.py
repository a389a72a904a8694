"""What nets that rank items share: a trunk with two sides, and heads that score each candidate of a list.

Raw input is int64 [rows, window + candidates]: the ids of a user's latest clicks, oldest first, right padded with
0, then those of the candidates. Features are float32 [rows, context + candidates * each]: what is known of the
user, then what is known of each candidate. The number of candidates is not part of a net.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from agents.kernels import dots, product, sigmoid, tanh
from agents.metrics import Ranking
from agents.models.base import Net
from agents.models.head import Dense, Embedding, HeadShape
from agents.tasks.recommendation.decisions import SHOWN

#: Width of embeddings and of everything behind them.
WIDTH = 32


class RankingTrunk(nn.Module):
    """Two sides that never meet before a pair is judged, so that each user and each item is computed once."""

    def __init__(self, items: int, window: int) -> None:
        super().__init__()
        self.window = window
        self.items_known = items
        self.embedding = Embedding(items + 1, WIDTH)
        self.sequence = Dense(WIDTH, WIDTH)

    def users(self, clicks: torch.Tensor) -> torch.Tensor:
        """Return what is known of users after ``clicks`` int64 [rows, window]: float32 [rows, columns]."""
        raise NotImplementedError

    def targets(self, items: torch.Tensor) -> torch.Tensor:
        """Return what is known of ``items`` int64 [...] as candidates: float32 [..., columns]."""
        raise NotImplementedError

    def join(self, users: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return features [rows, F] of ``users`` [rows, columns] and their ``targets`` [rows, candidates, columns]."""
        return torch.cat([users, targets.flatten(1)], 1)

    def forward(self, raw: torch.Tensor) -> torch.Tensor:
        return self.join(self.users(raw[:, : self.window]), self.targets(raw[:, self.window :]))

    def clicked(self, clicks: torch.Tensor) -> torch.Tensor:
        """Return what the clicks themselves say: float32 [rows, window, WIDTH]."""
        return tanh(self.sequence(self.embedding(clicks)))


def real_clicks(clicks: torch.Tensor) -> torch.Tensor:
    """Return which clicks are no padding, bool; of an empty window the first one counts, and stands for nothing."""
    count = (clicks > 0).sum(1, keepdim=True).clamp_min(1)
    return torch.arange(clicks.shape[1], device=clicks.device) < count


def last_real(states: torch.Tensor, clicks: torch.Tensor) -> torch.Tensor:
    """Return of ``states`` [rows, window, n] the one at the last click that is no padding, or the first: [rows, n]."""
    last = ((clicks > 0).sum(1) - 1).clamp_min(0)
    return states.gather(1, last.view(-1, 1, 1).expand(-1, 1, states.shape[2]))[:, 0]


@dataclass(frozen=True)
class ScoringHead(HeadShape):
    """What heads that score candidates share; ``each`` columns of the features describe one candidate."""

    each: int = WIDTH

    @property
    def context(self) -> int:
        return WIDTH

    @property
    def shown(self) -> int:
        return WIDTH + SHOWN * self.each

    def candidates(self, x: torch.Tensor) -> torch.Tensor:
        """Return the columns of ``x`` [devices, samples, F] on candidates: [devices, samples, candidates, each]."""
        return x[..., WIDTH:].unflatten(2, (-1, self.each))


@dataclass(frozen=True)
class TowerHead(ScoringHead):
    """The user's vector goes through the layers; a candidate's score is its product with the candidate's vector."""

    def entrance(self, x: torch.Tensor) -> torch.Tensor:
        return x[..., :WIDTH].contiguous()

    def forward(self, layers: Mapping[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        return self._scores(super().forward(layers, self.entrance(x)), x)

    def error(self, out: torch.Tensor, x: torch.Tensor, label: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
        wrong = _wrong(self._scores(out, x), label) * share
        candidates = self.candidates(x)
        return product(wrong.flatten(0, 1).unsqueeze(1), candidates.flatten(0, 1)).view_as(out)

    def _scores(self, user: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return dots(self.candidates(x), user)


@dataclass(frozen=True)
class PairHead(ScoringHead):
    """Every pair of user and candidate goes through the layers, whose one output is the score."""

    def entrance(self, x: torch.Tensor) -> torch.Tensor:
        return self.candidates(x).flatten(1, 2)

    def forward(self, layers: Mapping[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        return super().forward(layers, self.entrance(x)).view(*x.shape[:2], -1)

    def error(self, out: torch.Tensor, x: torch.Tensor, label: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
        return (_wrong(out.view(*x.shape[:2], -1), label) * share).view_as(out)


def _wrong(scores: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
    """Return the slope of the mean binary cross-entropy by ``scores`` [devices, samples, candidates]."""
    clicked = torch.zeros_like(scores).scatter_(2, label.unsqueeze(2), 1.0)
    return (sigmoid(scores) - clicked) / scores.shape[2]


def ranking_net(
    name: str,
    trunk: Callable[[int, int], RankingTrunk],
    head: ScoringHead,
    shape: tuple[int, ...],
    known: Mapping[str, Any],
) -> Net:
    """Return the architecture; the task knows the ``items`` and the ``window`` of clicks.

    Raises:
        ValueError: the task does not recommend items.
    """
    if not {"items", "window"} <= set(known):
        raise ValueError(f"{name} ranks items; the data have none (use interactions or synthetic_interactions)")
    items, window = int(known["items"]), int(known["window"])
    return Net(name, shape, head, lambda: trunk(items, window), None, {"items": items, "window": window}, Ranking())
