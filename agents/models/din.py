"""DIN: a candidate looks at the user's clicks, and what it finds there decides with it.

Deep Interest Network (Zhou et al., KDD 2018) in the small form of the device-cloud recommenders: one head of
attention, with a mask for the padding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from agents.kernels import product, tanh
from agents.models.base import Net
from agents.models.head import Dense, attention
from agents.models.ranking import WIDTH, PairHead, RankingTrunk, ranking_net, real_clicks


def din(input_shape: tuple[int, ...], classes: int, known: Mapping[str, Any]) -> Net:
    """Return the net; its head takes pairs (candidate, what it found) and has three layers.

    Raises:
        ValueError: a task that has no items.
    """
    return ranking_net("din", DinTrunk, PairHead((2 * WIDTH, 128, 64, 1), "tanh", 2 * WIDTH), input_shape, known)


class DinTrunk(RankingTrunk):
    """Of a user: the mean click (for adapters), keys and values of all clicks, which are real; of an item: a query."""

    def __init__(self, items: int, window: int) -> None:
        super().__init__(items, window)
        self.target = Dense(WIDTH, WIDTH)
        self.query, self.key, self.value = (Dense(WIDTH, WIDTH, bias=False) for _ in range(3))

    def users(self, clicks: torch.Tensor) -> torch.Tensor:
        clicked, real = self.clicked(clicks), real_clicks(clicks).float()
        mean = product(real.unsqueeze(1), clicked)[:, 0] / real.sum(1, keepdim=True)
        return torch.cat([mean, self.key(clicked).flatten(1), self.value(clicked).flatten(1), real], 1)

    def targets(self, items: torch.Tensor) -> torch.Tensor:
        target = tanh(self.target(self.embedding(items)))
        return torch.cat([target, self.query(target)], -1)

    def join(self, users: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        slots = self.window
        mean, key, value, real = users.split([WIDTH, slots * WIDTH, slots * WIDTH, slots], 1)
        target, query = targets.split(WIDTH, 2)
        key, value = (side.reshape(-1, slots, WIDTH) for side in (key, value))
        found = attention(query, key, value, real.unsqueeze(1) > 0)
        return torch.cat([mean, torch.cat([target, found], 2).flatten(1)], 1)
