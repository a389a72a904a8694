"""When something is there (a device, a link, a satellite overhead), as a pure function of time.

The same objects say when a device is online and when a link is up
(:class:`sim.network.rates.interrupted.InterruptedRate`).
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Availability(Protocol):
    """Whether something is there at a virtual time; it is there in [from, until)."""

    def available(self, t_s: float) -> bool:
        """Return whether it is there at ``t_s``."""
        ...

    def next_change_s(self, t_s: float) -> float:
        """Return the first time after ``t_s`` at which the answer may differ; ``inf`` if never."""
        ...


@dataclass(frozen=True, slots=True)
class Always:
    """It is always there."""

    def available(self, t_s: float) -> bool:
        return True

    def next_change_s(self, t_s: float) -> float:
        return math.inf


class Windows:
    """It is there within given windows, or (``inside=False``) outside of them: contacts or outages.

    Args:
        windows: pairs (from_s, until_s); windows that touch or overlap are one.
        inside: whether it is there within them, or away.
        period_s: play them again each period; all windows lie in [0, period].
        offset_s: where in the period time 0 lies (a time zone, an orbit's phase).

    Raises:
        ValueError: a window that ends before it begins or begins before 0, or one outside of the period.
    """

    __slots__ = ("_edges_s", "_inside", "_offset_s", "_period_s")

    def __init__(
        self,
        windows: Iterable[tuple[float, float]],
        *,
        inside: bool = True,
        period_s: float = math.inf,
        offset_s: float = 0.0,
    ) -> None:
        self._edges_s = array("d", _merged(sorted(windows), period_s))
        self._inside = inside
        self._period_s = period_s
        self._offset_s = offset_s

    @property
    def first_s(self) -> float:
        """Return when the first window begins [s]; 0 if there is none."""
        return self._edges_s[0] if self._edges_s else 0.0

    @property
    def last_s(self) -> float:
        """Return when the last window ends [s]; 0 if there is none."""
        return self._edges_s[-1] if self._edges_s else 0.0

    @property
    def table(self) -> tuple[array[float], bool, float, float]:
        """Return (edges [s], whether it is there within them, period [s], offset [s])."""
        return self._edges_s, self._inside, self._period_s, self._offset_s

    def shifted(self, offset_s: float) -> Windows:
        """Return the same windows seen from ``offset_s`` further on."""
        view = Windows.__new__(Windows)
        view._edges_s, view._inside, view._period_s = self._edges_s, self._inside, self._period_s
        view._offset_s = self._offset_s + offset_s
        return view

    def available(self, t_s: float) -> bool:
        within = bisect_right(self._edges_s, self._phase_s(t_s)) % 2 == 1
        return within == self._inside

    def next_change_s(self, t_s: float) -> float:
        phase_s = self._phase_s(t_s)
        i = bisect_right(self._edges_s, phase_s)
        if i < len(self._edges_s):
            edge_s = self._edges_s[i]
        else:
            edge_s = self._edges_s[0] + self._period_s if self._edges_s else math.inf
        return max(t_s + (edge_s - phase_s), math.nextafter(t_s, math.inf))

    def _phase_s(self, t_s: float) -> float:
        return (t_s + self._offset_s) % self._period_s


@dataclass(frozen=True, slots=True)
class AllOf:
    """It is there when all of its parts are: a device that joins late and sleeps at night."""

    parts: Sequence[Availability]

    def available(self, t_s: float) -> bool:
        return all(part.available(t_s) for part in self.parts)

    def next_change_s(self, t_s: float) -> float:
        """Return the first time after ``t_s`` at which the whole may change.

        It cannot come back before each part that is away has changed; so what has left for good is not waited
        for.
        """
        away = [part.next_change_s(t_s) for part in self.parts if not part.available(t_s)]
        return max(away) if away else min((part.next_change_s(t_s) for part in self.parts), default=math.inf)


def lifetime(joins_s: float = 0.0, leaves_s: float = math.inf) -> Availability:
    """Return the availability of what comes at ``joins_s`` and goes for good at ``leaves_s``."""
    return Windows([(joins_s, leaves_s)] if leaves_s > joins_s else [])


def _merged(windows: list[tuple[float, float]], period_s: float) -> list[float]:
    edges_s: list[float] = []
    for from_s, until_s in windows:
        if not (0.0 <= from_s <= until_s <= period_s):
            raise ValueError(f"window ({from_s!r}, {until_s!r}) s must lie in order in (0, {period_s!r})")
        if edges_s and from_s <= edges_s[-1]:
            edges_s[-1] = max(edges_s[-1], until_s)
        elif until_s > from_s:
            edges_s += [from_s, until_s]
    return edges_s
