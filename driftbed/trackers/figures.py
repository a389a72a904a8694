"""What trackers are given: numbers by name, and parameters as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.run.watching import Moment


def figures_of(moment: Moment) -> dict[str, float]:
    """Return the numbers of a tick; virtual time is their step."""
    found = {"exchanges": float(moment.exchanges), "samples": float(moment.samples)}
    return found if moment.accuracy is None else found | {"accuracy": moment.accuracy}


def summary_figures(summary: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of a summary."""
    numbers = {name: value for name, value in summary.items() if isinstance(value, (int, float))}
    return {f"summary/{name}": float(value) for name, value in numbers.items() if not isinstance(value, bool)}


def parameters(scenario: Mapping[str, Any]) -> dict[str, str]:
    """Return a scenario as path -> text."""
    return dict(_leaves(scenario, ""))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, (Mapping, list)) and value:
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, below in items:
            yield from _leaves(below, f"{path}.{key}".strip("."))
    else:
        yield path, str(value)
