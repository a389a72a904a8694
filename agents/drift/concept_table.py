"""The concepts of a schedule, numbered, and which of them may be in force when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce

from agents.drift.concepts import Concept, Neutral

#: A task holds every concept in memory; far more than this is a mistake in the scenario.
MOST_CONCEPTS = 2048


@dataclass
class Table:
    """The concepts met so far, each once, and which of them may be in force when an entry starts.

    Sets of concepts are bits of an integer. ``_over_s`` are the sorted times [s] at which entries are over, and
    ``_seen`` the concepts met on the way by those that are over then or later, so that an incremental change knows the
    concepts it may start from.
    """

    neutral: Neutral
    concepts: list[Concept] = field(default_factory=lambda: [Concept()])
    standing: int = 1
    _over_s: list[float] = field(default_factory=list)
    _seen: list[int] = field(default_factory=list)
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
        found = self._origins(at_s)
        return [number for number in range(found.bit_length()) if found >> number & 1]

    def _origins(self, at_s: float) -> int:
        later = bisect_right(self._over_s, at_s)
        return self.standing | (self._seen[later] if later < len(self._seen) else 0)

    def settle(self, done_s: float, all_devices: bool, targets: Iterable[int], seen: Iterable[int]) -> None:
        """Record an entry that is over at ``done_s``: it leads to ``targets``, through the concepts ``seen``.

        If it affects ``all_devices``, no older concept is in force then.
        """
        met = self._origins(done_s) | _bits(seen)
        place = bisect_right(self._over_s, done_s)
        self._over_s.insert(place, done_s)
        self._seen.insert(place, met)
        # Those that are over earlier have met these too; where all are known already, they are so before it.
        while place and met & ~self._seen[place - 1]:
            place -= 1
            self._seen[place] |= met
        self.standing = _bits(targets) | (0 if all_devices else self.standing)


def _bits(concepts: Iterable[int]) -> int:
    return reduce(int.__or__, (1 << number for number in concepts), 0)
