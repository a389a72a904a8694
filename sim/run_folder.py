"""The folder a run is written to: readable at any moment, whole or plainly marked as partial."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sim.folder_lock import FolderError, Lock
from sim.room import Room, holds_run
from sim.tables import Table

RUNNING, COMPLETE, PARTIAL, FAILED = "running", "complete", "partial", "failed"


class RunFolder:
    """A run folder being written. Files appear whole: they are written beside and renamed.

    As long as the object lives, no other process (and no other object) may write there. ``room`` is what the folder
    was made in, if it was made for this run.
    """

    def __init__(self, path: Path, room: Room | None = None) -> None:
        self.path = path
        self._lock = Lock(path)
        self._room = room

    @classmethod
    def open(cls, path: Path, *, force: bool = False) -> RunFolder:
        """Create the folder. What ``force`` replaces is gone once the new run has begun, and not before.

        Raises:
            FolderError: it cannot be written, or holds something already and ``force`` is not given.
        """
        try:
            room = Room(path, force=force)
            return cls._made_in(room, path)
        except OSError as error:
            reason = error.strerror or error
            raise FolderError(f"{path}: cannot write a run here ({reason}); choose another --out") from error

    @classmethod
    def _made_in(cls, room: Room, path: Path) -> RunFolder:
        try:
            path.mkdir(parents=True, exist_ok=True)
            folder = cls(path, room)
            folder.set_status(RUNNING)
        except OSError:
            room.give_back()
            raise
        return folder

    @classmethod
    def reopen(cls, path: Path) -> RunFolder:
        """Open the folder of a run that was cut short, to go on with it; its status is left as it is.

        Raises:
            FolderError: there is nothing to go on with, or somebody plays it right now.
        """
        if not path.is_dir():
            raise FolderError(f"{path}: there is no such run folder")
        if not holds_run(path):
            raise FolderError(f"{path}: holds no run that has begun; play it with 'run'")
        try:
            folder = cls(path)
            for left in path.glob(".*.new"):
                left.unlink()
        except OSError as error:
            raise FolderError(f"{path}: cannot go on here ({error.strerror or error})") from error
        return folder

    @property
    def status(self) -> str:
        """How the run in the folder ended, or that it did not."""
        return (self.path / "STATUS").read_text(encoding="utf-8").strip()

    def release(self) -> None:
        """Let others write to the folder."""
        self._lock.release()

    def settle(self) -> None:
        """Say that the run has begun: what it replaces may go."""
        if self._room is not None:
            self._room.settle()

    def withdraw(self) -> None:
        """Leave things as they were: nothing could be played. A folder with an earlier life stays."""
        if self._room is not None:
            self._room.give_back()
        elif self.status == RUNNING:
            self.set_status(PARTIAL)

    def set_status(self, status: str) -> None:
        """Write how far the run is; whatever it replaces does not outlive its end."""
        self.write_text("STATUS", status + "\n")
        if status != RUNNING:
            self.settle()

    def write_text(self, name: str, text: str) -> None:
        """Write a text file, whole or not at all."""
        target = self.path / name
        beside = target.with_name(f".{target.name}.new")
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, target)

    def write_json(self, name: str, content: Mapping[str, Any]) -> None:
        self.write_text(name, json.dumps(content, indent=2, allow_nan=False) + "\n")

    def write_table(self, name: str, table: Table) -> None:
        """Write ``name``.parquet."""
        target = self.path / f"{name}.parquet"
        beside = target.with_name(f".{target.name}.new")
        pq.write_table(
            pa.table({column: pa.array(values) for column, values in table.items()}),
            beside,
            compression="zstd",
        )
        os.replace(beside, target)

    def log(self, line: str) -> None:
        """Append one line to run.log, with the wall time (which enters nothing else)."""
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        with (self.path / "run.log").open("a", encoding="utf-8") as log:
            log.write(f"{stamp} {line}\n")


def first_free(parent: Path, name: str) -> Path:
    """Return the first of ``name``-001, ``name``-002 ... that does not exist below ``parent``."""
    number = 1
    while (path := parent / f"{name}-{number:03d}").exists():
        number += 1
    return path


def newest(parent: Path, name: str) -> Path | None:
    """Return the last folder that :func:`first_free` gave away, if it is still there."""
    number = int(first_free(parent, name).name.rpartition("-")[2]) - 1
    return parent / f"{name}-{number:03d}" if number else None
