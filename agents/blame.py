"""Saying which part of a scenario an error is about, so that the user is led to the line that wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from agents.contract import InputError


@contextmanager
def about(path: str) -> Iterator[None]:
    """Turn the complaints of what is built inside into :class:`InputError` about ``path`` (``task.data``).

    Whoever knows better what is wrong, and where, raises that error itself; it passes unchanged.

    Raises:
        InputError: anything inside raised ValueError, or found no file.
    """
    try:
        yield
    except InputError:
        raise
    except (ValueError, OSError) as error:
        raise InputError(path, _said(error)) from error


def _said(error: ValueError | OSError) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: cannot be read ({error.strerror})"
    return str(error)
