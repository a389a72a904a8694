"""Exit codes of the command line."""

from __future__ import annotations

OK, FAILED, BAD_INPUT, ENVIRONMENT, PARTIAL, INTERRUPTED = 0, 1, 2, 3, 4, 130


class CommandError(Exception):
    """What stops a command: one line for the user, and the exit code."""

    def __init__(self, message: str, code: int = BAD_INPUT) -> None:
        super().__init__(message)
        self.code = code
