"""The journal of a run: the answers of the data plane to the timing plane at each tick, in an append-only file.

After one line about the run (a SHA-256, and the JSON that it sums up), each tick is one record: length and checksum,
the digest of the orders handed over, and the tallies. A record that is not whole ends the journal.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import struct
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from agents.contract import Snapshot, Tallies
from agents.tabular.packed import open_plain

_FRAME = struct.Struct("<II")
_ORDERS_BYTES = 16
#: Of a record: orders, time, and the length of what follows.
_LEAST_BYTES = _ORDERS_BYTES + 12
_SIGNAL = "signal."


@dataclass(frozen=True)
class Entry:
    """One tick: the digest of its orders, and what the data plane answered."""

    orders: bytes
    tallies: Tallies

    def differs(self, other: Entry) -> str | None:
        """Return what differs between two entries of one tick, in words; None if nothing does."""
        if self.tallies.until_s != other.tallies.until_s:
            return f"it ends at {self.tallies.until_s:g} s, not at {other.tallies.until_s:g} s"
        if self.orders != other.orders:
            return "the timing plane gives other orders"
        if not _same(_arrays(self.tallies), _arrays(other.tallies)):
            return "the data plane gives other tallies"
        return None


class Journal:
    """The file, open for appending. Each entry is packed as its difference to the one before."""

    def __init__(self, file: BinaryIO, before: Snapshot) -> None:
        self._file, self._before = file, before

    @classmethod
    def begin(cls, path: Path, about: dict[str, Any]) -> Journal:
        """Begin a new journal with what is known of the run."""
        beside = path.with_name(f".{path.name}.new")
        beside.write_bytes(_first_line(about))
        os.replace(beside, path)
        return cls(path.open("ab", buffering=0), {})

    @classmethod
    def resume(cls, path: Path, past: Past) -> Journal:
        """Go on after the last whole entry; half an entry behind it is cut off."""
        file = path.open("r+b", buffering=0)
        file.truncate(past.whole_bytes)
        file.seek(past.whole_bytes)
        last = deque(past.entries(), maxlen=1)
        return cls(file, _arrays(last[0].tallies) if last else {})

    def append(self, entry: Entry) -> None:
        """Add one tick; it is written to the system when this returns."""
        arrays = _arrays(entry.tallies)
        body = entry.orders + struct.pack("<d", entry.tallies.until_s) + _packed(arrays, self._before)
        self._file.write(_FRAME.pack(len(body), zlib.crc32(body)) + body)
        self._before = arrays

    def sync(self) -> None:
        """Sync all entries to the disk."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@dataclass(frozen=True)
class Past:
    """A journal that was read.

    Attributes:
        about: what its first line says of the run.
        orders: the digest of each tick's orders.
        whole: whether nothing stands behind the last whole entry.
    """

    about: dict[str, Any]
    orders: list[bytes]
    _content: bytes
    whole: bool = True

    @classmethod
    def read(cls, path: Path, ticks: int | None = None) -> Past | None:
        """Read a journal as far as it is whole, at most ``ticks``; None if there is none, or not even a first line."""
        try:
            with open_plain(path) as file:
                content = file.read()
        except (OSError, ValueError):
            return None
        about = _about(content)
        if about is None:
            return None
        orders, end = [], content.index(b"\n") + 1
        for entry, at in islice(_entries(content, end), ticks):
            orders.append(entry.orders)
            end = at
        return cls(about, orders, content[:end], ticks is not None or end == len(content))

    @property
    def whole_bytes(self) -> int:
        """Where the last whole entry ends."""
        return len(self._content)

    def entries(self) -> Iterator[Entry]:
        """Yield the entries one by one: with signals of many devices they are large."""
        return (entry for entry, _ in _entries(self._content, self._content.index(b"\n") + 1))

    def write(self, path: Path, about: dict[str, Any]) -> None:
        """Write the same entries into another file, below another first line."""
        path.write_bytes(_first_line(about) + self._content[self._content.index(b"\n") + 1 :])


