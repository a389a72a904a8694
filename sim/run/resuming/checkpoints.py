"""Checkpoints of a run on the disk: whole or not there, the last two kept."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path

from safetensors import SafetensorError, safe_open

from agents.contract import FROZEN, Snapshot
from agents.contract.seal import is_whole
from sim.run.resuming.frozen import FrozenArrays, frozen_in, frozen_name, write_whole

#: The newest may be damaged by the end of the run; then the one before it is used.
KEPT = 2


@dataclass(frozen=True)
class Checkpoint:
    """The data plane right after a tick (from 1); ``orders`` is the digest of that tick's orders."""

    tick: int
    orders: bytes
    snapshot: Snapshot

    @property
    def file_name(self) -> str:
        """The name of its file."""
        return f"{self.tick:09d}.safetensors"


class Checkpoints:
    """The folder of a run's checkpoints."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._frozen = folder, FrozenArrays(folder)
        #: Names of the files that :meth:`newest` found damaged.
        self.damaged: list[str] = []

    def write(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, sync it to the disk, and remove all but the newest."""
        moving, digests = self._frozen.write(checkpoint.snapshot)
        words = {"tick": str(checkpoint.tick), "orders": checkpoint.orders.hex()}
        write_whole(self._folder / checkpoint.file_name, moving, words | {FROZEN: json.dumps(digests)})
        self.forget(KEPT)

    def newest(self, orders: Sequence[bytes]) -> Checkpoint | None:
        """Return the newest checkpoint that is whole and fits the digests of a journal's ticks."""
        for path in reversed(self._paths()):
            found = _read(path, self._frozen)
            if found is None:
                self.damaged.append(path.name)
            elif 0 < found.tick <= len(orders) and orders[found.tick - 1] == found.orders:
                return found
        return None

    def forget_beyond(self, tick: int) -> None:
        """Remove the checkpoints after the resumed one: they would be taken for the newest."""
        for path in self._paths():
            if int(path.stem) > tick:
                path.unlink()

    def forget(self, but: int = 0) -> None:
        """Remove all checkpoints but the newest ones, and any file that was left half written."""
        for path in [*self._paths()[: -but or None], *self._folder.glob(".*.safetensors.new")]:
            path.unlink(missing_ok=True)
        self._frozen.forget({digest for path in self._paths() for digest in frozen_in(path)})

    def link(self, name: str, folder: Path) -> None:
        """Give another folder the checkpoint in the file ``name``, with all that it refers to."""
        for one in [name, *(frozen_name(digest) for digest in frozen_in(self._folder / name))]:
            try:
                os.link(self._folder / one, folder / one)
            except OSError:
                shutil.copy(self._folder / one, folder / one)

    def _paths(self) -> list[Path]:
        return sorted(
            path for path in self._folder.glob("[0-9]*.safetensors") if path.stem.isdecimal() and path.is_file()
        )


def _read(path: Path, frozen: FrozenArrays) -> Checkpoint | None:
    """Read a checkpoint; None if it, or something that it refers to, is damaged."""
    try:
        if not is_whole(path):
            return None
        with safe_open(path, framework="np") as file:
            words = file.metadata() or {}
            snapshot = {name: file.get_tensor(name) for name in list(file.keys())}
        snapshot |= frozen.read(json.loads(words.get(FROZEN, "{}")))
        found = Checkpoint(int(words["tick"]), bytes.fromhex(words["orders"]), snapshot)
    except (OSError, SafetensorError, KeyError, ValueError):
        return None
    return found if found.file_name == path.name else None


#: The least time between two checkpoints, unless the scenario names one [s].
LEAST_S = 30.0
#: After a checkpoint that took a second nothing is written for this long [s]: 2 % of a run at most.
REST = 50.0


class CheckpointInterval:
    """Decides when a checkpoint is due; ``every`` is a wall time [s], ``auto`` or ``off``."""

    def __init__(self, every: float | str) -> None:
        self._every_s = {"auto": LEAST_S, "off": inf}[every] if isinstance(every, str) else every
        self._automatic = every == "auto"
        self._next_s = time.monotonic() + self._every_s

    def due(self) -> bool:
        """Return whether a checkpoint is due."""
        return time.monotonic() >= self._next_s

    def took(self, wall_s: float) -> None:
        """Note that a checkpoint was taken just now, in ``wall_s``."""
        rest_s = max(self._every_s, REST * wall_s) if self._automatic else self._every_s
        self._next_s = time.monotonic() + rest_s
