"""The marks of drift on the time axis of figures: when, for which cohort, and into which concept."""

from __future__ import annotations

from typing import Any

from agents.contract.forms import Angle
from agents.drift.transforms import TRANSFORMS
from agents.tasks.drift_kinds import DRIFTS
from sim.scenario import Scenario

#: A drift that switches more often than this is one mark from its beginning to the end.
MOST_MARKS = 200


def drift_marks(scenario: Scenario) -> list[dict[str, Any]]:
    """Return one mark for each change: ``at_s until_s label cohort share``; a recurring drift has many."""
    return [mark for change in scenario.drift for mark in _marks(change, scenario.duration)]


def _marks(change: Any, horizon_s: float) -> list[dict[str, Any]]:
    spans = _switches(change, horizon_s) if DRIFTS[change.kind].takes_turns else [_span(change, horizon_s)]
    whom = {"cohort": change.cohort, "share": change.share}
    return [
        {"at_s": at_s, "until_s": min(until_s + change.spread_s, horizon_s), "label": label, **whom}
        for at_s, until_s, label in spans
    ]


def _span(change: Any, horizon_s: float) -> tuple[float, float, str]:
    """Return from when to when a change is on the way, and into what."""
    own = change.plain()
    takes_s = horizon_s if DRIFTS[change.kind].endless else own.get("over", own.get("for", 0.0))
    return change.at, change.at + takes_s, change.name or concept_label(own["to"])


def _switches(change: Any, horizon_s: float) -> list[tuple[float, float, str]]:
    labels = [concept_label(concept.plain()) for concept in change.between]
    if (horizon_s - change.at) / change.every > MOST_MARKS:
        return [(change.at, horizon_s, change.name or " / ".join(labels))]
    marks: list[tuple[float, float, str]] = []
    at_s = change.at
    while at_s < horizon_s:
        marks.append((at_s, at_s, labels[len(marks) % len(labels)]))
        at_s = change.at + len(marks) * change.every
    return marks


def concept_label(concept: dict[str, Any]) -> str:
    """Return a concept in a few words, as a label in a figure."""
    return ", ".join(_part(name, value) for name, value in concept.items()) or "original concept"


def _part(name: str, value: Any) -> str:
    words = name.replace("_", " ")
    if isinstance(value, dict):
        return f"{words} severity {value['severity']}" if "severity" in value else _labels(words, value)
    if isinstance(value, bool):
        return words if value else f"no {words}"
    if isinstance(value, list):
        return f"{words} {' '.join(one if isinstance(one, str) else f'{one:g}' for one in value)}"
    degrees = name in TRANSFORMS and TRANSFORMS[name].value is Angle
    return f"{words} {value:g}°" if degrees else f"{words} {value:g}"


def _labels(words: str, parts: dict[str, Any]) -> str:
    marks = [
        f"{words} {part}" + (f" {value:g}" if isinstance(value, int | float) else "") for part, value in parts.items()
    ]
    return ", ".join(marks)
