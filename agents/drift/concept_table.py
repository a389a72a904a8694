"""The concepts of a schedule, numbered, and which of them may be in force when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from agents.drift.concepts import Concept, Neutral

#: A task holds every concept in memory; far more than this is a mistake in the scenario.
MOST_CONCEPTS = 2048


@dataclass
class Table:
    """The concepts met so far, each once, and which of them may be in force when an entry starts.

    ``passing`` holds (time [s] at which an entry is over, concepts seen on the way), so that an incremental
    change knows the concepts it may start from.
    """

    neutral: Neutral
    concepts: list[Concept] = field(default_factory=lambda: [Concept()])
    standing: set[int] = field(default_factory=lambda: {0})
    passing: list[tuple[float, frozenset[int]]] = field(default_factory=list)
    _numbers: dict[Concept, int] = field(default_factory=lambda: {Concept(): 0})

    def index(self, concept: Concept) -> int:
        """Return the number of ``concept``, a new one if it was never met."""
        number = self._numbers.setdefault(concept, len(self.concepts))
        if number == len(self.concepts):
            if number >= MOST_CONCEPTS:
                raise ValueError(f"drift makes more than {MOST_CONCEPTS} concepts; use fewer steps or lines")
            self.concepts.append(concept)
        return number

    def origins(self, at_s: float) -> list[int]:
        """Return every concept that may be in force on some device after ``at_s``, by the entries read so far."""
        on_the_way = [concepts for done_s, concepts in self.passing if done_s > at_s]
        return sorted(self.standing.union(*on_the_way))

    def settle(self, done_s: float, all_devices: bool, targets: Iterable[int], seen: Iterable[int]) -> None:
        """Record an entry that is over at ``done_s``: it leads to ``targets``, through the concepts ``seen``.

        If it affects ``all_devices``, no older concept is in force then.
        """
        self.passing.append((done_s, frozenset(self.origins(done_s)).union(seen)))
        self.standing = set(targets) | (set() if all_devices else self.standing)
