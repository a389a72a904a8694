"""What a codec is: how messages become bytes, what is left of them on arrival, and what both ends remember."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

import torch

from agents.codecs.message import Message, Tensors

#: The end of a link that writes messages of a kind, or the one that reads them.
End = Literal["sender", "receiver"]
#: What is read of tensors by name.
Rows = Mapping[str, torch.Tensor]
#: A memory of this name and a field's is what the receiver has of the field. Where the method says what both ends know
#: of it before t = 0, it begins as that.
HELD = "held."


class Codec(Protocol):
    """How many messages at once (leading axis) are coded. Bits of a row depend on no other row.

    Tensors of one call lie on one device. A *wire* is what is sent, as stacked tensors of shapes that depend on the
    message alone; :meth:`write` makes real bytes of one of its rows. A *memory* has a row for each message of a call,
    that of its device; it is never written to. What an exchange makes of a memory counts for the next one if the
    exchange ends with an install, on both ends at once; else both ends keep what they had.

    Attributes:
        fixed: whether all messages of a kind have the same size; else it depends on what they say.
    """

    @property
    def fixed(self) -> bool: ...

    def memory(self, message: Message, devices: torch.Tensor, end: End) -> Tensors:
        """Return what one end remembers before t = 0 of each of ``devices`` (numbers in the fleet, int64 [rows])."""
        ...

    def encode(self, message: Message, rows: Rows, memory: Rows) -> tuple[Tensors, Tensors]:
        """Return the wire of ``rows``, the tensors of the message's fields, and the sender's memory afterwards."""
        ...

    def decode(self, message: Message, wire: Rows, memory: Rows) -> tuple[Tensors, Tensors]:
        """Return the tensors that the receiver computes with, and its memory afterwards."""
        ...

    def nbytes(self, message: Message, wire: Rows) -> torch.Tensor:
        """Return the bytes of each message as :meth:`write` writes them: int64 [messages]."""
        ...

    def most_bytes(self, message: Message) -> int:
        """Return the bytes of the largest message there may be; of each, if sizes are ``fixed``."""
        ...

    def write(self, message: Message, wire: Rows, row: int) -> bytes:
        """Return one message as bytes."""
        ...

    def read(self, message: Message, data: bytes) -> Tensors:
        """Return the wire of one message, [1, ...], without the fields of its header.

        Raises:
            ValueError: too few or too many bytes.
        """
        ...


def begun(codec: Codec, message: Message, devices: torch.Tensor, end: End, known: Rows) -> Tensors:
    """Return memories before t = 0; ``known`` is what both ends have of some fields then, [1, ...] by name."""
    memory = codec.memory(message, devices, end)
    held = {f"{HELD}{name}": values for name, values in known.items()}
    for name in [name for name in memory if name in held]:
        memory[name] = held[name].to(memory[name]).expand(memory[name].shape).clone()
    return memory


def fresh(codec: Codec, message: Message, end: End, messages: int) -> Tensors:
    """Return the memories of so many devices before t = 0, numbered from 0."""
    return codec.memory(message, torch.arange(messages), end)


def roundtrip(codec: Codec, message: Message, rows: Rows) -> Tensors:
    """Return what the receiver gets of each device's first message, without writing a byte."""
    messages = len(next(iter(rows.values()))) if rows else 0
    wire, _ = codec.encode(message, rows, fresh(codec, message, "sender", messages))
    return codec.decode(message, wire, fresh(codec, message, "receiver", messages))[0]


def nbytes_of(codec: Codec, message: Message, wire: Rows, messages: int) -> torch.Tensor:
    """Return the bytes of so many messages, int64; a message of no fields has none."""
    return codec.nbytes(message, wire) if wire else torch.zeros(messages, dtype=torch.int64)
