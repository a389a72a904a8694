"""The errors that a user can act on, and the exit code of each."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from agents.contract import BackendError, InputError, WorkersLostError
from agents.contract.plugins import PluginError
from analysis import RunError
from sim.commands.exits import BAD_INPUT, ENVIRONMENT, FAILED, PARTIAL, CommandError
from sim.run.invariants import InvariantError
from sim.run.resuming.journaled_plane import ReplayError
from sim.run.run_folder import FolderError
from sim.run.side_by_side import PointsFailedError
from sim.scenario import ScenarioErrors

#: What a path can be that nothing can be written to, and what to do.
_NO_PLACE = {
    errno.EEXIST: "is a file, and a folder is wanted; name another folder",
    errno.ENOTDIR: "is within a file, and not within a folder; name another folder",
    errno.ENAMETOOLONG: "is too long for a name; choose a shorter one",
}


def known_failure(error: Exception) -> tuple[int, str] | None:
    """Return the exit code of an error and the message for the user; None for an unexpected error."""
    if isinstance(error, CommandError):
        return error.code, str(error)
    if isinstance(error, ScenarioErrors | FolderError | RunError | PluginError):
        return BAD_INPUT, str(error)
    if isinstance(error, InputError):
        return BAD_INPUT, f"{error.about}: {error}"
    if isinstance(error, BackendError):
        return ENVIRONMENT, str(error)
    if isinstance(error, WorkersLostError):
        return PARTIAL, str(error)
    if isinstance(error, ReplayError | PointsFailedError | InvariantError):
        return FAILED, str(error)
    if isinstance(error, MemoryError):
        return ENVIRONMENT, f"there is not enough memory ({error or 'none is left'}); run less at once"
    if isinstance(error, OSError) and error.errno is not None:
        place = f"{error.filename}: " if error.filename else ""
        if remedy := _NO_PLACE.get(error.errno):
            return BAD_INPUT, f"{place}{remedy}"
        if isinstance(error, PermissionError) and error.filename and not _can_be_read(Path(error.filename)):
            return BAD_INPUT, f"{place}cannot be read: {error.strerror}"
        return ENVIRONMENT, f"{place}{error.strerror or error}"
    if isinstance(error, ImportError):
        return ENVIRONMENT, f"{error}; install the project as the README says (run 'doctor' for details)"
    return None


def _can_be_read(path: Path) -> bool:
    """Return whether a path may be read, or is not there in a folder that may be: then it was to be written.

    What was named and cannot be read is bad input, wherever that is found out; what cannot be written is not.
    """
    return os.access(path, os.R_OK) or (not os.path.lexists(path) and os.access(path.parent, os.R_OK | os.X_OK))
