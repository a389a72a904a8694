"""What never changes in a run, on the disk once: one file an array, named by its content, for all checkpoints."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from errno import EIO
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file

from agents.contract import FROZEN, Snapshot
from agents.contract.seal import UNSEALED, is_whole, seal

_ARRAY = "array"


class FrozenArrays:
    """Arrays below names that have the part ``frozen``, beside the checkpoints of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # What this process has written, or read and found whole.
        self._whole: set[str] = set()

    def write(self, snapshot: Snapshot) -> tuple[Snapshot, dict[str, str]]:
        """Let frozen arrays be on the disk; return all others, and the digest of each frozen one by name."""
        digests = {name: _digest(values) for name, values in snapshot.items() if FROZEN in name.split(".")}
        for name, digest in digests.items():
            if digest not in self._whole and not self._is_whole(digest):
                write_whole(self._folder / frozen_name(digest), {_ARRAY: np.ascontiguousarray(snapshot[name])}, {})
            self._whole.add(digest)
        return {name: values for name, values in snapshot.items() if name not in digests}, digests

    def read(self, digests: Mapping[str, str]) -> Snapshot:
        """Return the arrays that a checkpoint refers to, by name.

        Raises:
            ValueError: one is not what its name says.
            OSError, SafetensorError: it cannot be read.
        """
        read = {digest: self._read(digest) for digest in set(digests.values())}
        return {name: read[digest] for name, digest in digests.items()}

    def forget(self, but: set[str]) -> None:
        """Remove all arrays but those with these digests."""
        for path in self._folder.glob(frozen_name("*")):
            digest = path.stem.removeprefix(f"{FROZEN}-")
            if digest not in but:
                path.unlink(missing_ok=True)
                self._whole.discard(digest)

    def _read(self, digest: str) -> np.ndarray:
        path = self._folder / frozen_name(digest)
        if not is_whole(path):
            raise ValueError(f"{path.name} is damaged")
        values: np.ndarray = load_file(path)[_ARRAY]
        if _digest(values) != digest:
            raise ValueError(f"{path.name} holds another array")
        self._whole.add(digest)
        return values

    def _is_whole(self, digest: str) -> bool:
        try:
            self._read(digest)
        except (OSError, SafetensorError, KeyError, ValueError):
            return False
        return True


def frozen_name(digest: str) -> str:
    """Return the name of the file of an array."""
    return f"{FROZEN}-{digest}.safetensors"


def frozen_in(checkpoint: Path) -> list[str]:
    """Return the digests of the arrays that the file of a checkpoint refers to; none if it cannot be read."""
    try:
        with safe_open(checkpoint, framework="np") as file:
            found = json.loads((file.metadata() or {}).get(FROZEN, "{}"))
    except (OSError, SafetensorError, ValueError):
        return []
    # A damaged header may hold anything.
    return sorted({one for one in found.values() if isinstance(one, str)}) if isinstance(found, dict) else []


def write_whole(target: Path, arrays: Snapshot, words: Mapping[str, str]) -> None:
    """Write a file so that it is whole on the disk, or not there.

    Raises:
        OSError: it cannot be written.
    """
    beside = target.with_name(f".{target.name}.new")
    try:
        save_file(arrays, beside, metadata={**words, **UNSEALED})
    except SafetensorError as error:
        raise OSError(EIO, str(error), str(beside)) from error
    seal(beside)
    _sync(beside)
    os.replace(beside, target)
    _sync(target.parent)


def _digest(values: np.ndarray) -> str:
    sha = hashlib.sha256(f"{values.dtype.str} {values.shape} ".encode())
    sha.update(np.ascontiguousarray(values).data if values.size else b"")
    return sha.hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
