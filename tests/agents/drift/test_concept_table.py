"""Which concepts may be in force at a time: as sets would say, but fast."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from agents.drift.concept_table import Table

concepts = st.lists(st.integers(0, 9), max_size=3)
#: start, how long, whether it affects all devices, targets, what is seen on the way.
Line = tuple[int, int, bool, list[int], list[int]]
entries = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.booleans(), concepts, concepts), max_size=12)


class BySets:
    """The same, by sets of all entries so far."""

    def __init__(self) -> None:
        self.standing, self.passing = {0}, list[tuple[float, set[int]]]()

    def origins(self, at_s: float) -> list[int]:
        return sorted(self.standing.union(*(met for over_s, met in self.passing if over_s > at_s)))

    def settle(self, over_s: float, all_devices: bool, targets: Iterable[int], seen: Iterable[int]) -> None:
        self.passing.append((over_s, set(self.origins(over_s)).union(seen)))
        self.standing = set(targets) | (set() if all_devices else self.standing)


@given(entries)
def test_origins_are_those_of_all_entries_that_are_not_over(
    lines: list[Line],
) -> None:
    table, sets = Table(neutral=None), BySets()  # type: ignore[arg-type]
    for at_s, takes_s, all_devices, targets, seen in sorted(lines):
        assert table.origins(at_s) == sets.origins(at_s)
        for one in (table, sets):
            one.settle(at_s + takes_s, all_devices, targets, seen)
    assert all(table.origins(at_s) == sets.origins(at_s) for at_s in range(20))
