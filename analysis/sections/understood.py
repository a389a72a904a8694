"""What was read of the scenario's files, as its reader said it: rows, features, classes, spans, rates."""

from __future__ import annotations

from analysis.html import Markup, join, tag
from analysis.sweeps import Sweep


def read(sweep: Sweep) -> Markup | None:
    """Show what the runs have read, each thing once; None for runs of a version that did not note it."""
    found: dict[tuple[str, str], None] = {}
    for run in sweep.runs:
        words = dict(run.manifest.get("read") or {}).get("in_words") or {}
        found |= dict.fromkeys((str(what), str(said)) for what, said in words.items())
    if not found:
        return None
    lines = [tag("p", tag("strong", f"{what} "), said) for what, said in found]
    return join(tag("h2", "What was read"), *lines)
