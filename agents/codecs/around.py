"""Codecs around another one: the bytes are the inner one's."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace

import torch

from agents.codecs.base import Codec, End, Rows
from agents.codecs.message import Message, Tensors, floats


class Around(ABC):
    """Changes what the inner codec is given, and what is made of it; both may need a memory.

    What the receiver of an inner codec remembers, its sender remembers too, under the same names.
    """

    def __init__(self, inner: Codec) -> None:
        self.inner, self.fixed = inner, inner.fixed

    @abstractmethod
    def memory(self, message: Message, devices: torch.Tensor, end: End) -> Tensors:
        """Return what one end remembers before t = 0."""

    @abstractmethod
    def encode(self, message: Message, rows: Rows, memory: Rows) -> tuple[Tensors, Tensors]:
        """Return the wire of ``rows``, and the sender's memory afterwards."""

    @abstractmethod
    def decode(self, message: Message, wire: Rows, memory: Rows) -> tuple[Tensors, Tensors]:
        """Return what the receiver computes with, and its memory afterwards."""

    def inside(self, message: Message) -> Message:
        """Return the message that the inner codec writes."""
        return message

    def inner_memory(self, message: Message, devices: torch.Tensor, end: End) -> Tensors:
        """Return what the inner codec remembers before t = 0, to be kept with the own memory."""
        return _below(self.inner.memory(self.inside(message), devices, end))

    def encode_inside(self, message: Message, rows: Rows, memory: Rows) -> tuple[Tensors, Tensors, Tensors]:
        """Return the wire of ``rows``, what arrives of it, and what the inner codec remembers afterwards."""
        inside, held = self.inside(message), _inner(memory)
        wire, later = self.inner.encode(inside, rows, held)
        return wire, self.inner.decode(inside, wire, held)[0], _below(later)

    def decode_inside(self, message: Message, wire: Rows, memory: Rows) -> tuple[Tensors, Tensors]:
        """Return what arrives, and what the inner codec remembers afterwards."""
        rows, later = self.inner.decode(self.inside(message), wire, _inner(memory))
        return rows, _below(later)

    def nbytes(self, message: Message, wire: Rows) -> torch.Tensor:
        return self.inner.nbytes(self.inside(message), wire)

    def most_bytes(self, message: Message) -> int:
        return self.inner.most_bytes(self.inside(message))

    def write(self, message: Message, wire: Rows, row: int) -> bytes:
        return self.inner.write(self.inside(message), wire, row)

    def read(self, message: Message, data: bytes) -> Tensors:
        return self.inner.read(self.inside(message), data)


class ErrorFeedback(Around):
    """Error feedback: what the inner codec leaves out stays with the sender, and is added to the next message.

    Seide et al., "1-bit stochastic gradient descent" (Interspeech 2014); Karimireddy et al., "Error feedback fixes
    SignSGD" (ICML 2019). Fields must be such as may be added up over time: differences or gradients, not states.
    """

    def memory(self, message: Message, devices: torch.Tensor, end: End) -> Tensors:
        rests = floats(message) if end == "sender" else []
        own = {field.name: torch.zeros(len(devices), *field.shape) for field in rests}
        return own | self.inner_memory(message, devices, end)

    def encode(self, message: Message, rows: Rows, memory: Rows) -> tuple[Tensors, Tensors]:
        due = {name: values + memory[name] if name in memory else values for name, values in rows.items()}
        wire, arrives, later = self.encode_inside(message, due, memory)
        rests = [field.name for field in floats(message) if field.name in memory]
        return wire, {name: due[name] - arrives[name] for name in rests} | later

    def decode(self, message: Message, wire: Rows, memory: Rows) -> tuple[Tensors, Tensors]:
        return self.decode_inside(message, wire, memory)

    def inside(self, message: Message) -> Message:
        # Together with what was left out before, numbers may be larger than they can be alone.
        return [replace(field, bound=None) for field in message]


#: What the inner codec remembers stands below this name.
_INNER = "inner."


def _below(memory: Rows) -> Tensors:
    return {f"{_INNER}{name}": values for name, values in memory.items()}


def _inner(memory: Rows) -> Tensors:
    return {name.removeprefix(_INNER): memory[name] for name in memory if name.startswith(_INNER)}
