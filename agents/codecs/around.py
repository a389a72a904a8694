"""A codec around another one: the bytes are the inner one's, which remembers nothing."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch

from agents.codecs.base import Codec, End, Rows
from agents.codecs.message import Message, Tensors


class Around(ABC):
    """Changes what the inner codec is given, and what is made of it; both may need a memory."""

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

    def nbytes(self, message: Message, wire: Rows) -> torch.Tensor:
        return self.inner.nbytes(self.inside(message), wire)

    def most_bytes(self, message: Message) -> int:
        return self.inner.most_bytes(self.inside(message))

    def write(self, message: Message, wire: Rows, row: int) -> bytes:
        return self.inner.write(self.inside(message), wire, row)

    def read(self, message: Message, data: bytes) -> Tensors:
        return self.inner.read(self.inside(message), data)
