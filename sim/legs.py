"""Hops as plain arithmetic sees them: what each exchange does on one hop of its way, in columns by ask."""

from __future__ import annotations

from array import array
from math import inf, nan
from typing import Any

import numpy as np

from sim.columns import extend, values_of
from sim.lines.fifo import FifoLine, terms
from sim.lines.presence import PresenceOf
from sim.requests import Requests


class Leg:
    """One hop of a whole fleet, in one direction; cohorts may cross different lines there, or none.

    Args:
        number: of the hop on its way, from 0.
        lines: the line of each cohort, None where a way is shorter.
        first: the first device of each cohort, int64.
        bps_of: the rate of a line, if it is constant; NaN where its links are asked, each by its own law.
        free_s: when each instance of a shared line of constant rate is free; legs of one direction share it.
        place_of: where the instances of a line begin in ``free_s``.
        presence_of: when a device is there, for the cohorts whose going away matters here; else None.
    """

    def __init__(
        self,
        number: int,
        lines: list[FifoLine | None],
        first: np.ndarray,
        bps_of: dict[FifoLine, float],
        free_s: list[float],
        place_of: dict[FifoLine, int],
        presence_of: list[PresenceOf | None],
    ) -> None:
        self.number, self._lines, self._first = number, lines, first
        self._bps_of, self._free_s, self._place_of, self._presence_of = bps_of, free_s, place_of, presence_of
        there = [line for line in lines if line is not None]
        # Alone on a line of constant rate a message never waits, and nothing about it needs to be kept.
        self.alone = all(line.spec.group == 1 and bps_of[line] >= 0.0 for line in there)
        self.lossy = any(line.spec.scales.header_bytes is None for line in there)
        self._wire_bytes, self._again_bytes, self.lost = array("q"), array("q"), bytearray()
        #: Rows that were broken off here, and whether that or a loss can happen at all.
        self.aborted = set[int]()
        self.failing = self.lossy or any(presence is not None for presence in presence_of)
        self._air_s, self._waits_s, self._latency_s = array("d"), array("d"), array("d")
        self._place, self._device = array("q"), array("q")
        self.offered_s, self._start_s, self._end_s = array("d"), array("d"), array("d")

    def private(self, cohort: int) -> bool:
        """Say whether nobody else's messages cross the line of a cohort's device."""
        line = self._lines[cohort]
        return line is not None and line.spec.group == 1

    def take_in(self, requests: Requests, cohort: np.ndarray, *, upwards: bool) -> np.ndarray:
        """Add the rows of some requests, by ``cohort`` [requests].

        Returns:
            When each would have crossed if it entered as it is asked; NaN unless that is known already.
        """
        count = len(cohort)
        wire_bytes, again_bytes, lost = np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, bool)
        waits_s, air_s, place = np.zeros(count), np.full(count, nan), np.full(count, -1)
        nbytes = requests.payload_bytes if upwards else requests.update_bytes
        latency_s = (requests.up_latency_s if upwards else requests.down_latency_s)[self.number]
        for index, line in enumerate(self._lines):
            rows = np.flatnonzero(cohort == index) if len(self._lines) > 1 else np.arange(count)
            if line is None or not len(rows):
                continue
            device = requests.device[rows]
            weights = line.spec.scales.weigh_many(
                device, requests.number[rows], nbytes[rows], latency_s[rows], self.number
            )
            wire_bytes[rows], again_bytes[rows], waits_s[rows], lost[rows] = weights
            air_s[rows] = _air_s(weights.wire_bytes + weights.again_bytes, self._bps_of[line])
            if line in self._place_of:
                place[rows] = self._place_of[line] + line.instances_of(device)
        columns: list[tuple[array[Any], np.ndarray]] = [
            (self._wire_bytes, wire_bytes),
            (self._air_s, air_s),
            (self._latency_s, latency_s),
            (self.offered_s, np.full(count, inf)),
        ]
        if self.lossy:
            columns += [(self._again_bytes, again_bytes), (self._waits_s, waits_s)]
            self.lost += lost.tobytes()
        if not self.alone:
            never = np.full(count, inf)
            columns += [(self._place, place), (self._device, requests.device)]
            columns += [(self._start_s, never), (self._end_s, never)]
        for column, values in columns:
            extend(column, values)
        known = self.alone and not self.failing
        return requests.at_s + air_s + latency_s if known else np.full(count, nan)

    def cross(self, row: int, now_s: float) -> float:
        """Let a message in; return when it has crossed, or has failed to [s]. Calls for one line come in time order."""
        self.offered_s[row] = now_s
        end_s = now_s + self._air_s[row] if self.alone else self._queue(row, now_s)
        if self.failing and row in self.aborted:
            return end_s
        if self.lossy:
            end_s += self._waits_s[row]
        return end_s + self._latency_s[row]

    def _queue(self, row: int, now_s: float) -> float:
        """Return when a message has left its line, first come, first served (Lindley, 1952)."""
        place, air_s, start_s = self._place[row], self._air_s[row], now_s
        if place >= 0:
            free_s = self._free_s[place]
            if free_s > now_s:
                start_s = free_s
            end_s = self._free_s[place] = start_s + air_s
        elif air_s == air_s:
            end_s = now_s + air_s
        else:
            start_s, end_s = self._admitted(row, now_s)
        self._start_s[row], self._end_s[row] = start_s, end_s
        return end_s

    def _admitted(self, row: int, now_s: float) -> tuple[float, float]:
        """Let a link of its own law say when a message starts and ends."""
        device = self._device[row]
        cohort = int(self._first.searchsorted(device, side="right")) - 1
        line, presence_of = self._lines[cohort], self._presence_of[cohort]
        assert line is not None, "only who has a line sends over it"
        link = line.link_of(device)[1]
        nbytes = self._wire_bytes[row] + (self._again_bytes[row] if self.lossy else 0)
        slot = link.admit(now_s, nbytes, *terms(link.rate, presence_of and presence_of(device), now_s))
        if not slot.whole:
            self.aborted.add(row)
        return slot.start_s, slot.end_s

    def bytes_of(self, rows: np.ndarray, until_s: float) -> tuple[np.ndarray, np.ndarray]:
        """Return what has been sent up to a moment, all together and again: two int64 like ``rows``."""
        entered = values_of(self.offered_s)[rows] <= until_s
        again_bytes = values_of(self._again_bytes)[rows] if self.lossy else np.zeros(len(rows), np.int64)
        all_bytes = values_of(self._wire_bytes)[rows] + again_bytes
        return np.where(entered, all_bytes, 0), np.where(entered, again_bytes, 0)

    def log(self, device: np.ndarray) -> None:
        """Hand what crossed lines to their logs; ``device`` by row."""
        offered_s = values_of(self.offered_s)
        rows = np.flatnonzero(offered_s < inf)
        cohort = np.searchsorted(self._first, device[rows], side="right") - 1
        for index, line in enumerate(self._lines):
            if line is not None:
                mine = rows[cohort == index] if len(self._lines) > 1 else rows
                line.log.extend(self._passages(mine, line.instances_of(device[mine])))

    def _passages(self, rows: np.ndarray, instance: np.ndarray) -> dict[str, np.ndarray]:
        offered_s = values_of(self.offered_s)[rows]
        start_s = offered_s if self.alone else values_of(self._start_s)[rows]
        end_s = offered_s + values_of(self._air_s)[rows] if self.alone else values_of(self._end_s)[rows]
        arrive_s, again_bytes = end_s, np.zeros(len(rows), np.int64)
        lost = np.zeros(len(rows), bool)
        if self.lossy:
            arrive_s, again_bytes = end_s + values_of(self._waits_s)[rows], values_of(self._again_bytes)[rows]
            lost = values_of(self.lost, bool)[rows]
        aborted = np.isin(rows, list(self.aborted))
        arrive_s = np.where(aborted, end_s, arrive_s + values_of(self._latency_s)[rows])
        lost |= aborted
        return {
            "instance": instance,
            "offered_s": offered_s,
            "start_s": start_s,
            "end_s": end_s,
            "arrive_s": np.where(lost, inf, arrive_s),
            "dropped_s": np.where(lost, arrive_s, inf),
            "nbytes": values_of(self._wire_bytes)[rows],
            "retransmitted_bytes": again_bytes,
        }


def _air_s(wire_bytes: np.ndarray, bps: float) -> np.ndarray:
    """Return how long messages are on the air: nothing takes no time even where nothing is carried."""
    bits = 8.0 * wire_bytes
    if bps == 0.0:
        return np.where(bits > 0.0, inf, 0.0)
    return bits / bps
