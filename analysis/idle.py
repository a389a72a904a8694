"""Runs in which nothing happened that was meant to: no device was there, none asked, none was updated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis.runs import Run

#: Methods and triggers under which a run without requests is what was asked for.
_SILENT_METHODS, _SILENT_TRIGGERS = ("static",), ("never",)


def idle_notes(runs: Sequence[Run]) -> list[str]:
    """Return one sentence for each thing that never happened, and in how many of several runs."""
    counts = Counter(note for run in runs for note in _notes(run))
    several = len(runs) > 1
    return [f"{note[:-1]} ({count} of {len(runs)} runs)." if several else note for note, count in counts.items()]


def _notes(run: Run) -> Iterator[str]:
    summary = run.summary
    if run.status != "complete" or "exchanges" not in summary:
        return
    if not run.manifest.get("timing_only", False) and summary.get("samples") == 0:
        yield "No device saw a sample: nothing was predicted."
    if wanted := run.manifest.get("read", {}).get("fleet", {}).get("labels_wanted_by"):
        yield f"No device got a label, without which {' and '.join(wanted)} cannot learn."
    if not summary["exchanges"] and not silent(run):
        yield _nothing_asked(int(summary.get("asks_away", 0)))
    elif summary["exchanges"] and not summary.get("installed"):
        yield f"No device was updated: its requests ended {_outcomes(summary.get('outcomes', {}))}."


def _nothing_asked(away: int) -> str:
    if away:
        return "No device asked the cloud: all were away whenever they were to ask."
    return "No device asked the cloud: the trigger never fired while one was there."


def silent(run: Run) -> bool:
    """Return whether a run without requests is what was asked for."""
    trigger = run.resolved.get("method", {}).get("trigger", {})
    kind = trigger.get("kind") if isinstance(trigger, Mapping) else trigger
    return run.adapter in _SILENT_METHODS or kind in _SILENT_TRIGGERS


def _outcomes(outcomes: Mapping[str, Any]) -> str:
    words = [name.replace("_", " ") for name, count in outcomes.items() if count]
    return " or ".join(words) or "nowhere"
