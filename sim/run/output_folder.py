"""The folder of a run: what it replaces is set aside until the new run has begun."""

from __future__ import annotations

import os
import shutil
from fcntl import LOCK_EX, LOCK_NB, flock
from fnmatch import fnmatch
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


_TABLES = ("windows", "exchanges", "devices", "links", "cloud", "concepts", "ages", "rates")
#: What a run, a sweep, and the reports about them write, as patterns of names.
WRITTEN = (
    *("STATUS", "SHA256SUMS", "run.log", "resolved.yaml", "act-*.yaml", "fork.json", "sweep.json"),
    *("manifest.json", "summary.json", "bill.csv", "report.html", ".*.new", ".report.html.*"),
    *("checkpoints", "plots", "explain"),
    *(f"{table}.{kind}" for table in _TABLES for kind in ("parquet", "csv")),
)
#: What of it stands there before the run has begun.
_BEFORE = ("STATUS", "SHA256SUMS", "act-*.yaml", "fork.json", ".*.new", "checkpoints")


def holds_run(path: Path) -> bool:
    """Return whether a run wrote to the folder; nothing else may ever be removed."""
    return (path / "STATUS").is_file() and ((path / "resolved.yaml").is_file() or (path / "sweep.json").is_file())


def abandoned(path: Path) -> bool:
    """Return whether a run was killed in the folder before it had begun: nothing there is worth keeping."""
    names = {entry.name for entry in path.iterdir()}
    return bool(names & {"STATUS", ".STATUS.new"}) and all(any(fnmatch(name, one) for one in _BEFORE) for name in names)


def others_in(path: Path) -> list[str]:
    """Return the names of what no run wrote in the folder of a run or sweep, as paths below it."""
    found = list[str]()
    for entry in sorted(path.iterdir()):
        if entry.is_dir() and not entry.is_symlink() and (holds_run(entry) or abandoned(entry)):
            found += [f"{entry.name}/{other}" for other in others_in(entry)]
        elif entry.is_symlink() or not any(fnmatch(entry.name, pattern) for pattern in WRITTEN):
            found.append(entry.name)
    return found


def append_line(path: Path, line: str) -> None:
    """Append a line to a text file; OSError, and no waiting, where a pipe without a reader has taken its place."""
    with open(path, "a", encoding="utf-8", opener=lambda name, how: os.open(name, how | os.O_NONBLOCK, 0o666)) as text:
        text.write(f"{line}\n")


class OutputFolder:
    """The place at ``path``, free or freed by ``force``.

    Raises:
        FolderError: something is there that may not be replaced, or that another process is playing right now.
    """

    def __init__(self, path: Path, *, force: bool) -> None:
        self._path = path
        self._before: Path | None = None
        self._others: list[str] = []
        if not path.exists() or (path.is_dir() and not any(path.iterdir())):
            return
        if not path.is_dir():
            raise FolderError(f"{path}: is a file, not a folder; choose another --out")
        if abandoned(path):
            Lock(path).release()
            self._set_aside()
            return
        if not holds_run(path):
            raise FolderError(f"{path}: is not empty and holds no run; choose another --out")
        if not force:
            raise FolderError(f"{path}: already holds a run; choose another --out or add --force to replace it")
        self._others = others_in(path)
        if inside := [other for other in self._others if "/" in other]:
            raise FolderError(f"{path}: holds '{inside[0]}', which no run wrote; move it away, or choose another --out")
        Lock(path).release()
        self._set_aside()

    def _set_aside(self) -> None:
        whole = self._path.resolve()
        beside = whole.with_name(f".{whole.name}.replaced")
        if beside.exists():
            beside = whole.with_name(f".{whole.name}.replaced-{os.getpid()}")
        whole.rename(beside)
        self._before = beside

    def discard_previous(self) -> None:
        """Delete what a run wrote here before; what else was here is here again."""
        if self._before is not None:
            for name in self._others:
                if not (self._path / name).exists():
                    (self._before / name).rename(self._path / name)
            if others_in(self._before):
                return
            shutil.rmtree(self._before, ignore_errors=True)
            self._before = None

    def restore_previous(self) -> None:
        """Remove what was written here, and restore what was here before."""
        shutil.rmtree(self._path, ignore_errors=True)
        if self._before is not None:
            self._before.rename(self._path.resolve())
            self._before = None
