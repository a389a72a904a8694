"""Long lines on a terminal: broken between words, what follows indented; in a pipe a line stays a line."""

from __future__ import annotations

import shutil
import sys
import textwrap

#: A second column that is narrower begins at the left instead.
_NARROW = 36


def broken(line: str, indent: int = 4) -> str:
    """Return a line in the width of the terminal, the lines after its first ``indent`` columns to the right."""
    columns = shutil.get_terminal_size().columns
    if not sys.stdout.isatty() or len(line) <= columns:
        return line
    within = indent if columns - indent >= _NARROW else 4
    return textwrap.fill(line, columns, subsequent_indent=" " * within, break_long_words=False, break_on_hyphens=False)
