"""A camera and a microphone: a stream of two views, and a net that looks at each alone and joins what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from agents.models.base import Net
from agents.models.head import Dense, HeadShape
from agents.streams.base import View, split_views
from agents.tasks.custom.stream import ChunkRequest, CustomStream

WIDTH = 16


class TwoViews(CustomStream):
    """The camera shows the class well, the microphone less well; in the past either was missing now and then."""

    classes = 2
    inputs: Mapping[str, tuple[int, ...]] = {"camera": (2, 2), "microphone": (3,)}

    def history(self, rng: np.random.Generator) -> Sequence[Any]:
        y = rng.integers(0, 2, 1500)
        x = _drawn(y, rng)
        lacking = rng.integers(0, 3, 1500)
        x["camera"][lacking == 1] = 0.0
        x["microphone"][lacking == 2] = 0.0
        return x, y

    def chunk(self, block: ChunkRequest, k: int, rng: np.random.Generator) -> Sequence[Any]:
        y = rng.integers(0, 2, block.shape)
        return _drawn(y, rng), y


def _drawn(y: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    sign = 2.0 * y - 1.0
    camera = rng.normal(1.5 * sign[..., None, None], size=(*y.shape, 2, 2))
    return {"camera": camera, "microphone": rng.normal(0.8 * sign[..., None], size=(*y.shape, 3))}


def late_fusion(shape: tuple[int, ...], classes: int, options: Mapping[str, Any]) -> Net:
    """Return a branch for each view; what one that is missing says counts for nothing."""
    views = options["views"]
    head = HeadShape((WIDTH * len(views), classes))
    named = {name: [view.columns.start, view.columns.stop] for name, view in views.items()}
    return Net("late_fusion", shape, head, lambda: LateFusion(views), 1.0, {"views": named})


class LateFusion(nn.Module):
    def __init__(self, views: Mapping[str, View]) -> None:
        super().__init__()
        self.views = views
        self.branches = nn.ModuleDict(
            {name: Dense(view.columns.stop - view.columns.start, WIDTH) for name, view in views.items()}
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = []
        for name, view in split_views(x, self.views).items():
            flat = view.flatten(1)
            there = (flat != 0).any(1, keepdim=True)
            parts.append(torch.tanh(self.branches[name](flat)) * there)
        return torch.cat(parts, 1)
