"""What can go wrong between the planes, each with an exit code of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class InputError(ValueError):
    """What a scenario names cannot be used: a file, an option, a drift. ``error_location`` is its path in the YAML."""

    def __init__(self, error_location: str, message: str) -> None:
        super().__init__(message)
        self.about = error_location


class BackendError(Exception):
    """This machine or cluster cannot do what was asked; the message is one line with a remedy."""


class TooLargeError(BackendError):
    """What a run would hold is above the limit of memory: gone on with, it would be refused again."""


class WorkersLostError(Exception):
    """Workers ended more often than a run allows; the message says how the last one ended."""


@contextmanager
def error_location(path: str) -> Iterator[None]:
    """Turn errors of code in the block into :class:`InputError` about ``path`` (``task.data``).

    Code that knows the cause and its location raises that error itself; it passes unchanged.

    Raises:
        InputError: anything inside raised ValueError, or found no file.
    """
    try:
        yield
    except InputError:
        raise
    except (ValueError, OSError) as error:
        raise InputError(path, _said(error)) from error


@contextmanager
def about_file(path: object) -> Iterator[None]:
    """Put the name of a file before the message of errors in the block.

    Raises:
        ValueError: anything inside raised one.
    """
    try:
        yield
    except InputError:
        raise
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _said(error: ValueError | OSError) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: cannot be read ({error.strerror})"
    return str(error)