def _first_line(about: dict[str, Any]) -> bytes:
    text = json.dumps(about).encode()
    return hashlib.sha256(text).hexdigest().encode() + b" " + text + b"\n"


def _about(content: bytes) -> dict[str, Any] | None:
    """Return what the first line says; None if it is not whole."""
    line, end, _ = content.partition(b"\n")
    digest, _, text = line.partition(b" ")
    if not end or hashlib.sha256(text).hexdigest().encode() != digest:
        return None
    try:
        about = json.loads(text)
    except ValueError:
        return None
    return about if isinstance(about, dict) else None


def _entries(content: bytes, at: int) -> Iterator[tuple[Entry, int]]:
    """Yield the entries from ``at`` on, and where they end."""
    before = dict[str, np.ndarray]()
    while at + _FRAME.size <= len(content):
        length, checksum = _FRAME.unpack_from(content, at)
        body = content[at + _FRAME.size : at + _FRAME.size + length]
        # A disk that lost a write may hold zeros there, which are their own checksum.
        if len(body) < max(length, _LEAST_BYTES) or zlib.crc32(body) != checksum:
            return
        try:
            entry, before = _entry(body, before)
        except (ValueError, KeyError, TypeError, OverflowError, struct.error, zlib.error):
            return
        at += _FRAME.size + length
        yield entry, at


#: Kinds of numbers as NumPy writes them; it would take other words for whole expressions.
_NUMBERS = re.compile(r"[<>|=][biuf][1248]")


def _entry(body: bytes, before: Snapshot) -> tuple[Entry, Snapshot]:
    """Return the entry of a record, and its arrays; one of several errors if it is none."""
    (until_s,) = struct.unpack_from("<d", body, _ORDERS_BYTES)
    arrays = _unpacked(body[_ORDERS_BYTES + 8 :], before)
    signals = {name.removeprefix(_SIGNAL): values for name, values in arrays.items() if name.startswith(_SIGNAL)}
    return Entry(body[:_ORDERS_BYTES], Tallies(until_s, arrays["cohorts"], signals)), arrays


def _arrays(tallies: Tallies) -> Snapshot:
    return {"cohorts": tallies.cohorts} | {_SIGNAL + name: values for name, values in tallies.signals.items()}


def _packed(arrays: Snapshot, before: Snapshot) -> bytes:
    shapes = [[name, values.dtype.str, values.shape] for name, values in arrays.items()]
    words = json.dumps(shapes).encode()
    # Counts of one tick differ from those of the last in few bits: what is alike packs to almost nothing.
    changed = b"".join(_changed(values, before.get(name)).tobytes() for name, values in arrays.items())
    return struct.pack("<I", len(words)) + words + zlib.compress(changed, 1)


def _unpacked(packed: bytes, before: Snapshot) -> Snapshot:
    (length,) = struct.unpack_from("<I", packed)
    changed, at, arrays = zlib.decompress(packed[4 + length :]), 0, dict[str, np.ndarray]()
    for name, kind, shape in json.loads(packed[4 : 4 + length]):
        if not _NUMBERS.fullmatch(kind):
            raise ValueError(f"{kind} is no kind of number")
        count = int(np.prod(shape))
        values = np.frombuffer(changed, kind, count, at).reshape(shape)
        arrays[name] = _changed(values, before.get(name)).view(kind).reshape(shape)
        at += values.nbytes
    return arrays


def _changed(values: np.ndarray, before: np.ndarray | None) -> np.ndarray:
    """Return the bytes of ``values`` against those of ``before``; applied twice, the bytes themselves."""
    own = np.frombuffer(values.tobytes(), np.uint8)
    if before is None or before.dtype != values.dtype or before.shape != values.shape:
        return own
    return own ^ np.frombuffer(before.tobytes(), np.uint8)


def _same(some: Snapshot, others: Snapshot) -> bool:
    return some.keys() == others.keys() and all(
        values.tobytes() == others[name].tobytes() for name, values in some.items()
    )
