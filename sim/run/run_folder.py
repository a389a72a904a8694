"""The folder a run is written to: readable at any moment, whole or plainly marked as partial."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from sim.run import checksums
from sim.run.arrow_columns import arrow_table
from sim.run.output_folder import FolderError, Lock, OutputFolder, abandoned, append_line, holds_run
from sim.run.row_groups import RowGroups
from sim.run.tables import Table

RUNNING, COMPLETE, PARTIAL, FAILED = "running", "complete", "partial", "failed"


class RunFolder:
    """A run folder being written. Files appear whole: they are written beside and renamed.

    As long as the object lives, no other process (and no other object) may write there. ``output_folder`` is what the
    folder was made in, if it was made for this run.
    """

    def __init__(self, path: Path, output_folder: OutputFolder | None = None) -> None:
        self.path = path
        self._lock = Lock(path)
        self._output_folder = output_folder
        self._sums: dict[str, list[str]] = {}
        self._row_groups: list[RowGroups] = []

    @classmethod
    def open(cls, path: Path, *, force: bool = False) -> RunFolder:
        """Create the folder. What ``force`` replaces is gone once the new run has begun, and not before.

        Raises:
            FolderError: it cannot be written, or holds something already and ``force`` is not given.
        """
        try:
            output_folder = OutputFolder(path, force=force)
            return cls._made_in(output_folder, path)
        except OSError as error:
            reason = error.strerror or error
            raise FolderError(f"{path}: cannot write a run here ({reason}); choose another --out") from error

    @classmethod
    def _made_in(cls, output_folder: OutputFolder, path: Path) -> RunFolder:
        try:
            path.mkdir(parents=True, exist_ok=True)
            folder = cls(path, output_folder)
            folder.set_status(RUNNING)
        except OSError:
            output_folder.restore_previous()
            raise
        return folder

    @classmethod
    def reopen(cls, path: Path) -> RunFolder:
        """Open the folder of a run that was cut short, to go on with it; its status is left as it is.

        Raises:
            FolderError: there is nothing to go on with, or another process plays it right now.
        """
        if not path.is_dir():
            raise FolderError(f"{path}: there is no such run folder")
        if not holds_run(path):
            raise FolderError(_nothing_begun(path))
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
        try:
            return checksums.written_text(self.path / "STATUS").strip()
        except ValueError:
            return ""

    def release(self) -> None:
        """Release the lock of the folder."""
        for groups in self._row_groups:
            with suppress(OSError):
                groups.discard()
        self._lock.release()

    def discard_previous(self) -> None:
        """Say that the run has begun: what it replaces may go."""
        if self._output_folder is not None:
            self._output_folder.discard_previous()

    def withdraw(self) -> None:
        """Undo: nothing could be run. A folder with an earlier run stays."""
        if self._output_folder is not None:
            self._output_folder.restore_previous()
        elif self.status == RUNNING:
            self.set_status(PARTIAL)

    def set_status(self, status: str) -> None:
        """Write the status of the run; what the run replaces is deleted at its end."""
        self.write_text("STATUS", status + "\n")
        if status != RUNNING:
            self.discard_previous()

    def write_text(self, name: str, text: str) -> None:
        """Write a text file, whole or not at all."""
        target = self.path / name
        beside = target.with_name(f".{target.name}.new")
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, target)

    def write_summed(self, name: str, text: str) -> None:
        """Write a text file that a resumed run will trust, its sum before it: any text of that name may be there."""
        self._sums.setdefault(name, []).append(checksums.digest_of_text(text))
        self.write_text(checksums.FILE, checksums.lines(self._sums))
        self.write_text(name, text)

    def write_sums(self) -> None:
        """Write the sums of all results: the run is over."""
        self.write_text(checksums.FILE, checksums.sums_of_results(self.path))

    def write_json(self, name: str, content: Mapping[str, Any]) -> None:
        self.write_text(name, json.dumps(content, indent=2, allow_nan=False) + "\n")

    def write_table(self, name: str, table: Table) -> None:
        """Write ``name``.parquet."""
        target = self.path / f"{name}.parquet"
        beside = target.with_name(f".{target.name}.new")
        pq.write_table(
            arrow_table(table),
            beside,
            compression="zstd",
            write_page_checksum=True,
            # Times hardly repeat: a dictionary of them would cost twice the time and more space.
            use_dictionary=[column for column, values in table.items() if values.dtype.kind != "f"],
        )
        os.replace(beside, target)

    def row_groups(self, name: str) -> RowGroups:
        """Return what writes ``name``.parquet group by group; what is not whole goes as the folder is released."""
        self._row_groups.append(RowGroups(self.path / f"{name}.parquet"))
        return self._row_groups[-1]

    def log(self, line: str) -> None:
        """Append one line to run.log, with the wall time (which is used nowhere else)."""
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        append_line(self.path / "run.log", f"{stamp} {line}")


def _nothing_begun(path: Path) -> str:
    """Return why a folder cannot be gone on with, and what to do."""
    if not any(path.iterdir()) or abandoned(path):
        return f"{path}: holds no run that has begun; run it again, into the same folder if you like"
    of_sweep = os.path.lexists(path / "sweep.json") or any(map(holds_run, path.iterdir()))
    lost = "sweep.json" if of_sweep else "resolved.yaml"
    lost = lost if (path / "STATUS").is_file() else "STATUS"
    return f"{path / lost}: is missing, or no file: nothing to go on with; run it again, into another folder"


def first_free(parent: Path, name: str) -> Path:
    """Return the first of ``name``-001, ``name``-002 ... that does not exist below ``parent``."""
    number = 1
    while (path := parent / f"{name}-{number:03d}").exists():
        number += 1
    return path


def newest(parent: Path, name: str) -> Path | None:
    """Return the sweep in the last of ``name``-001, ``name``-002 ... below ``parent``, if there is one."""
    numbered = {path: path.name.removeprefix(f"{name}-") for path in parent.glob(f"{name}-*")}
    sweeps = {path: int(number) for path, number in numbered.items() if number.isdecimal() and is_sweep(path)}
    return max(sweeps, key=lambda path: sweeps[path], default=None)


def is_sweep(path: Path) -> bool:
    """Return whether a folder is that of a sweep, or of one whose index was lost, and not that of a run."""
    return path.is_dir() and not (path / "resolved.yaml").exists()
