"""A part of a message that is written only where the message says so."""

from __future__ import annotations

import torch

from agents.codecs.around import Around
from agents.codecs.base import Codec, End, Rows
from agents.codecs.message import Message, Tensors


class Sometimes(Around):
    """Leaves one field out of messages whose flag, a ``uint8`` that is their first field, is zero.

    The inner codec must remember nothing: what is not sent cannot be remembered.
    """

    def __init__(self, inner: Codec, flag: str, field: str) -> None:
        super().__init__(inner)
        self.fixed = False
        self._flag, self._field = flag, field

    def memory(self, message: Message, devices: torch.Tensor, end: End) -> Tensors:
        return {}

    def encode(self, message: Message, rows: Rows, memory: Rows) -> tuple[Tensors, Tensors]:
        return self.inner.encode(message, rows, memory)

    def decode(self, message: Message, wire: Rows, memory: Rows) -> tuple[Tensors, Tensors]:
        rows, later = self.inner.decode(message, wire, memory)
        there = rows[self._flag].bool().view(-1, *(1 for _ in rows[self._field].shape[1:]))
        return {**rows, self._field: rows[self._field] * there}, later

    def nbytes(self, message: Message, wire: Rows) -> torch.Tensor:
        field = [one for one in message if one.name == self._field]
        there = wire[self._flag].bool().cpu()
        return self.inner.nbytes(self._without(message), wire) + there * self.inner.nbytes(field, wire)

    def write(self, message: Message, wire: Rows, row: int) -> bytes:
        return self.inner.write(message if int(wire[self._flag][row]) else self._without(message), wire, row)

    def read(self, message: Message, data: bytes) -> Tensors:
        if data[:1] != b"\0":
            return self.inner.read(message, data)
        absent = next(one for one in message if one.name == self._field)
        nothing, _ = self.inner.encode([absent], {absent.name: torch.zeros(1, *absent.shape)}, {})
        return self.inner.read(self._without(message), data) | nothing

    def _without(self, message: Message) -> Message:
        return [one for one in message if one.name != self._field]
