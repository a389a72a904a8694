"""The errors that a user can act on, and the exit code of each."""

from __future__ import annotations

from agents.contract import BackendError, InputError, WorkersLostError
from agents.contract.plugins import PluginError
from analysis import RunError
from sim.commands.exits import BAD_INPUT, ENVIRONMENT, FAILED, PARTIAL, CommandError
from sim.run.invariants import InvariantError
from sim.run.resuming.journaled_plane import ReplayError
from sim.run.run_folder import FolderError
from sim.run.side_by_side import PointsFailedError
from sim.scenario import ScenarioErrors


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
        return ENVIRONMENT, f"{place}{error.strerror or error}"
    if isinstance(error, ImportError):
        return ENVIRONMENT, f"{error}; install the project as the README says (run 'doctor' for details)"
    return None
