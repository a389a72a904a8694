"""Four-bit integers, rounded at random so that what arrives is right on average.

Gupta, Agrawal, Gopalakrishnan and Narayanan, "Deep learning with limited numerical precision" (ICML 2015); Alistarh et
al., "QSGD" (NeurIPS 2017).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from agents.codecs.base import End, Rows
from agents.codecs.bits import packed, packed_bytes, unpacked
from agents.codecs.dense import largest_of
from agents.codecs.draws import drawn, draws, not_drawn_yet
from agents.codecs.message import Field, Tensors
from agents.codecs.options import Int4Options
from agents.codecs.per_field import Part, PerField
from agents.seeding import Purpose

_BITS, _MOST = 4, 7
#: From steps to whole steps.
Rounding = Callable[[torch.Tensor], torch.Tensor]


class Int4(PerField):
    """Symmetric integers from -7 to 7: steps of bound / 7, or of the largest value / 7 (four bytes more)."""

    def __init__(self, seed: int, options: Int4Options) -> None:
        self._seed, self._random = seed, options.rounding == "stochastic"

    def layout(self, field: Field) -> Sequence[Part]:
        numbers = Part("numbers", packed_bytes(field.numel, _BITS), "<u1")
        return (numbers,) if field.bound is not None else (Part("scale", 1, "<f4"), numbers)

    def begin(self, field: Field, devices: torch.Tensor, end: End) -> Tensors:
        return not_drawn_yet(devices) if self._random and end == "sender" else {}

    def code_after(self, values: torch.Tensor, field: Field, memory: Rows) -> tuple[Tensors, Tensors]:
        if not self._random:
            return self.code(values, field), {}
        uniform = draws(self._seed, Purpose.CODEC_ROUNDING, field, memory, field.numel).to(values.device)
        return self._coded(values, field, lambda steps: (steps.double() + uniform).floor()), drawn(memory)

    def code(self, values: torch.Tensor, field: Field) -> Tensors:
        return self._coded(values, field, torch.round)

    def restore(self, parts: Rows, field: Field) -> torch.Tensor:
        step = parts["scale"] if field.bound is None else field.bound / _MOST
        return (unpacked(parts["numbers"], _BITS, field.numel) - _MOST).float() * step

    def _coded(self, values: torch.Tensor, field: Field, rounded: Rounding) -> Tensors:
        if field.bound is not None:
            return {"numbers": _numbers(rounded(values / (field.bound / _MOST)))}
        scale = largest_of(values) / _MOST
        return {"scale": scale, "numbers": _numbers(rounded(values / scale.masked_fill(scale == 0.0, 1.0)))}


def _numbers(steps: torch.Tensor) -> torch.Tensor:
    return packed(steps.clamp(-_MOST, _MOST).long() + _MOST, _BITS)
