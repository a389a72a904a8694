"""How tensors become bytes on a link, and what is left of them when they arrive.

A message is a fixed list of fields, written one after the other, little-endian, without a header of its own
(links add headers). Floats are coded; integers keep their type. Sizes are those of the bytes really written.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import torch


@dataclass(frozen=True)
class Field:
    """One tensor of a message.

    Attributes:
        shape: of one message's tensor.
        dtype: ``float`` (coded) or ``int32``, ``int16``, ``uint8`` (kept).
        bound: no value is larger than this; spares int8 its scale. None if unknown.
        header: costs no bytes of the message: it rides in the header that links add, or the receiver has it.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str = "float"
    bound: float | None = None
    header: bool = False

    @property
    def numel(self) -> int:
        return math.prod(self.shape)


Message = Sequence[Field]
Tensors = dict[str, torch.Tensor]


class Coded(NamedTuple):
    """A float tensor on the wire: one scale a message (or none) and the numbers."""

    scale: torch.Tensor | None
    numbers: torch.Tensor


class Codec(Protocol):
    """How one float tensor is coded, many messages at once: [messages, numel]."""

    dtype: str

    def quantise(self, values: torch.Tensor, bound: float | None) -> Coded:
        """Return what is written for float32 ``values``."""
        ...

    def restore(self, coded: Coded, bound: float | None) -> torch.Tensor:
        """Return the float32 values that the receiver computes with."""
        ...

    def scale_bytes(self, bound: float | None) -> int:
        """Return the bytes of the scale."""
        ...


#: Types that are sent as they are.
_KEPT = {"int32": "<i4", "int16": "<i2", "uint8": "<u1"}


def nbytes(codec: Codec, message: Message) -> int:
    """Return the bytes of one encoded message."""
    return sum(_field_bytes(codec, field) for field in message if not field.header)


def encode(codec: Codec, message: Message, tensors: Mapping[str, torch.Tensor]) -> bytes:
    """Return one message as bytes; ``tensors`` have the shapes of its fields, without a leading axis."""
    return b"".join(_encode_field(codec, field, tensors[field.name]) for field in message if not field.header)


def decode(codec: Codec, message: Message, data: bytes) -> Tensors:
    """Return the tensors of one message, without those of its header.

    Raises:
        ValueError: too few or too many bytes.
    """
    if len(data) != nbytes(codec, message):
        raise ValueError(f"message of {len(data)} bytes, expected {nbytes(codec, message)}")
    tensors, start = {}, 0
    for field in message:
        if field.header:
            continue
        end = start + _field_bytes(codec, field)
        tensors[field.name] = _decode_field(codec, field, data[start:end])
        start = end
    return tensors


def coded(codec: Codec, message: Message, rows: Mapping[str, torch.Tensor]) -> Tensors:
    """Return many messages (leading axis) as on the wire: numbers by field, and scales by ``<field>.scale``."""
    wire: Tensors = {}
    for field in message:
        values = rows[field.name]
        if _is_kept(field):
            wire[field.name] = values
            continue
        scale, numbers = codec.quantise(values.reshape(len(values), field.numel), field.bound)
        wire[field.name] = numbers
        if scale is not None:
            wire[_scale_of(field)] = scale
    return wire


def decoded(codec: Codec, message: Message, wire: Mapping[str, torch.Tensor]) -> Tensors:
    """Return what the receiver makes of :func:`coded` messages."""
    rows: Tensors = {}
    for field in message:
        numbers = wire[field.name]
        if not _is_kept(field):
            values = codec.restore(Coded(wire.get(_scale_of(field)), numbers), field.bound)
            numbers = values.view(len(numbers), *field.shape)
        rows[field.name] = numbers
    return rows


def roundtrip(codec: Codec, message: Message, rows: Mapping[str, torch.Tensor]) -> Tensors:
    """Return what the receiver gets of many messages (leading axis), without writing a byte."""
    return decoded(codec, message, coded(codec, message, rows))


def _is_kept(field: Field) -> bool:
    return field.header or field.dtype in _KEPT


def _scale_of(field: Field) -> str:
    return f"{field.name}.scale"


def _encode_field(codec: Codec, field: Field, tensor: torch.Tensor) -> bytes:
    if field.dtype in _KEPT:
        return tensor.numpy().astype(_KEPT[field.dtype]).tobytes()
    scale, numbers = codec.quantise(tensor.reshape(1, -1), field.bound)
    head = b"" if scale is None else scale.numpy().astype("<f4").tobytes()
    return head + numbers.numpy().astype(codec.dtype).tobytes()


def _decode_field(codec: Codec, field: Field, data: bytes) -> torch.Tensor:
    if field.dtype in _KEPT:
        kept = np.frombuffer(data, _KEPT[field.dtype]).astype(field.dtype)
        return torch.from_numpy(kept).view(field.shape)
    cut = codec.scale_bytes(field.bound)
    scale = torch.from_numpy(np.frombuffer(data[:cut], "<f4").astype(np.float32)).view(1, 1) if cut else None
    numbers = np.frombuffer(data[cut:], codec.dtype).astype(np.dtype(codec.dtype).newbyteorder("="))
    return codec.restore(Coded(scale, torch.from_numpy(numbers).view(1, -1)), field.bound).view(field.shape)


def _field_bytes(codec: Codec, field: Field) -> int:
    if field.dtype in _KEPT:
        return np.dtype(_KEPT[field.dtype]).itemsize * field.numel
    return codec.scale_bytes(field.bound) + np.dtype(codec.dtype).itemsize * field.numel
