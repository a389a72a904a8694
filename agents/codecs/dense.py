"""Codecs that send every number: as it is, in half precision, or in eight bits."""

from __future__ import annotations

import torch

from agents.codecs.message import Coded


class Fp32:
    """As they are: four bytes a number."""

    dtype = "<f4"

    def quantise(self, values: torch.Tensor, bound: float | None) -> Coded:
        return Coded(None, values)

    def restore(self, coded: Coded, bound: float | None) -> torch.Tensor:
        return coded.numbers

    def scale_bytes(self, bound: float | None) -> int:
        return 0


class Fp16:
    """IEEE half precision, two bytes a number; what is too large becomes the largest half."""

    dtype = "<f2"
    _largest = 65504.0

    def quantise(self, values: torch.Tensor, bound: float | None) -> Coded:
        return Coded(None, values.clamp(-self._largest, self._largest).half())

    def restore(self, coded: Coded, bound: float | None) -> torch.Tensor:
        return coded.numbers.float()

    def scale_bytes(self, bound: float | None) -> int:
        return 0


class Int8:
    """Symmetric 8-bit integers: steps of bound / 127, or of the largest value / 127 (four bytes more)."""

    dtype = "<i1"

    def quantise(self, values: torch.Tensor, bound: float | None) -> Coded:
        if bound is not None:
            return Coded(None, self._round(values / (bound / 127.0)))
        scale = values.abs().amax(1, keepdim=True) / 127.0
        return Coded(scale, self._round(values / scale.masked_fill(scale == 0.0, 1.0)))

    def restore(self, coded: Coded, bound: float | None) -> torch.Tensor:
        step = coded.scale if coded.scale is not None else (bound or 0.0) / 127.0
        return coded.numbers.float().mul_(step)

    def scale_bytes(self, bound: float | None) -> int:
        return 4 if bound is None else 0

    def _round(self, steps: torch.Tensor) -> torch.Tensor:
        return steps.round_().clamp_(-127, 127).to(torch.int8)
