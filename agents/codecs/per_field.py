"""Codecs that code each float field by itself; most remember nothing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch

from agents.codecs.base import End, Rows
from agents.codecs.message import Field, Message, Tensors, floats, pack_kept, unpack_kept


class Part(NamedTuple):
    """Numbers that are written for a field: so many a message, of a NumPy type."""

    name: str
    numel: int
    dtype: str

    @property
    def nbytes(self) -> int:
        return self.numel * np.dtype(self.dtype).itemsize


class PerField(ABC):
    """Lays messages out field by field. A codec of this kind says what is written for a float field, and how.

    One whose parts are not all written as they are also overrides :meth:`most`, :meth:`sizes`, :meth:`pack` and
    :meth:`unpack`. One that remembers something of a field overrides :meth:`begin` and :meth:`code_after`, and
    :meth:`restore_after` where the receiver needs it.
    """

    fixed = True

    @abstractmethod
    def layout(self, field: Field) -> Sequence[Part]:
        """Return what :meth:`code` makes of a field, in the order in which it is written."""

    @abstractmethod
    def code(self, values: torch.Tensor, field: Field) -> Tensors:
        """Return the parts of float32 ``values`` [messages, numel], by name: each [messages, its numel]."""

    @abstractmethod
    def restore(self, parts: Rows, field: Field) -> torch.Tensor:
        """Return the float32 values [messages, numel] that the receiver computes with."""

    def begin(self, field: Field, devices: torch.Tensor, end: End) -> Tensors:
        """Return what one end remembers of a float field before t = 0, as :meth:`Codec.memory`."""
        return {}

    def code_after(self, values: torch.Tensor, field: Field, memory: Rows) -> tuple[Tensors, Tensors]:
        """Return the parts of ``values``, as :meth:`code`, and what the sender remembers of the field afterwards."""
        return self.code(values, field), {}

    def restore_after(self, parts: Rows, field: Field, memory: Rows) -> tuple[torch.Tensor, Tensors]:
        """Return values, as :meth:`restore`, and what the receiver remembers of the field afterwards."""
        return self.restore(parts, field), {}

    def most(self, field: Field) -> int:
        """Return the bytes of the field in the largest message."""
        return sum(part.nbytes for part in self.layout(field))

    def sizes(self, parts: Rows, field: Field) -> torch.Tensor:
        """Return the bytes of the field in each message: int64 [messages]."""
        messages = len(next(iter(parts.values())))
        return torch.full((messages,), self.most(field), dtype=torch.int64)

    def pack(self, parts: Rows, field: Field) -> bytes:
        """Return the bytes of the field in one message; ``parts`` are [numel] each."""
        return b"".join(parts[name].numpy().astype(dtype).tobytes() for name, _, dtype in self.layout(field))

    def unpack(self, data: bytes, field: Field) -> tuple[Tensors, int]:
        """Return the parts, [numel] each, of a field that ``data`` begins with, and the bytes that it takes."""
        parts, start = {}, 0
        for part in self.layout(field):
            numbers = np.frombuffer(data[start : start + part.nbytes], part.dtype)
            parts[part.name] = torch.from_numpy(numbers.astype(np.dtype(part.dtype).newbyteorder("=")))
            start += part.nbytes
        return parts, start

    def memory(self, message: Message, devices: torch.Tensor, end: End) -> Tensors:
        begun = [(field, self.begin(field, devices, end)) for field in floats(message)]
        return {name: values for field, own in begun for name, values in _remembered(field, own).items()}

    def encode(self, message: Message, rows: Rows, memory: Rows) -> tuple[Tensors, Tensors]:
        wire: Tensors = {}
        later: Tensors = {}
        for field in message:
            values = rows[field.name]
            if field.kept:
                wire[field.name] = values
                continue
            flat = values.reshape(len(values), field.numel)
            parts, after = self.code_after(flat, field, _memory_of(field, memory))
            wire |= {_name(field, name): part for name, part in parts.items()}
            later |= _remembered(field, after)
        return wire, later

    def decode(self, message: Message, wire: Rows, memory: Rows) -> tuple[Tensors, Tensors]:
        rows: Tensors = {}
        later: Tensors = {}
        for field in message:
            if field.kept:
                rows[field.name] = wire[field.name]
                continue
            values, after = self.restore_after(self._parts(wire, field), field, _memory_of(field, memory))
            rows[field.name] = values.reshape(len(values), *field.shape)
            later |= _remembered(field, after)
        return rows, later

    def nbytes(self, message: Message, wire: Rows) -> torch.Tensor:
        sizes = torch.zeros(len(next(iter(wire.values()))), dtype=torch.int64)
        for field in message:
            sizes += field.kept_bytes if field.kept else self.sizes(self._parts(wire, field), field).cpu()
        return sizes

    def most_bytes(self, message: Message) -> int:
        return sum(field.kept_bytes if field.kept else self.most(field) for field in message)

    def write(self, message: Message, wire: Rows, row: int) -> bytes:
        return b"".join(self._written(message, wire, row))

    def _written(self, message: Message, wire: Rows, row: int) -> Iterator[bytes]:
        for field in (one for one in message if not one.header):
            if field.kept:
                yield pack_kept(field, wire[field.name][row])
            else:
                yield self.pack({name: part[row] for name, part in self._parts(wire, field).items()}, field)

    def read(self, message: Message, data: bytes) -> Tensors:
        wire: Tensors = {}
        start = 0
        for field in (one for one in message if not one.header):
            try:
                parts, size = self._read(field, data[start:])
            except (ValueError, IndexError) as error:
                raise ValueError(_wrong_length(self.most_bytes(message), data)) from error
            wire |= parts
            start += size
        if start != len(data):
            raise ValueError(_wrong_length(start, data))
        return wire

    def _read(self, field: Field, data: bytes) -> tuple[Tensors, int]:
        if field.kept:
            return {field.name: unpack_kept(field, data)}, field.kept_bytes
        parts, size = self.unpack(data, field)
        return {_name(field, name): part[None] for name, part in parts.items()}, size

    def _parts(self, wire: Rows, field: Field) -> Tensors:
        return {part.name: wire[_name(field, part.name)] for part in self.layout(field)}


def _name(field: Field, part: str) -> str:
    return f"{field.name}.{part}"


def _remembered(field: Field, memory: Rows) -> Tensors:
    """Return what is remembered of a field under names of the whole message."""
    return {f"{field.name}:{name}": values for name, values in memory.items()}


def _memory_of(field: Field, memory: Rows) -> Tensors:
    """Return what is remembered of a field under its own names."""
    begins = f"{field.name}:"
    return {name.removeprefix(begins): memory[name] for name in memory if name.startswith(begins)}


def _wrong_length(expected: int, data: bytes) -> str:
    return f"message of {len(data)} bytes, expected {expected}"
