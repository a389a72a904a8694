"""Eight-bit integers in an entropy code: small numbers take few bits, so that sizes depend on the data.

Rice, "Some practical universal noiseless coding techniques" (JPL 1979), the code of lossless audio. It is written here,
because how small a library's result is depends on the version of the library.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from agents.codecs.base import Rows
from agents.codecs.dense import Int8
from agents.codecs.message import Field, Tensors
from agents.codecs.per_field import Part, PerField

#: Bits of a number that are written as they are; the rest goes before them, in unary. With eight nothing is left.
_PLAIN_BITS = 8


class Rice(PerField):
    """What :class:`Int8` makes of the numbers, without loss, in the Rice code that suits each message best."""

    fixed = False

    def __init__(self) -> None:
        self._inner = Int8()

    def layout(self, field: Field) -> Sequence[Part]:
        return self._inner.layout(field)

    def code(self, values: torch.Tensor, field: Field) -> Tensors:
        return self._inner.code(values, field)

    def restore(self, parts: Rows, field: Field) -> torch.Tensor:
        return self._inner.restore(parts, field)

    def most(self, field: Field) -> int:
        return 1 + self._inner.most(field) if field.numel else self._inner.most(field)

    def sizes(self, parts: Rows, field: Field) -> torch.Tensor:
        scale_bytes = self._inner.most(field) - field.numel
        if not field.numel:
            return torch.full((len(parts["numbers"]),), scale_bytes, dtype=torch.int64)
        bits = _bits(parts["numbers"]).amin(0)
        return scale_bytes + 1 + (bits + 7) // 8

    def pack(self, parts: Rows, field: Field) -> bytes:
        scale = parts["scale"].numpy().astype("<f4").tobytes() if "scale" in parts else b""
        if not field.numel:
            return scale
        low = int(_bits(parts["numbers"][None]).argmin(0))
        bits = [bit for number in _unsigned(parts["numbers"]).tolist() for bit in _word(number, low)]
        return scale + bytes([low]) + np.packbits(np.array(bits, np.uint8)).tobytes()

    def unpack(self, data: bytes, field: Field) -> tuple[Tensors, int]:
        scale_bytes = self._inner.most(field) - field.numel
        scale = torch.from_numpy(np.frombuffer(data[:scale_bytes], "<f4").astype(np.float32))
        parts = {"scale": scale} if scale_bytes else {}
        if not field.numel:
            return parts | {"numbers": torch.zeros(0, dtype=torch.int8)}, scale_bytes
        low, bits = data[scale_bytes], np.unpackbits(np.frombuffer(data[scale_bytes + 1 :], np.uint8))
        numbers, read = _numbers(bits.tolist(), low, field.numel)
        return parts | {"numbers": numbers}, scale_bytes + 1 + -(-read // 8)


def _unsigned(numbers: torch.Tensor) -> torch.Tensor:
    """Return 0, 1, 2, 3, 4 ... for 0, -1, 1, -2, 2 ...: int64."""
    wide = numbers.long()
    return torch.where(wide < 0, -2 * wide - 1, 2 * wide)


def _bits(numbers: torch.Tensor) -> torch.Tensor:
    """Return the bits that ``numbers`` [messages, numel] take with 0, 1, ... plain bits: int64 [codes, messages]."""
    folded = _unsigned(numbers)
    unary = [(folded >> low).sum(1) + numbers.shape[1] * (low + 1) for low in range(_PLAIN_BITS)]
    return torch.stack([*unary, torch.full_like(unary[0], numbers.shape[1] * _PLAIN_BITS)])


def _word(number: int, low: int) -> Iterator[int]:
    """Yield the bits of one number of which ``low`` bits are plain."""
    if low < _PLAIN_BITS:
        yield from [1] * (number >> low)
        yield 0
    yield from (number >> place & 1 for place in reversed(range(low)))


def _numbers(bits: Sequence[int], low: int, count: int) -> tuple[torch.Tensor, int]:
    """Return ``count`` numbers that ``bits`` begin with, int8 [count], and how many bits these are.

    Raises:
        IndexError: the bits end too early.
    """
    at, found = 0, []
    for _ in range(count):
        number = 0
        while low < _PLAIN_BITS and bits[at]:
            number, at = number + 1, at + 1
        at += low < _PLAIN_BITS
        for _ in range(low):
            number, at = 2 * number + bits[at], at + 1
        found.append(-(number + 1) // 2 if number % 2 else number // 2)
    return torch.tensor(found, dtype=torch.int8), at
