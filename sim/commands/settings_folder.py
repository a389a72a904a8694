"""A folder for matplotlib's fonts and settings where the user's cannot be written: it would print lines of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agents.environment import variable_set

_NAME = "MPLCONFIGDIR"


@contextmanager
def usable_settings_folder() -> Iterator[None]:
    """Name a temporary folder in the environment for as long as the block lasts, if one is needed and can be made."""
    if all(map(_can_be_written, _wanted())):
        yield
        return
    import tempfile

    try:
        made = tempfile.TemporaryDirectory(prefix="driftbed-settings-", ignore_cleanup_errors=True)
    except OSError:
        # Who needs none goes on; who needs one says so.
        yield
        return
    with made as folder, variable_set(_NAME, folder):
        yield


def _wanted() -> list[Path | None]:
    """Return where matplotlib would write; None where no home is known."""
    if own := os.environ.get(_NAME):
        return [Path(own)]
    return [_in_home("XDG_CONFIG_HOME", ".config"), _in_home("XDG_CACHE_HOME", ".cache")]


def _in_home(variable: str, name: str) -> Path | None:
    try:
        return Path(os.environ.get(variable) or Path.home() / name) / "matplotlib"
    except RuntimeError:
        return None


def _can_be_written(folder: Path | None) -> bool:
    """Return whether a folder is there, or can be made, and takes files."""
    if folder is None:
        return False
    there = next((path for path in (folder, *folder.parents) if os.path.lexists(path)), Path("/"))
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
