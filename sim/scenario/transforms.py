"""The transforms that each kind of data supports, from the table of tasks."""

from __future__ import annotations

from agents.tasks import TASKS


def refused(data: str | None, name: str) -> str | None:
    """Return why a transform makes no sense for a kind of data, or None."""
    row = TASKS.get(data or "")
    if row is None or name in row.transforms:
        return None
    if not row.transforms:
        return f"'{data}' is played as it was recorded: nothing of it can be changed"
    return f"'{data}' cannot be changed that way; it knows: {', '.join(row.transforms)}, labels"


def refused_severity(data: str | None) -> str | None:
    """Return why a strength cannot be given as a severity for a kind of data, or None."""
    if data is None or ":" in data or (data in TASKS and "severities" in TASKS[data].gives):
        return None
    return f"'{data}' has no severities: they are defined for images; write a number"


def refused_prior(data: str | None) -> str | None:
    """Return why a kind of data has no prior that could be set, or None."""
    row = TASKS.get(data or "")
    if row is None or not row.priorless:
        return None
    return f"'{data}' has no prior to be set: {row.priorless}; swap or permute classes instead"


def is_recorded(data: str | None) -> bool:
    """Return whether samples of a kind of data are dealt out as recorded: drift cannot make them come faster."""
    return data in TASKS and "recorded" in TASKS[data].gives
