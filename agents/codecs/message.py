"""A message: a fixed list of fields, written one after the other, little-endian, without a header of its own.

Links add headers. Floats are coded; integers keep their type.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

#: Types of integers that every codec writes as they are.
KEPT = {"int32": "<i4", "int16": "<i2", "uint8": "<u1"}

#: Tensors of many messages by name, leading axis = message.
Tensors = dict[str, torch.Tensor]


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

    @property
    def kept(self) -> bool:
        """Whether the tensor passes every codec unchanged."""
        return self.header or self.dtype in KEPT

    @property
    def kept_bytes(self) -> int:
        """Bytes of a tensor that is kept."""
        return 0 if self.header else np.dtype(KEPT[self.dtype]).itemsize * self.numel


Message = Sequence[Field]


def floats(message: Message) -> list[Field]:
    """Return the fields that are coded."""
    return [field for field in message if not field.kept]


def pack_kept(field: Field, tensor: torch.Tensor) -> bytes:
    """Return the bytes of one kept tensor."""
    return tensor.numpy().astype(KEPT[field.dtype]).tobytes()


def unpack_kept(field: Field, data: bytes) -> torch.Tensor:
    """Return the kept tensor of one message that ``data`` begins with: [1, *shape].

    Raises:
        ValueError: too few bytes.
    """
    if len(data) < field.kept_bytes:
        raise ValueError(f"{field.name} needs {field.kept_bytes} bytes")
    kept = np.frombuffer(data[: field.kept_bytes], KEPT[field.dtype]).astype(field.dtype)
    return torch.from_numpy(kept).view(1, *field.shape)
