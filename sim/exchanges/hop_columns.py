"""Hops of the vectorised engine: what each exchange does on one hop of its route, in columns by ask."""

from __future__ import annotations

from array import array
from math import inf, nan
from typing import Any

import numpy as np

from sim.kernel.requests import Requests
from sim.kernel.row_store import extend, values_of
from sim.links.device_availability import AvailabilityOf
from sim.links.fifo_link import QueuedLink, rate_for


class HopColumns:
    """One hop of a whole fleet, in one direction; cohorts may cross different links there, or none.

    Args:
        number: of the hop on its route, from 0.
        links: the link of each cohort, None where a route is shorter.
        first: the first device of each cohort, int64.
        bps_of: the rate of a link, if it is constant; NaN where each instance computes by its own law.
        free_s: when each instance of a shared link of constant rate is free; hops of one direction share it.
        slot_of: where the instances of a link begin in ``free_s``.
        availability_of: when a device is there, for the cohorts whose absences matter here; else None.
    """

    def __init__(
        self,
        number: int,
        links: list[QueuedLink | None],
        first: np.ndarray,
        bps_of: dict[QueuedLink, float],
        free_s: list[float],
        slot_of: dict[QueuedLink, int],
        availability_of: list[AvailabilityOf | None],
    ) -> None:
        self.number, self._links, self._first = number, links, first
        self._bps_of, self._free_s, self._slot_of, self._availability_of = bps_of, free_s, slot_of, availability_of
        there = [queued_link for queued_link in links if queued_link is not None]
        # Alone on a link of constant rate a message never waits, and no state needs to be kept.
        self.alone = all(queued_link.spec.group == 1 and bps_of[queued_link] >= 0.0 for queued_link in there)
        self.lossy = any(queued_link.spec.overhead.header_bytes is None for queued_link in there)
        self._wire_bytes, self._retransmitted_bytes, self.lost = array("q"), array("q"), bytearray()
        #: Rows that were aborted here, and whether that or a loss can happen at all.
        self.aborted = set[int]()
        self.failing = self.lossy or any(device_availability is not None for device_availability in availability_of)
        self._transmission_s, self._recovery_delay_s, self._latency_s = array("d"), array("d"), array("d")
        self._slot, self._device = array("q"), array("q")
        self.offered_s, self._start_s, self._end_s = array("d"), array("d"), array("d")

    def private(self, cohort: int) -> bool:
        """Return whether only its own messages cross the link of a cohort's device."""
        queued_link = self._links[cohort]
        return queued_link is not None and queued_link.spec.group == 1

    def add_requests(self, requests: Requests, cohort: np.ndarray, *, upwards: bool) -> np.ndarray:
        """Add the rows of some requests, by ``cohort`` [requests].

        Returns:
            When each would have crossed if it entered as it is asked; NaN unless that is known already.
        """
        count = len(cohort)
        wire_bytes, retransmitted_bytes, lost = (
            np.zeros(count, np.int64),
            np.zeros(count, np.int64),
            np.zeros(count, bool),
        )
        recovery_delay_s, transmission_s, slot_index = np.zeros(count), np.full(count, nan), np.full(count, -1)
        nbytes = requests.payload_bytes if upwards else requests.update_bytes
        latency_s = (requests.up_latency_s if upwards else requests.down_latency_s)[self.number]
        for index, queued_link in enumerate(self._links):
            rows = np.flatnonzero(cohort == index) if len(self._links) > 1 else np.arange(count)
            if queued_link is None or not len(rows):
                continue
            device = requests.device[rows]
            costs = queued_link.spec.overhead.costs(
                device, requests.number[rows], nbytes[rows], latency_s[rows], self.number
            )
            wire_bytes[rows], retransmitted_bytes[rows], recovery_delay_s[rows], lost[rows] = costs
            transmission_s[rows] = _transmission_s(
                costs.wire_bytes + costs.retransmitted_bytes, self._bps_of[queued_link]
            )
            if queued_link in self._slot_of:
                slot_index[rows] = self._slot_of[queued_link] + queued_link.instances_of(device)
        columns: list[tuple[array[Any], np.ndarray]] = [
            (self._wire_bytes, wire_bytes),
            (self._transmission_s, transmission_s),
            (self._latency_s, latency_s),
            (self.offered_s, np.full(count, inf)),
        ]
        if self.lossy:
            columns += [(self._retransmitted_bytes, retransmitted_bytes), (self._recovery_delay_s, recovery_delay_s)]
            self.lost += lost.tobytes()
        if not self.alone:
            never = np.full(count, inf)
            columns += [(self._slot, slot_index), (self._device, requests.device)]
            columns += [(self._start_s, never), (self._end_s, never)]
        for column, values in columns:
            extend(column, values)
        known = self.alone and not self.failing
        return requests.at_s + transmission_s + latency_s if known else np.full(count, nan)

    def cross(self, row: int, now_s: float) -> float:
        """Let a message in; return when it has crossed, or has failed to [s]. Calls for one link come in time order."""
        self.offered_s[row] = now_s
        end_s = now_s + self._transmission_s[row] if self.alone else self._queue(row, now_s)
        if self.failing and row in self.aborted:
            return end_s
        if self.lossy:
            end_s += self._recovery_delay_s[row]
        return end_s + self._latency_s[row]

    def _queue(self, row: int, now_s: float) -> float:
        """Return when a message has left its link, first come, first served (Lindley, 1952)."""
        slot_index, transmission_s, start_s = self._slot[row], self._transmission_s[row], now_s
        if slot_index >= 0:
            free_s = self._free_s[slot_index]
            if free_s > now_s:
                start_s = free_s
            end_s = self._free_s[slot_index] = start_s + transmission_s
        elif transmission_s == transmission_s:
            end_s = now_s + transmission_s
        else:
            start_s, end_s = self._admitted(row, now_s)
        self._start_s[row], self._end_s[row] = start_s, end_s
        return end_s

    def _admitted(self, row: int, now_s: float) -> tuple[float, float]:
        """Let a link of its own law say when a message starts and ends."""
        device = self._device[row]
        cohort = int(self._first.searchsorted(device, side="right")) - 1
        queued_link, availability_of = self._links[cohort], self._availability_of[cohort]
        assert queued_link is not None, "only a device with a link sends over it"
        link = queued_link.link_of(device)[1]
        nbytes = self._wire_bytes[row] + (self._retransmitted_bytes[row] if self.lossy else 0)
        slot = link.admit(now_s, nbytes, *rate_for(link.rate, availability_of and availability_of(device), now_s))
        if not slot.whole:
            self.aborted.add(row)
        return slot.start_s, slot.end_s

    def bytes_of(self, rows: np.ndarray, until_s: float) -> tuple[np.ndarray, np.ndarray]:
        """Return what has been sent up to a moment, all together and again: two int64 like ``rows``."""
        entered = values_of(self.offered_s)[rows] <= until_s
        retransmitted_bytes = (
            values_of(self._retransmitted_bytes)[rows] if self.lossy else np.zeros(len(rows), np.int64)
        )
        all_bytes = values_of(self._wire_bytes)[rows] + retransmitted_bytes
        return np.where(entered, all_bytes, 0), np.where(entered, retransmitted_bytes, 0)

    def log(self, device: np.ndarray) -> None:
        """Write the transfers into the logs of the links; ``device`` by row."""
        offered_s = values_of(self.offered_s)
        rows = np.flatnonzero(offered_s < inf)
        cohort = np.searchsorted(self._first, device[rows], side="right") - 1
        for index, queued_link in enumerate(self._links):
            if queued_link is not None:
                mine = rows[cohort == index] if len(self._links) > 1 else rows
                queued_link.log.extend(self._transfers(mine, queued_link.instances_of(device[mine])))

    def _transfers(self, rows: np.ndarray, instance: np.ndarray) -> dict[str, np.ndarray]:
        offered_s = values_of(self.offered_s)[rows]
        start_s = offered_s if self.alone else values_of(self._start_s)[rows]
        end_s = offered_s + values_of(self._transmission_s)[rows] if self.alone else values_of(self._end_s)[rows]
        arrive_s, retransmitted_bytes = end_s, np.zeros(len(rows), np.int64)
        lost = np.zeros(len(rows), bool)
        if self.lossy:
            arrive_s, retransmitted_bytes = (
                end_s + values_of(self._recovery_delay_s)[rows],
                values_of(self._retransmitted_bytes)[rows],
            )
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
            "retransmitted_bytes": retransmitted_bytes,
        }


def _transmission_s(wire_bytes: np.ndarray, bps: float) -> np.ndarray:
    """Return how long the transmission of messages takes: 0 bits take 0 s even at a rate of 0."""
    bits = 8.0 * wire_bytes
    if bps == 0.0:
        return np.where(bits > 0.0, inf, 0.0)
    return bits / bps
