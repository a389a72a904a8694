"""Where this program keeps what it need not make twice: trained tensors, compiled code."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, flock
from importlib.metadata import version
from pathlib import Path


def cache_folder() -> Path:
    """Return $DRIFTBED_CACHE, else ``driftbed`` in the user's cache folder (XDG); it may not exist."""
    own = os.environ.get("DRIFTBED_CACHE")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "driftbed"


def code_folder(name: str, sources: Iterable[Path]) -> Path:
    """Return the folder for what this version of all ``sources`` is compiled to; it may not exist.

    Nothing else says whether what is kept there is still that of the sources, wherever they lie.
    """
    sha = hashlib.sha256(f"{version('numba')} {version('llvmlite')}".encode())
    sha.update(Path(__file__).with_name("compiling.py").read_bytes())
    for path in sorted(sources, key=lambda path: path.name):
        sha.update(path.read_bytes())
    return cache_folder() / name / sha.hexdigest()[:16]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock at ``path``, which ends with the process; where nothing can be written there is none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError:
        yield
        return
    try:
        flock(handle, LOCK_EX)
        yield
    finally:
        with suppress(OSError):
            path.unlink()
        os.close(handle)
