"""Small whole numbers side by side in bytes."""

from __future__ import annotations

import torch


def packed_bytes(numbers: int, width: int) -> int:
    """Return the bytes of so many numbers of ``width`` bits."""
    return -(-numbers * width // 8)


def packed(numbers: torch.Tensor, width: int) -> torch.Tensor:
    """Return ``numbers`` [rows, n], each from 0 to 2 ** width - 1, as bytes, uint8 [rows, packed_bytes]."""
    rows, size = len(numbers), packed_bytes(numbers.shape[1], width)
    bits = (numbers.long().unsqueeze(2) >> torch.arange(width, device=numbers.device) & 1).flatten(1)
    whole = torch.nn.functional.pad(bits, (0, 8 * size - bits.shape[1])).view(rows, size, 8)
    return (whole << torch.arange(8, device=numbers.device)).sum(2).to(torch.uint8)


def unpacked(data: torch.Tensor, width: int, numbers: int) -> torch.Tensor:
    """Return the first so many numbers of :func:`packed` ``data``, int64 [rows, numbers]."""
    bits = (data.long().unsqueeze(2) >> torch.arange(8, device=data.device) & 1).flatten(1)
    own = bits[:, : numbers * width].reshape(len(data), numbers, width)
    return (own << torch.arange(width, device=data.device)).sum(2)
