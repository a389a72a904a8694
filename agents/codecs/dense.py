"""Every number is written, all in the same few bytes."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from agents.codecs.base import Rows
from agents.codecs.message import Field, Tensors
from agents.codecs.per_field import Part, PerField


class Fp32(PerField):
    """As they are: four bytes a number."""

    def layout(self, field: Field) -> Sequence[Part]:
        return (Part("numbers", field.numel, "<f4"),)

    def code(self, values: torch.Tensor, field: Field) -> Tensors:
        return {"numbers": values}

    def restore(self, parts: Rows, field: Field) -> torch.Tensor:
        return parts["numbers"]


class Fp16(PerField):
    """IEEE half precision, two bytes a number; what is too large becomes the largest half."""

    _largest = 65504.0

    def layout(self, field: Field) -> Sequence[Part]:
        return (Part("numbers", field.numel, "<f2"),)

    def code(self, values: torch.Tensor, field: Field) -> Tensors:
        return {"numbers": values.clamp(-self._largest, self._largest).half()}

    def restore(self, parts: Rows, field: Field) -> torch.Tensor:
        return parts["numbers"].float()


class Bf16(PerField):
    """The upper half of each number, rounded to the nearest: two bytes, as far apart as float32 reaches.

    What is too large becomes the largest number.
    """

    _largest = float(torch.finfo(torch.bfloat16).max)

    def layout(self, field: Field) -> Sequence[Part]:
        return (Part("numbers", field.numel, "<i2"),)

    def code(self, values: torch.Tensor, field: Field) -> Tensors:
        return {"numbers": values.clamp(-self._largest, self._largest).bfloat16().view(torch.int16)}

    def restore(self, parts: Rows, field: Field) -> torch.Tensor:
        return parts["numbers"].contiguous().view(torch.bfloat16).float()


class Int8(PerField):
    """Symmetric 8-bit integers: steps of bound / 127, or of the largest value / 127 (four bytes more)."""

    def layout(self, field: Field) -> Sequence[Part]:
        numbers = Part("numbers", field.numel, "<i1")
        return (numbers,) if field.bound is not None else (Part("scale", 1, "<f4"), numbers)

    def code(self, values: torch.Tensor, field: Field) -> Tensors:
        if field.bound is not None:
            return {"numbers": _rounded(values / (field.bound / 127.0))}
        scale = largest_of(values) / 127.0
        return {"scale": scale, "numbers": _rounded(values / scale.masked_fill(scale == 0.0, 1.0))}

    def restore(self, parts: Rows, field: Field) -> torch.Tensor:
        step = parts["scale"] if field.bound is None else field.bound / 127.0
        return parts["numbers"].float().mul_(step)


def largest_of(values: torch.Tensor) -> torch.Tensor:
    """Return the largest absolute value of each row: [rows, 1]; 0 of no values."""
    return values.abs().amax(1, keepdim=True) if values.shape[1] else values.new_zeros(len(values), 1)


def _rounded(steps: torch.Tensor) -> torch.Tensor:
    return steps.round_().clamp_(-127, 127).to(torch.int8)
