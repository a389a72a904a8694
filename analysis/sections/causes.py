"""Why accuracy was lost: what came back in paired forks, beside the account."""

from __future__ import annotations

from analysis.causes import causes_of
from analysis.causes_layout import NOTE, rows
from analysis.html import Markup, join, table, tag
from analysis.sweeps import Sweep

TITLE = "Why accuracy was lost"


def causes(sweep: Sweep) -> Markup | None:
    """Return a table a setting that was explained; None where none was."""
    known = [(group.label, found) for group in sweep.groups if (found := causes_of(group)) is not None]
    if not known:
        return None
    return join(tag("h2", TITLE), *(table(*rows(found), f"{label}. {NOTE}") for label, found in known))
