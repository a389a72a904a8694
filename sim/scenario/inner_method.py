"""A method may stand around another one: what it needs and gives is then also what the inner one needs and gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from agents.contract.component import Component
from sim.scenario.probe import ADAPTERS
from sim.scenario.tagged_union import Chosen


class Part(NamedTuple):
    """One method of the two.

    ``chosen`` has its options; ``path`` leads to it from ``method``; ``row`` is None for a user's own class, of which
    nothing is known.
    """

    chosen: Chosen
    row: Component | None
    path: tuple[str, ...]

    @property
    def kind(self) -> str:
        return self.chosen.kind


def parts_of(adapter: Chosen) -> list[Part]:
    """Return a method, and behind it the one that it stands around, if any."""
    return list(_parts(adapter, ("adapter",)))


def rows_of(adapter: Chosen) -> Iterator[tuple[Part, Component]]:
    """Yield those parts of a method that the table knows, with their rows."""
    for part in parts_of(adapter):
        if part.row is not None:
            yield part, part.row


def _parts(adapter: Chosen, path: tuple[str, ...]) -> Iterator[Part]:
    yield Part(adapter, ADAPTERS.get(adapter.kind), path)
    inner = getattr(adapter, "around", None)
    if isinstance(inner, Chosen):
        yield from _parts(inner, (*path, "around"))
