"""Which attributes drift goes with: sets of them whose samples are unsure far more often than all others.

After Nazar (Hao et al., ASPLOS 2025), which looks for root causes of drift over a fleet. Its code is not published; the
rules here are ours: greedily the set whose own rate makes what was seen likeliest, if its risk ratio is high and
Fisher's exact test, one-sided and corrected by Holm for all sets looked at, says that chance does not make it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import exp, lgamma, log

#: A set of attributes, sorted.
Cause = tuple[str, ...]


@dataclass(frozen=True)
class Logged:
    """What was logged of some devices that have the same ``attributes``: samples ``seen``, and ``flagged`` ones."""

    attributes: frozenset[str]
    flagged: int
    seen: int

    def has(self, cause: Cause) -> bool:
        """Return whether these devices have all attributes of a cause."""
        return self.attributes.issuperset(cause)


@dataclass(frozen=True)
class Limits:
    """What makes a set of attributes a cause."""

    share: float = 0.01
    ratio: float = 1.5
    level: float = 0.05
    most: int = 8


def causes_of(logged: Sequence[Logged], limits: Limits) -> list[Cause]:
    """Return causes, the one that explains most first; what a cause explains is not counted for later ones."""
    found: list[Cause] = []
    rest = list(logged)
    while rest and len(found) < limits.most:
        cause = _best(rest, limits)
        if cause is None:
            break
        found.append(cause)
        rest = [one for one in rest if not one.has(cause)]
    return found


def by_chance(flagged: int, seen: int, flagged_all: int, seen_all: int) -> float:
    """Return the chance of at least ``flagged`` of ``seen`` where ``flagged_all`` of ``seen_all`` are drawn blindly."""
    most = min(seen, flagged_all)
    draws = _choices(seen_all, seen)
    return min(
        1.0,
        sum(
            exp(_choices(flagged_all, k) + _choices(seen_all - flagged_all, seen - k) - draws)
            for k in range(flagged, most + 1)
            if seen - k <= seen_all - flagged_all
        ),
    )


def _best(rest: Sequence[Logged], limits: Limits) -> Cause | None:
    names = sorted(set().union(*(one.attributes for one in rest)))
    sets = [*((name,) for name in names), *combinations(names, 2)]
    judged = [(_chance(rest, cause), cause) for cause in sets if any(one.has(cause) for one in rest)]
    clear = _after_holm(judged, limits.level)
    likely = [cause for cause in clear if _matters(rest, cause, limits)]
    # Of sets that explain as much, the shorter, then the first by name.
    return min(likely, key=lambda cause: (-_explained(rest, cause), len(cause), cause), default=None)


def _after_holm(judged: Sequence[tuple[float, Cause]], level: float) -> list[Cause]:
    clear = []
    for place, (chance, cause) in enumerate(sorted(judged)):
        if chance * (len(judged) - place) >= level:
            break
        clear.append(cause)
    return clear


def _matters(rest: Sequence[Logged], cause: Cause, limits: Limits) -> bool:
    flagged, seen, other_flagged, other_seen = _split(rest, cause)
    if seen < limits.share * (seen + other_seen) or not other_seen:
        return False
    return flagged * other_seen >= limits.ratio * other_flagged * seen


def _explained(rest: Sequence[Logged], cause: Cause) -> float:
    """Return by how much the log likelihood of the flags is higher if a set has a rate of its own."""
    flagged, seen, other_flagged, other_seen = _split(rest, cause)
    alone = _likelihood(flagged, seen) + _likelihood(other_flagged, other_seen)
    return alone - _likelihood(flagged + other_flagged, seen + other_seen)


def _likelihood(flagged: int, seen: int) -> float:
    return sum(k * log(k / seen) for k in (flagged, seen - flagged) if k)


def _chance(rest: Sequence[Logged], cause: Cause) -> float:
    flagged, seen, other_flagged, other_seen = _split(rest, cause)
    return by_chance(flagged, seen, flagged + other_flagged, seen + other_seen)


def _split(rest: Sequence[Logged], cause: Cause) -> tuple[int, int, int, int]:
    inside = [one for one in rest if one.has(cause)]
    flagged, seen = sum(one.flagged for one in inside), sum(one.seen for one in inside)
    return flagged, seen, sum(one.flagged for one in rest) - flagged, sum(one.seen for one in rest) - seen


def _choices(of: int, some: int) -> float:
    """Return the logarithm of a binomial coefficient."""
    return lgamma(of + 1) - lgamma(some + 1) - lgamma(of - some + 1)
