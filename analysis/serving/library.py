"""The run folders below a folder. Names from outside are looked up among those found; no path is made of them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from analysis.folder import RunError, read_json, read_resolved, read_status
from analysis.manifests import read_plan

#: How deep below the root folders are looked for, and how many are listed.
_DEEP, _MOST = 4, 2000


class Entry(NamedTuple):
    """A run or a sweep: its path below the root is its name."""

    name: str
    folder: Path
    is_sweep: bool
    changed: float

    @property
    def status(self) -> str:
        return read_status(self.folder)

    @property
    def going_on(self) -> bool:
        return self.status == "running"

    @property
    def summary(self) -> dict[str, Any]:
        """The figures of a finished run; empty before."""
        try:
            return {} if self.is_sweep else read_json(self.folder / "summary.json")
        except RunError:
            return {}

    @property
    def scenario(self) -> dict[str, Any]:
        """The scenario in its long form; empty where it cannot be read."""
        try:
            return read_resolved(self.folder / "resolved.yaml")
        except RunError:
            return {}


class Library:
    """All runs and sweeps below ``root``, newest first; links that lead elsewhere are not followed."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def entries(self) -> list[Entry]:
        """Look through the folders again: runs may have come or gone."""
        found = []
        for folder in _below(self.root, _DEEP):
            made = _entry(self.root, folder)
            if made is not None:
                found.append(made)
            if len(found) == _MOST:
                break
        return sorted(found, key=lambda entry: (-entry.changed, entry.name))

    def entry(self, name: str) -> Entry:
        """Return the run or sweep of a name, or the point of a sweep; RunError where there is none."""
        known = {entry.name: entry for entry in self.entries()}
        if name in known:
            return known[name]
        sweep = name.rpartition("/")[0]
        inside = {entry.name: entry for entry in self.points(known[sweep])} if sweep in known else {}
        if name not in inside:
            raise RunError(f"there is no run '{name[:200]}' here")
        return inside[name]

    def points(self, sweep: Entry) -> list[Entry]:
        """Return the points of a sweep that have begun, in the order of its plan."""
        if not sweep.is_sweep:
            return []
        names = [str(point["folder"]) for point in read_plan(sweep.folder).get("points", [])]
        there = {path.name: path for path in _folders(sweep.folder) if (path / "STATUS").is_file()}
        return [
            Entry(f"{sweep.name}/{name}", there[name], False, _changed(there[name])) for name in names if name in there
        ]


def _below(folder: Path, deep: int) -> Iterator[Path]:
    """Yield folders from the top down; what lies in a run or sweep is its own."""
    yield folder
    if deep and not _holds_run(folder):
        for inside in _folders(folder):
            yield from _below(inside, deep - 1)


def _folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(one.path) for one in entries if one.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _holds_run(folder: Path) -> bool:
    begun = (folder / "STATUS").is_file() and (folder / "resolved.yaml").is_file()
    return begun or (folder / "sweep.json").is_file() or (folder / "manifest.json").is_file()


def _entry(root: Path, folder: Path) -> Entry | None:
    if not _holds_run(folder):
        return None
    name = folder.relative_to(root).as_posix()
    return Entry(root.name if name == "." else name, folder, (folder / "sweep.json").is_file(), _changed(folder))


def _changed(folder: Path) -> float:
    """Return when the state of a run last changed [s since 1970]; it may be gone by now."""
    try:
        return (folder / "STATUS").stat().st_mtime
    except OSError:
        return 0.0


def written_moment(since_1970_s: float) -> str:
    """Return a moment as a reader writes it, in local time."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(since_1970_s))
