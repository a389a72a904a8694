"""A codebook of a few values, and the number of one of them for each number, or for each block of numbers.

Lloyd, "Least squares quantization in PCM" (IEEE Transactions on Information Theory 28, 1982); Gersho and Gray, "Vector
quantization and signal compression" (1992).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from agents.codecs.base import Rows
from agents.codecs.bits import packed, packed_bytes, unpacked
from agents.codecs.message import Field, Tensors
from agents.codecs.options import CodebookOptions
from agents.codecs.per_field import Part, PerField

#: Rounds of Lloyd's algorithm.
_ROUNDS = 20


class Codebook(PerField):
    """Each message brings its own codebook: the centres, or the lowest and the highest of evenly spaced values."""

    def __init__(self, options: CodebookOptions) -> None:
        self._codes, self._block, self._even = options.codes, options.block, options.centres == "uniform"

    def layout(self, field: Field) -> Sequence[Part]:
        blocks, codes = self._blocks(field), self._codes_of(field)
        book = Part("ends", 2, "<f4") if self._even else Part("centres", codes * self._block, "<f4")
        return (book, Part("codes", packed_bytes(blocks, _width(codes)), "<u1"))

    def code(self, values: torch.Tensor, field: Field) -> Tensors:
        size, codes = self._blocks(field) * self._block, self._codes_of(field)
        whole = np.zeros((len(values), size), np.float32)
        whole[:, : field.numel] = values.cpu().numpy()
        books = [self._book(row.reshape(-1, self._block), codes) for row in whole]
        pairs = zip(whole, books, strict=True)
        nearest = [_nearest(row.reshape(-1, self._block), self._centres(book, codes)) for row, book in pairs]
        numbers = np.array(nearest, np.int64).reshape(len(values), -1)
        shape = len(values), 2 if self._even else codes * self._block
        written = {"ends" if self._even else "centres": np.array(books, np.float32).reshape(shape)}
        wire = {name: torch.from_numpy(part) for name, part in written.items()}
        return {name: part.to(values.device) for name, part in wire.items()} | {
            "codes": packed(torch.from_numpy(numbers), _width(codes)).to(values.device)
        }

    def restore(self, parts: Rows, field: Field) -> torch.Tensor:
        codes = self._codes_of(field)
        numbers = unpacked(parts["codes"], _width(codes), self._blocks(field))
        books = parts["ends" if self._even else "centres"]
        rows = [self._centres(book, codes) for book in books.cpu().numpy()]
        centres = torch.from_numpy(np.array(rows, np.float32).reshape(len(books), codes, self._block))
        found = centres.to(numbers.device).gather(1, numbers.unsqueeze(2).expand(-1, -1, self._block))
        return found.flatten(1)[:, : field.numel]

    def _blocks(self, field: Field) -> int:
        return -(-field.numel // self._block)

    def _codes_of(self, field: Field) -> int:
        return min(self._codes, self._blocks(field))

    def _book(self, blocks: np.ndarray, codes: int) -> np.ndarray:
        """Return what is written of the codebook of one message."""
        if not codes:
            return np.zeros(2 if self._even else 0)
        return np.array([blocks.min(), blocks.max()]) if self._even else cluster_centres(blocks, codes)[-1]

    def _centres(self, book: np.ndarray, codes: int) -> np.ndarray:
        """Return the values that codes stand for, float32 [codes, block]."""
        if not self._even:
            return np.asarray(book, np.float32).reshape(codes, self._block)
        low, high = np.asarray(book, np.float64)
        return np.asarray(low + (high - low) * np.arange(codes) / max(codes - 1, 1), np.float32)[:, None]


def cluster_centres(blocks: np.ndarray, codes: int) -> list[np.ndarray]:
    """Return the centres [codes, block] of so many clusters of ``blocks`` [blocks, block], round by round.

    The first are as far apart as can be (Gonzalez 1985), so that few different values all are centres.
    """
    found, blocks = blocks[:1].astype(np.float64), blocks.astype(np.float64)
    gaps = _squares(blocks, found)[:, 0]
    while len(found) < codes:
        found = np.vstack([found, blocks[gaps.argmax()]])
        gaps = np.minimum(gaps, _squares(blocks, found[-1:])[:, 0])
    rounds = [found]
    for _ in range(_ROUNDS):
        nearest = _nearest(blocks, rounds[-1])
        count = np.bincount(nearest, minlength=codes)[:, None]
        sums = np.stack([np.bincount(nearest, column, codes) for column in blocks.T], axis=1)
        rounds.append(np.where(count > 0, sums / np.maximum(count, 1), rounds[-1]))
    return rounds


def _nearest(blocks: np.ndarray, centres: np.ndarray) -> np.ndarray:
    if not len(blocks):
        return np.zeros(0, np.int64)
    return np.asarray(_squares(blocks.astype(np.float64), centres.astype(np.float64)).argmin(1))


def _squares(blocks: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return squared distances [blocks, centres], added up one coordinate after the other."""
    gaps = np.zeros((len(blocks), len(centres)))
    for column, own in zip(blocks.T, centres.T, strict=True):
        gaps += (column[:, None] - own) ** 2
    return gaps


def _width(codes: int) -> int:
    return max((codes - 1).bit_length(), 1)
