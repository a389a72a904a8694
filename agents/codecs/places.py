"""Which numbers of a field are sent: a list of their places, or one bit a number; whichever is smaller."""

from __future__ import annotations

from math import ceil

import numpy as np
import torch


def count_of(share: float, numel: int) -> int:
    """Return how many of ``numel`` numbers a share is: one at least, if there are any."""
    return min(max(ceil(share * numel), 1), numel)


def places_bytes(numel: int, count: torch.Tensor) -> torch.Tensor:
    """Return the bytes that so many places among ``numel`` take: int64, like ``count``. Where all are sent, none."""
    listed = count * _place_type(numel).itemsize
    return torch.where(count == numel, 0, listed.clamp_max(_bitmap_bytes(numel)))


def pack_places(numel: int, places: torch.Tensor) -> bytes:
    """Return rising places, int64 [count], as bytes."""
    if len(places) == numel:
        return b""
    if _is_list(numel, len(places)):
        return places.numpy().astype(_place_type(numel)).tobytes()
    bits = np.zeros(numel, bool)
    bits[places.numpy()] = True
    return np.packbits(bits, bitorder="little").tobytes()


def unpack_places(numel: int, count: int, data: bytes) -> tuple[torch.Tensor, int]:
    """Return ``count`` places that ``data`` begins with, int64 [count], and the bytes that they take.

    Raises:
        ValueError: there are not so many.
    """
    if count == numel:
        return torch.arange(numel), 0
    size = int(places_bytes(numel, torch.tensor(count)))
    if _is_list(numel, count):
        places = np.frombuffer(data[:size], _place_type(numel)).astype(np.int64)
    else:
        bits = np.unpackbits(np.frombuffer(data[:size], np.uint8), bitorder="little")
        places = np.flatnonzero(bits).astype(np.int64)
    if len(places) != count:
        raise ValueError(f"{len(places)} places, expected {count}")
    return torch.from_numpy(places), size


def _is_list(numel: int, count: int) -> bool:
    return count * _place_type(numel).itemsize <= _bitmap_bytes(numel)


def _bitmap_bytes(numel: int) -> int:
    return -(-numel // 8)


def _place_type(numel: int) -> np.dtype[np.unsignedinteger]:
    return np.dtype("<u1" if numel <= 2**8 else "<u2" if numel <= 2**16 else "<u4")
