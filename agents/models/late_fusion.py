"""A branch of its own for each view of a sample, joined at the head; a view that is missing says nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch
from torch import nn

from agents.models.base import Net
from agents.models.head import Dense, HeadShape, Tanh
from agents.models.options import LateFusionOptions
from agents.streams.base import View


def late_fusion(
    input_shape: tuple[int, ...], classes: int, options: LateFusionOptions, views: Mapping[str, View]
) -> Net:
    """Return a net of ``views``, all columns of a flat input; of data without views the whole input is one."""
    columns = [one.columns.stop - one.columns.start for one in views.values()] or [math.prod(input_shape)]
    width = options.branch[-1]
    head = HeadShape((len(columns) * width, *options.hidden, classes))
    made_of = {"views": columns, "branch": list(options.branch), "head": list(head.dims)}
    return Net(
        "late_fusion",
        input_shape,
        head,
        lambda: Branches(columns, options.branch),
        1.0,
        made_of,
        views=(width,) * len(columns),
    )


class Branches(nn.Module):
    """Flat inputs [rows, columns] -> features [rows, views x width]; zeros for a view that is zeros throughout."""

    def __init__(self, columns: Sequence[int], sizes: Sequence[int]) -> None:
        super().__init__()
        self.columns = list(columns)
        self.branches = nn.ModuleList(
            nn.Sequential(*(layer for i, o in pairwise((first, *sizes)) for layer in (Dense(i, o), Tanh())))
            for first in columns
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = []
        for branch, view in zip(self.branches, x.flatten(1).split(self.columns, 1), strict=True):
            there = (view != 0).any(1, keepdim=True)
            parts.append(branch(view.contiguous()) * there)
        return torch.cat(parts, 1)
