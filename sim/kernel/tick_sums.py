"""Sums of transfers by tick, in whole numbers: they are the same in whichever order transfers are added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

import numpy as np

#: Times are summed in parts of a second, 4 ns each: exact, and enough for 10^10 s of waiting in a tick.
PARTS_PER_S = 2.0**28
#: What is added up, one row of sums each. ``level`` and ``moment`` are those of busy servers: by how much their number
#: changes within a tick, and the sum of the changes times their moments.
SUMMED = (
    *("offered", "started", "ended", "dropped", "dropped_waiting"),
    *("offered_bytes", "delivered_bytes", "dropped_bytes", "retransmitted_bytes"),
    *("waiting", "level", "moment"),
)


def in_parts(seconds: np.ndarray) -> np.ndarray:
    """Return times in parts of a second, int64."""
    return np.rint(seconds * PARTS_PER_S).astype(np.int64)


@dataclass(frozen=True)
class TickSums:
    """Sums of a link, one entry a tick.

    Attributes:
        offered, started, arrived, dropped: messages since the start of the run, int64.
        *_bytes: likewise; a message is delivered when its last bit arrives.
        queue: messages that wait at the end of the tick, int64.
        busy_s: how long instances had something to send within the tick, summed over instances.
        waiting_s, waited: sum of the waits of the messages that started within the tick, and how many they are.
    """

    offered: np.ndarray
    started: np.ndarray
    ended: np.ndarray
    dropped: np.ndarray
    offered_bytes: np.ndarray
    delivered_bytes: np.ndarray
    dropped_bytes: np.ndarray
    retransmitted_bytes: np.ndarray
    queue: np.ndarray
    busy_s: np.ndarray
    waiting_s: np.ndarray
    waited: np.ndarray


class TickAdder:
    """Adds transfers to ``sums``, int64 [SUMMED, ticks]; ticks are half-open (after, until], 0 is in the first."""

    def __init__(self, edges_s: np.ndarray) -> None:
        self.edges_s = edges_s
        # What is summed of one tick lies together in memory: most messages begin and end within one.
        self.sums = np.zeros((len(edges_s), len(SUMMED)), np.int64).T

    def add(self, column: Mapping[str, np.ndarray]) -> None:
        """Add transfers, but for the time for which they keep servers busy."""
        offered_s, start_s, end_s = column["offered_s"], column["start_s"], column["end_s"]
        dropped_s, nbytes = column["dropped_s"], column["nbytes"]
        went = np.isinf(dropped_s)
        began = np.isfinite(start_s)
        self._add("offered", offered_s)
        self._add("started", start_s)
        self._add("ended", end_s[went])
        self._add("dropped", dropped_s)
        self._add("dropped_waiting", dropped_s[~began])
        self._add("offered_bytes", offered_s, nbytes)
        self._add("delivered_bytes", column["arrive_s"][went], nbytes[went])
        self._add("dropped_bytes", dropped_s, nbytes)
        self._add("retransmitted_bytes", np.minimum(end_s, dropped_s), column["retransmitted_bytes"])
        self._add("waiting", start_s[began], in_parts(start_s[began] - offered_s[began]))

    def add_busy(self, at_s: np.ndarray, change: np.ndarray) -> None:
        """Let the number of busy servers change at some times."""
        self._add("level", at_s, change)
        self._add("moment", at_s, change * in_parts(at_s))

    def _add(self, name: str, at_s: np.ndarray, amount: np.ndarray | int = 1) -> None:
        tick = np.searchsorted(self.edges_s, at_s, side="left")
        inside = tick < len(self.edges_s)
        np.add.at(self.sums[SUMMED.index(name)], tick[inside], amount if isinstance(amount, int) else amount[inside])

    def result(self) -> TickSums:
        """Return what has been added up."""
        by_name = dict(zip(SUMMED, self.sums, strict=True))
        total = {name: np.cumsum(values) for name, values in by_name.items()}
        edges = in_parts(self.edges_s)
        level, moment = by_name["level"], by_name["moment"]
        busy = (total["level"] - level) * np.diff(edges, prepend=0) + (level * edges - moment)
        names = ("offered", "started", "ended", "dropped")
        nbytes = ("offered_bytes", "delivered_bytes", "dropped_bytes", "retransmitted_bytes")
        return TickSums(
            **{name: total[name] for name in (*names, *nbytes)},
            queue=total["offered"] - total["started"] - total["dropped_waiting"],
            busy_s=busy / PARTS_PER_S,
            waiting_s=by_name["waiting"] / PARTS_PER_S,
            waited=by_name["started"],
        )


class BusySpans:
    """Spans (start, end] in which instances are busy, kept until it is known how many of them overlap.

    ``servers`` is how many spans of one instance count at the same moment.
    """

    def __init__(self, servers: float) -> None:
        self._servers = servers
        self._spans: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    def add(self, instance: np.ndarray, start_s: np.ndarray, end_s: np.ndarray) -> None:
        """Add spans; those that never began, at ``inf``, are left out."""
        began = np.isfinite(start_s)
        self._spans.append((instance[began], start_s[began], end_s[began]))

    def take(self, until_s: float) -> tuple[np.ndarray, np.ndarray]:
        """Return when the number of busy servers changes, and by how much, up to a time; what comes later is kept.

        No span that is added later may begin before ``until_s``.
        """
        if not self._spans:
            return np.zeros(0), np.zeros(0, np.int64)
        instance, start_s, end_s = (np.concatenate(parts) for parts in zip(*self._spans, strict=True))
        now, later = start_s < until_s, end_s > until_s
        # A span across that time becomes two that touch.
        self._spans = [(instance[later], np.maximum(start_s[later], until_s), end_s[later])] if later.any() else []
        return _levels(instance[now], start_s[now], np.minimum(end_s[now], until_s), self._servers)


def _levels(
    instance: np.ndarray, start_s: np.ndarray, end_s: np.ndarray, servers: float
) -> tuple[np.ndarray, np.ndarray]:
    at_s = np.concatenate([start_s, end_s])
    change = np.repeat(np.array([1, -1]), len(start_s))
    if servers < inf:
        # Instance by instance, for each has servers of its own; what begins there also ends there, if at infinity.
        order = np.lexsort((at_s, np.tile(instance, 2)))
        at_s, level = at_s[order], np.cumsum(change[order])
        change = np.diff(np.minimum(level, int(servers)), prepend=0)
    known = np.isfinite(at_s)
    return at_s[known], change[known]
