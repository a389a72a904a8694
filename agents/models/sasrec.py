"""SASRec: clicks look at each other, in one layer of self-attention; the last one is the user.

Self-attentive sequential recommendation (Kang and McAuley, ICDM 2018) in the small form of the device-cloud
recommenders: post-norm, four heads, not causal (only the last place is read), with a mask for the padding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from agents.kernels import tanh
from agents.models import MODELS
from agents.models.base import Net
from agents.models.gru4rec import TowerTrunk
from agents.models.head import Dense, Embedding, Norm, attention
from agents.models.ranking import WIDTH, TowerHead, last_real, ranking_net, real_clicks

#: Rows of the table of positions, and so the longest window.
POSITIONS: int = MODELS["sasrec"].traits["longest"]
_HEADS, _INNER = 4, 4 * WIDTH


def sasrec(input_shape: tuple[int, ...], classes: int, known: Mapping[str, Any]) -> Net:
    """Return the net; its head has two layers.

    Raises:
        ValueError: a task that has no items, or a window without positions.
    """
    net = ranking_net("sasrec", SasRecTrunk, TowerHead((WIDTH, WIDTH, WIDTH)), input_shape, known)
    if net.options["window"] > POSITIONS:
        raise ValueError(f"sasrec: a window of {net.options['window']} clicks is above {POSITIONS}")
    return net


class SasRecTrunk(TowerTrunk):
    """Embeddings and positions, then one layer of self-attention."""

    def __init__(self, items: int, window: int) -> None:
        super().__init__(items, window)
        self.position = Embedding(POSITIONS, WIDTH)
        self.mixing = Dense(WIDTH, 3 * WIDTH)
        self.mixed = Dense(WIDTH, WIDTH)
        self.inner, self.outer = Dense(WIDTH, _INNER), Dense(_INNER, WIDTH)
        self.first_norm, self.second_norm = Norm(WIDTH), Norm(WIDTH)

    def users(self, clicks: torch.Tensor) -> torch.Tensor:
        position_code = self.position.weight[: clicks.shape[1]]
        x = tanh(self.sequence(self.embedding(clicks) + position_code))
        x = self.first_norm(x + self.mixed(self._attention(x, real_clicks(clicks))))
        x = self.second_norm(x + self.outer(torch.relu(self.inner(x))))
        return last_real(x, clicks)

    def _attention(self, x: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """Return what each click finds in the real ones: [rows, window, WIDTH]."""
        query, key, value = self.mixing(x).unflatten(2, (3, _HEADS, -1)).permute(2, 0, 3, 1, 4).flatten(1, 2)
        found = attention(query, key, value, real.repeat_interleave(_HEADS, 0).unsqueeze(1))
        return found.unflatten(0, (-1, _HEADS)).transpose(1, 2).flatten(2)
