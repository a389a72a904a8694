"""Where tables are printed: a terminal of any width, or a pipe that has none."""

from __future__ import annotations

import sys

from rich.console import Console


def terminal(columns: int) -> Console:
    """Return a console of standard output: as wide as the terminal, or so many columns where there is none."""
    return Console(width=None if sys.stdout.isatty() else columns, highlight=False)
