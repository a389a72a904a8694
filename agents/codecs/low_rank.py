"""Matrices as products of two thin ones, found by one power step that starts where the last exchange ended.

Vogels, Karimireddy and Jaggi, "PowerSGD" (NeurIPS 2019).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from agents.codecs.around import ErrorFeedback
from agents.codecs.base import Codec, End, Rows
from agents.codecs.message import Field, Tensors
from agents.codecs.options import LowRankOptions
from agents.codecs.per_field import Part, PerField
from agents.kernels import product, sqrt, totals
from agents.seeding import Purpose, rng

#: What is left of a column by those before it is no column of its own if it is smaller than this.
_NOTHING_LEFT = 1e-6


class LowRank(PerField):
    """Fields of two axes and more are matrices: the first axis by all others. What would not gain is sent as it is.

    The sender remembers the right factor of each device.
    """

    def __init__(self, seed: int, rank: int) -> None:
        self._seed, self._rank = seed, rank

    def layout(self, field: Field) -> Sequence[Part]:
        if not self._gains(field):
            return (Part("numbers", field.numel, "<f4"),)
        high, wide = _shape(field)
        return (Part("left", high * self._rank, "<f4"), Part("right", wide * self._rank, "<f4"))

    def begin(self, field: Field, devices: torch.Tensor, end: End) -> Tensors:
        if end == "receiver" or not self._gains(field):
            return {}
        drawn = rng(self._seed, Purpose.CODEC_BASIS).standard_normal((_shape(field)[1], self._rank), np.float32)
        return {"basis": torch.from_numpy(drawn).expand(len(devices), -1, -1).clone()}

    def code_after(self, values: torch.Tensor, field: Field, memory: Rows) -> tuple[Tensors, Tensors]:
        if not self._gains(field):
            return self.code(values, field), {}
        matrix, basis = values.view(-1, *_shape(field)), memory["basis"]
        left = _orthonormal(product(matrix, basis))
        right = product(matrix.transpose(1, 2), left)
        # A column that finds nothing in this message may find something in the next.
        kept = (right == 0.0).all(1, keepdim=True)
        parts = {"left": left.flatten(1), "right": right.flatten(1)}
        return parts, {"basis": torch.where(kept, basis, right)}

    def code(self, values: torch.Tensor, field: Field) -> Tensors:
        return {"numbers": values}

    def restore(self, parts: Rows, field: Field) -> torch.Tensor:
        if "numbers" in parts:
            return parts["numbers"]
        high, wide = _shape(field)
        left, right = parts["left"].view(-1, high, self._rank), parts["right"].view(-1, wide, self._rank)
        return product(left, right.transpose(1, 2)).flatten(1)

    def _gains(self, field: Field) -> bool:
        return len(field.shape) > 1 and self._rank * sum(_shape(field)) < field.numel


def low_rank(seed: int, options: LowRankOptions) -> Codec:
    """Return the codec, with or without feedback."""
    thin = LowRank(seed, options.rank)
    return ErrorFeedback(thin) if options.feeds_back else thin


def _shape(field: Field) -> tuple[int, int]:
    return field.shape[0], math.prod(field.shape[1:])


def _orthonormal(columns: torch.Tensor) -> torch.Tensor:
    """Return orthonormal columns that span ``columns`` [stack, rows, n]; zeros for what those before it span."""
    found: list[torch.Tensor] = []
    for column in columns.unbind(2):
        rest, before = column, _length(column)
        # Twice is enough (Giraud, Langou and Rozloznik, 2005).
        for other in (*found, *found):
            rest = rest - other * totals(other * rest).unsqueeze(1)
        length = _length(rest)
        is_new = length > _NOTHING_LEFT * before
        found.append(torch.where(is_new, rest / torch.where(is_new, length, 1.0), 0.0))
    return torch.stack(found, 2)


def _length(column: torch.Tensor) -> torch.Tensor:
    return sqrt(totals(column * column)).unsqueeze(1)
