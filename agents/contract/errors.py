"""What can go wrong between the planes, each with an exit code of its own."""

from __future__ import annotations


class InputError(ValueError):
    """What a scenario names cannot be used: a file, an option, a drift. ``about`` is its path in the YAML."""

    def __init__(self, about: str, message: str) -> None:
        super().__init__(message)
        self.about = about


class BackendError(Exception):
    """This machine or cluster cannot do what was asked; the message is one line with a remedy."""


class WorkersLostError(Exception):
    """Workers died more often than a run puts up with; the message says how the last one ended."""
