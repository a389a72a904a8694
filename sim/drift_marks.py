"""What figures mark on the time axis: when the world changed, for whom, and into what."""

from __future__ import annotations

from typing import Any

from sim.scenario import Scenario


def drift_marks(scenario: Scenario) -> list[dict[str, Any]]:
    """Return one mark for each change: ``at_s until_s label cohort share``; a recurring drift has many."""
    return [mark for change in scenario.drift for mark in _marks(change, scenario.duration)]


def _marks(change: Any, horizon_s: float) -> list[dict[str, Any]]:
    whom = {"cohort": change.cohort, "share": change.share}
    if change.kind != "recurring":
        until_s = change.at + change.plain().get("over", 0.0)
        label = change.name or concept_label(change.plain()["to"])
        return [{"at_s": change.at, "until_s": min(until_s, horizon_s), "label": label, **whom}]
    marks, at_s, turn = [], change.at, 0
    while at_s < horizon_s:
        label = concept_label(change.between[turn % len(change.between)].plain())
        marks.append({"at_s": at_s, "until_s": at_s, "label": label, **whom})
        turn += 1
        at_s = change.at + turn * change.every
    return marks


def concept_label(concept: dict[str, Any]) -> str:
    """Return a concept in a few words, as a label in a figure."""
    return ", ".join(_part(name, value) for name, value in concept.items()) or "original world"


def _part(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {inner}" for inner in value)
    return f"{name} {value:g}°" if name in ("rotate", "shear", "boundary") else f"{name} {value}"
