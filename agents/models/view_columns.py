"""Columns of features that belong to each view, as a scenario gives them to a method."""

from __future__ import annotations

from collections.abc import Sequence

#: Why an option for missing views is refused.
ONE_VIEW = "has no effect with one view; write 'views', the columns that each one has"


def wrong_columns(views: Sequence[int], columns: int) -> str | None:
    """Return why ``views`` cannot be the views of ``columns`` features; None: they are all of them."""
    total = sum(views)
    return None if total == columns else f"{list(views)} are {total:,} columns; the net gives {columns:,}"
