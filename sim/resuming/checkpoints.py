"""Checkpoints of a run on the disk: whole or not there, the last two kept."""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from agents.contract import Kept

#: The newest may be damaged by whatever ended the run; the one before it stands in.
KEPT = 2


@dataclass(frozen=True)
class Checkpoint:
    """The data plane right after a tick (from 1); ``orders`` is the digest of that tick's orders."""

    tick: int
    orders: bytes
    kept: Kept

    @property
    def file_name(self) -> str:
        """The name of its file."""
        return f"{self.tick:09d}.safetensors"


class Checkpoints:
    """The folder of a run's checkpoints."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, let it be on the disk, and let all but the newest go."""
        words = {"tick": str(checkpoint.tick), "orders": checkpoint.orders.hex(), "sum": _checksum(checkpoint.kept)}
        target = self._folder / checkpoint.file_name
        beside = target.with_name(f".{target.name}.new")
        save_file(checkpoint.kept, beside, metadata=words)
        _sync(beside)
        os.replace(beside, target)
        _sync(self._folder)
        self.forget(KEPT)

    def newest(self, orders: Sequence[bytes]) -> Checkpoint | None:
        """Return the newest checkpoint that is whole and fits the digests of a journal's ticks."""
        for path in reversed(self._paths()):
            found = _read(path)
            if found is not None and 0 < found.tick <= len(orders) and orders[found.tick - 1] == found.orders:
                return found
        return None

    def forget_beyond(self, tick: int) -> None:
        """Remove what a life that is to be played again has left: it would pass for the newest."""
        for path in self._paths():
            if int(path.stem) > tick:
                path.unlink()

    def forget(self, but: int = 0) -> None:
        """Remove all checkpoints but the newest ones, and whatever was left half written."""
        for path in [*self._paths()[: -but or None], *self._folder.glob(".*.safetensors.new")]:
            path.unlink(missing_ok=True)

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("[0-9]*.safetensors"))


def _read(path: Path) -> Checkpoint | None:
    """Read a checkpoint; None if it is damaged."""
    try:
        with safe_open(path, framework="np") as file:
            words = file.metadata() or {}
            kept = {name: file.get_tensor(name) for name in list(file.keys())}
        whole = words["sum"] == _checksum(kept)
        return Checkpoint(int(words["tick"]), bytes.fromhex(words["orders"]), kept) if whole else None
    except (OSError, SafetensorError, KeyError, ValueError):
        return None


def _checksum(kept: Kept) -> str:
    total = 0
    for _, values in sorted(kept.items()):
        total = zlib.crc32(memoryview(values.tobytes()), total)
    return f"{total:08x}"


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
