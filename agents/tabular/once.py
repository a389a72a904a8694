"""Within a block, a file is read once: checking a scenario and building what it names share the work."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar, cast

T = TypeVar("T")

#: Open blocks, and (path, its stamp, how it was read) -> what was read in them.
_open_blocks = 0
_READ: dict[Hashable, Any] = {}
#: Runs may go on in several threads.
_COUNTING = Lock()
_ABSENT = object()


@contextmanager
def reading_once() -> Iterator[None]:
    """Keep what is read in the block until it ends; outside, nothing is kept."""
    global _open_blocks
    with _COUNTING:
        _open_blocks += 1
    try:
        yield
    finally:
        with _COUNTING:
            _open_blocks -= 1
            if not _open_blocks:
                _READ.clear()


def read_once(path: str | Path, how: Hashable, read: Callable[[], T]) -> T:
    """Return what ``read`` returns; or what it returned before in this block, if the file is the same.

    ``how`` says all that the result depends on beside the file. The result is shared: it must not be changed.
    """
    if not _open_blocks:
        return read()
    key = (str(path), _stamp(Path(path)), how)
    found = _READ.get(key, _ABSENT)
    if found is _ABSENT:
        _READ[key] = found = read()
    return cast(T, found)


def _stamp(path: Path) -> Hashable:
    """Return a stamp that differs once a file, or a file in a folder, has changed since it was read."""
    path = Path(str(path).partition("!")[0])
    files = sorted(path.iterdir()) if path.is_dir() else [path] if path.is_file() else []
    seen = [(file.name, file.stat()) for file in files]
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in seen)
