"""DIN: a candidate looks at the user's clicks, and what it finds there decides with it.

Deep Interest Network (Zhou et al., KDD 2018) in the small form of the device-cloud recommenders: one head of
attention, with a mask for the padding.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from agents.models.base import Net
from agents.models.head import COLUMNS
from agents.models.ranking import WIDTH, PairHead, RankingTrunk, ranking_net, real_clicks

#: Score of a click that is padding, before the softmax.
_PADDED = -1e8


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
        self.target = nn.Linear(WIDTH, WIDTH)
        self.query, self.key, self.value = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(3))

    @property
    def _slots(self) -> int:
        """Columns of the attention: the window, padded so that no bit depends on the batch."""
        return self.window + -self.window % COLUMNS

    def users(self, clicks: torch.Tensor) -> torch.Tensor:
        clicked, real = self.clicked(clicks), real_clicks(clicks)
        kept = clicked * real.unsqueeze(2)
        mean = kept.sum(1) / real.sum(1, keepdim=True)
        room = (0, 0, 0, self._slots - self.window)
        seen = [functional.pad(side(clicked), room).flatten(1) for side in (self.key, self.value)]
        return torch.cat([mean, *seen, functional.pad(real.float(), (0, self._slots - self.window))], 1)

    def targets(self, items: torch.Tensor) -> torch.Tensor:
        target = torch.tanh(self.target(self.embedding(items)))
        return torch.cat([target, self.query(target)], -1)

    def join(self, users: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        slots = self._slots
        mean, key, value, real = users.split([WIDTH, slots * WIDTH, slots * WIDTH, slots], 1)
        target, query = targets.split(WIDTH, 2)
        likeness = torch.bmm(query, key.view(-1, slots, WIDTH).transpose(1, 2)) / math.sqrt(WIDTH)
        weight = torch.softmax(likeness.masked_fill(real.unsqueeze(1) == 0, _PADDED), 2)
        found = torch.bmm(weight, value.view(-1, slots, WIDTH))
        return torch.cat([mean, torch.cat([target, found], 2).flatten(1)], 1)
