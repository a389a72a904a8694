"""The folder of a run: what it replaces is set aside until the new run has begun."""

from __future__ import annotations

import os
import shutil
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from weakref import finalize


class FolderError(Exception):
    """The folder cannot hold a run; the message is one line with a remedy."""


class Lock:
    """Locks a folder; the system releases the lock however the process ends.

    Raises:
        FolderError: another process has locked it.
    """

    def __init__(self, folder: Path) -> None:
        handle = os.open(folder, os.O_RDONLY)
        self.release = finalize(self, os.close, handle)
        try:
            flock(handle, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            self.release()
            raise FolderError(f"{folder}: is being played right now, by another process") from None


def holds_run(path: Path) -> bool:
    """Return whether a run wrote to the folder; nothing else may ever be removed."""
    return (path / "STATUS").is_file() and ((path / "resolved.yaml").is_file() or (path / "sweep.json").is_file())


class OutputFolder:
    """The place at ``path``, free or freed by ``force``.

    Raises:
        FolderError: something is there that may not be replaced, or that another process is playing right now.
    """

    def __init__(self, path: Path, *, force: bool) -> None:
        self._path = path
        self._before: Path | None = None
        if not path.exists() or (path.is_dir() and not any(path.iterdir())):
            return
        if not path.is_dir():
            raise FolderError(f"{path}: is a file, not a folder; choose another --out")
        if not holds_run(path):
            raise FolderError(f"{path}: is not empty and holds no run; choose another --out")
        if not force:
            raise FolderError(f"{path}: already holds a run; choose another --out or add --force to replace it")
        Lock(path).release()
        self._set_aside()

    def _set_aside(self) -> None:
        whole = self._path.resolve()
        beside = whole.with_name(f".{whole.name}.replaced")
        shutil.rmtree(beside, ignore_errors=True)
        whole.rename(beside)
        self._before = beside

    def discard_previous(self) -> None:
        """Delete what was here before."""
        if self._before is not None:
            shutil.rmtree(self._before, ignore_errors=True)
            self._before = None

    def restore_previous(self) -> None:
        """Remove what was written here, and restore what was here before."""
        shutil.rmtree(self._path, ignore_errors=True)
        if self._before is not None:
            self._before.rename(self._path.resolve())
            self._before = None
