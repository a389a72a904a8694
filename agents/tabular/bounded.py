"""A stream that ends in an error once more comes out of it than can be data."""

from __future__ import annotations

import io
from typing import Any


class FileError(ValueError):
    """A file cannot be read to its end, however it is read; the message names it."""


class _Counted(io.RawIOBase):
    def __init__(self, source: Any, most: int, name: str) -> None:
        self._source, self._left, self._most, self._name = source, most, most, name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._source.read(len(buffer))
        self._left -= len(piece)
        if self._left < 0:
            raise FileError(
                f"{self._name}: unpacks to more than {self._most >> 20:,} MiB, far more than a file of its size holds"
            )
        buffer[: len(piece)] = piece
        return len(piece)


class Bounded(io.BufferedReader):
    """The bytes of ``source``, up to ``most`` of them.

    Raises:
        FileError: while reading, if there are more; ``name`` names the file.
    """

    def __init__(self, source: Any, most: int, name: str) -> None:
        super().__init__(_Counted(source, most, name), 1 << 16)


class Recoded(io.RawIOBase):
    """The text of a stream of bytes in one encoding, as the bytes of another one: UTF-8."""

    def __init__(self, source: Any, decoder: Any) -> None:
        self._source, self._decoder, self._ready = source, decoder, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready and (piece := self._source.read(1 << 16)):
            self._ready = self._decoder.decode(piece).encode("utf-8", "surrogatepass")
        if not self._ready:
            self._ready = self._decoder.decode(b"", True).encode("utf-8", "surrogatepass")
        count = min(len(buffer), len(self._ready))
        buffer[:count], self._ready = self._ready[:count], self._ready[count:]
        return count
