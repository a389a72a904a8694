"""GRU4Rec: a recurrent net reads the user's clicks; its last state is the user.

Session-based recommendations with recurrent neural networks (Hidasi et al., ICLR 2016).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from agents.models.base import Net
from agents.models.head import Dense, Gru, Tanh
from agents.models.ranking import WIDTH, RankingTrunk, TowerHead, last_real, ranking_net


def gru4rec(input_shape: tuple[int, ...], classes: int, known: Mapping[str, Any]) -> Net:
    """Return the net; its head has two layers.

    Raises:
        ValueError: a task that has no items.
    """
    return ranking_net("gru4rec", Gru4RecTrunk, TowerHead((WIDTH, WIDTH, WIDTH)), input_shape, known)


class TowerTrunk(RankingTrunk):
    """A candidate is two dense layers on its embedding, the same for every user."""

    def __init__(self, items: int, window: int) -> None:
        super().__init__(items, window)
        self.target = nn.Sequential(Dense(WIDTH, WIDTH), Tanh(), Dense(WIDTH, WIDTH))

    def targets(self, items: torch.Tensor) -> torch.Tensor:
        target: torch.Tensor = self.target(self.embedding(items))
        return target


class Gru4RecTrunk(TowerTrunk):
    """Padding comes behind the clicks, so that no state that is used has read any."""

    def __init__(self, items: int, window: int) -> None:
        super().__init__(items, window)
        self.reader = Gru(WIDTH, WIDTH)

    def users(self, clicks: torch.Tensor) -> torch.Tensor:
        return last_real(self.reader(self.clicked(clicks))[0], clicks)
