"""The one error of the analysis: a folder that cannot be read as a run."""

from __future__ import annotations


class RunError(Exception):
    """A run or sweep folder is missing, unfinished or damaged; the message is one line for the user."""
