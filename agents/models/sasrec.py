"""SASRec: clicks look at each other, in one layer of self-attention; the last one is the user.

Self-attentive sequential recommendation (Kang and McAuley, ICDM 2018) in the small form of the device-cloud
recommenders: post-norm, four heads, not causal (only the last place is read), with a mask for the padding.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from agents.models.base import Net
from agents.models.gru4rec import TowerTrunk
from agents.models.ranking import WIDTH, TowerHead, last_real, ranking_net, real_clicks

#: Rows of the table of positions, and so the longest window.
POSITIONS = 1024
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
        self.position = nn.Embedding(POSITIONS, WIDTH)
        self.mixing = nn.Linear(WIDTH, 3 * WIDTH)
        self.mixed = nn.Linear(WIDTH, WIDTH)
        self.inner, self.outer = nn.Linear(WIDTH, _INNER), nn.Linear(_INNER, WIDTH)
        self.first_norm, self.second_norm = Norm(), Norm()

    def users(self, clicks: torch.Tensor) -> torch.Tensor:
        place = self.position.weight[: clicks.shape[1]]
        x = torch.tanh(self.sequence(self.embedding(clicks) + place))
        x = self.first_norm(x + self.mixed(self._attention(x, real_clicks(clicks))))
        x = self.second_norm(x + self.outer(torch.relu(self.inner(x))))
        return last_real(x, clicks)

    def _attention(self, x: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """Return what each click finds in the real ones: [rows, window, WIDTH]."""
        query, key, value = self.mixing(x).unflatten(2, (3, _HEADS, -1)).permute(2, 0, 3, 1, 4)
        likeness = query @ key.transpose(2, 3) / math.sqrt(query.shape[3])
        weight = torch.softmax(likeness.masked_fill(~real[:, None, None], -torch.inf), 3)
        return (weight @ value).transpose(1, 2).flatten(2)


class Norm(nn.Module):
    """Layer normalisation (Ba et al., 2016); the scale is kept as its distance from 1, so that zeros are a start."""

    def __init__(self) -> None:
        super().__init__()
        self.scale, self.shift = nn.Parameter(torch.zeros(WIDTH)), nn.Parameter(torch.zeros(WIDTH))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.layer_norm(x, (WIDTH,), 1.0 + self.scale, self.shift)
