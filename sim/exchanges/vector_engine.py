"""Simulates exchanges in arrays, as numbers in columns, where every queue is first in, first out.

On such a network the end of a message on its next hop is known as it enters; a tick's sizes, losses and
latencies are drawn as arrays, and only the order in which messages enter what they share needs a heap. Each device has
one exchange at a time. The result is that of :mod:`sim.exchanges.process_engine` to the last bit, about ten times
as fast.
"""

from __future__ import annotations

from array import array
from heapq import heappop, heappush
from math import inf

import numpy as np

from agents.contract import ExchangeKind, Exchanges, Outcome, news_of
from sim.exchanges.hop_columns import HopColumns
from sim.exchanges.vector_routes import VectorRoutes
from sim.kernel.records import ABORTED, IN_FLIGHT, INSTALLED, LOST, REJECTED
from sim.kernel.requests import Requests
from sim.kernel.row_store import extend, picked, values_of
from sim.kernel.transfer_log import TransferLog
from sim.queues import FifoServers

#: The state of an exchange, as a small number.
_OUTCOMES = np.array([IN_FLIGHT, INSTALLED, LOST, ABORTED, REJECTED], object)
_INSTALLED, _LOST, _ABORTED, _REJECTED = Outcome.INSTALLED, Outcome.LOST, Outcome.ABORTED, Outcome.REJECTED


class VectorEngine:
    """The fast engine of exchanges; ``followed`` if a data plane receives them."""

    def __init__(self, routes: VectorRoutes, servers: FifoServers, cloud_log: TransferLog, *, followed: bool) -> None:
        self.asks_dropped = self.asks_away = 0
        self._routes, self._cloud_log, self._followed = routes, cloud_log, followed
        # Where there is room for all requests, they need not be counted.
        self._admit = servers.admit if servers.capacity < inf else servers.servers.serve
        self._paths = routes.paths
        self._absences = any(availability_of is not None for availability_of in routes.availabilities)
        # Events to come: when, which ask, at which of its stops; at one moment the earlier ask goes first.
        self._calendar: list[tuple[float, int, int]] = []
        self._advanced, self._now_s = 0, 0.0
        # By device; all others by ask, in the order of tickets.
        self._busy_until_s = array("d")
        self._device, self._cohort = array("q"), array("q")
        self._asked_s, self._crossed_s, self._service_s = array("d"), array("d"), array("d")
        self._reached_s, self._started_s, self._served_s = array("d"), array("d"), array("d")
        self._ended_s = array("d")
        self._sent, self._outcome = bytearray(), bytearray()
        # Which stages of an ask were handed over, as bits; which asks changed since; and which will.
        self._handed_over = bytearray()
        self._changed, self._coming = array("q"), np.zeros(0, np.int64)

    def __len__(self) -> int:
        return self._advanced - self.asks_dropped - self.asks_away

    def plan(self, requests: Requests, kind: ExchangeKind = ExchangeKind.UPDATE) -> None:
        """Take in the requests of the next tick."""
        routes, device = self._routes, requests.device
        cohort, count = routes.cohort_of(device), len(device)
        crossed_s = routes.up[0].add_requests(requests, cohort, upwards=True)
        for hop in routes.up[1:]:
            hop.add_requests(requests, cohort, upwards=True)
        for hop in routes.down:
            hop.add_requests(requests, cohort, upwards=False)
        extend(self._device, device)
        extend(self._cohort, cohort)
        extend(self._asked_s, requests.at_s)
        extend(self._crossed_s, crossed_s)
        extend(self._service_s, requests.service_s)
        for times in (self._reached_s, self._started_s, self._served_s, self._ended_s):
            extend(times, np.full(count, inf))
        self._sent += bytes(count)
        self._outcome += bytes(count)
        self._handed_over += bytes(count)
        new_devices = int(device.max(initial=-1)) + 1 - len(self._busy_until_s)
        extend(self._busy_until_s, np.full(max(new_devices, 0), -1.0))

    def advance(self, until_s: float) -> None:
        """Process everything up to ``until_s``: at equal times, exchanges under way move before devices ask."""
        calendar = self._calendar
        for row in range(self._advanced, len(self._device)):
            asked_s, device = self._asked_s[row], self._device[row]
            if calendar and calendar[0][0] <= asked_s:
                self._run_until(asked_s)
            if self._absences and self._away(row, asked_s):
                self.asks_away += 1
                continue
            if self._busy_until_s[device] > asked_s:
                self.asks_dropped += 1
                continue
            self._busy_until_s[device] = inf
            self._sent[row] = True
            if self._followed:
                self._changed.append(row)
            self._leave(row, asked_s)
        self._advanced, self._now_s = len(self._device), until_s
        self._run_until(until_s)

    def _leave(self, row: int, asked_s: float) -> None:
        crossed_s = self._crossed_s[row]
        if crossed_s != crossed_s:
            self._enter(row, 0, asked_s)
            return
        self._routes.up[0].offered_s[row] = asked_s
        if crossed_s < inf:
            heappush(self._calendar, (crossed_s, row, 1))

    def _run_until(self, until_s: float) -> None:
        calendar = self._calendar
        while calendar and calendar[0][0] <= until_s:
            at_s, row, stop = heappop(calendar)
            self._enter(row, stop, at_s)

    def _enter(self, row: int, stop: int, at_s: float) -> None:
        """Let an exchange into one of its stops; into the next one, too, where no other message can come in between."""
        path, ahead = self._paths[self._cohort[row]], True
        while ahead and at_s < inf:
            hop, ahead = path[stop]
            stop += 1
            if hop is None:
                at_s = self._serve(row, at_s)
                continue
            at_s = hop.cross(row, at_s)
            if hop.failing and self._failed(row, hop, at_s):
                return
            if stop == len(path):
                self._end(row, _INSTALLED, at_s)
                return
        if at_s < inf:
            heappush(self._calendar, (at_s, row, stop))

    def _away(self, row: int, now_s: float) -> bool:
        """Return whether the device of an ask is away."""
        availability_of = self._routes.availabilities[self._cohort[row]]
        device_availability = availability_of and availability_of(self._device[row])
        return device_availability is not None and not device_availability.availability.available(now_s)

    def _failed(self, row: int, hop: HopColumns, at_s: float) -> bool:
        """Return whether an exchange failed on a link; if so it ends."""
        if row in hop.aborted:
            self._end(row, _ABORTED, at_s)
        elif hop.lossy and hop.lost[row]:
            self._end(row, _LOST, at_s)
        else:
            return False
        return True

    def _serve(self, row: int, now_s: float) -> float:
        """Let a request into the cloud's queue; return when it will have been served, ``inf`` if it is refused."""
        self._reached_s[row] = now_s
        service = self._admit(now_s, self._service_s[row])
        if service is None:
            self._end(row, _REJECTED, now_s)
            return inf
        _, self._started_s[row], self._served_s[row] = service
        if self._followed:
            self._changed.append(row)
        return service.end_s

    def _end(self, row: int, outcome: int, at_s: float) -> None:
        self._busy_until_s[self._device[row]] = self._ended_s[row] = at_s
        self._outcome[row] = outcome
        if self._followed:
            self._changed.append(row)

    def due(self, until_s: float) -> Exchanges:
        """Return what the data plane must be handed: all news up to ``until_s``, each of them once."""
        row = np.unique(np.concatenate([self._coming, values_of(self._changed)]))
        self._changed = array("q")
        times = (self._asked_s, self._reached_s, self._started_s, self._served_s, self._ended_s)
        at_s = np.stack([picked(one, row) for one in times])
        news = news_of(at_s, picked(self._handed_over, row), until_s)
        np.frombuffer(self._handed_over, np.uint8)[row] |= news
        self._coming = row[np.any((at_s > until_s) & (at_s < inf), axis=0)]
        return Exchanges(
            kind=np.full(len(row), ExchangeKind.UPDATE, np.int8),
            ticket=row,
            device=picked(self._device, row),
            attempt=np.zeros(len(row), np.int64),
            group=row,
            at_s=at_s,
            outcome=picked(self._outcome, row).astype(np.int8),
            news=news,
        )

    def finish(self) -> None:
        """Write the transfers into the logs of links and cloud."""
        device = values_of(self._device)
        for hop in (*self._routes.up, *self._routes.down):
            hop.log(device)
        reached_s = values_of(self._reached_s)
        rows = np.flatnonzero(reached_s < inf)
        refused = values_of(self._outcome)[rows] == _REJECTED
        served_s, nothing = values_of(self._served_s)[rows], np.zeros(len(rows), np.int64)
        self._cloud_log.extend(
            {
                "instance": nothing,
                "offered_s": reached_s[rows],
                "start_s": values_of(self._started_s)[rows],
                "end_s": served_s,
                "arrive_s": served_s,
                "dropped_s": np.where(refused, reached_s[rows], inf),
                "nbytes": nothing,
                "retransmitted_bytes": nothing,
            }
        )

    def columns(self) -> dict[str, np.ndarray]:
        """Return the exchanges so far, column by column; times may lie in the future."""
        sent, until_s = np.flatnonzero(values_of(self._sent, bool)), self._now_s
        asked_s, ended_s = values_of(self._asked_s)[sent], values_of(self._ended_s)[sent]
        outcome = np.where(ended_s <= until_s, values_of(self._outcome)[sent], 0)
        returned_s = np.where(outcome == _INSTALLED, ended_s, inf)
        costs = [[hop.bytes_of(sent, until_s) for hop in hops] for hops in (self._routes.up, self._routes.down)]
        (up_bytes, _), (down_bytes, _) = (hops[0] for hops in costs)
        retransmitted_bytes = sum((again for hops in costs for _, again in hops), np.zeros(len(sent), np.int64))
        return {
            "ticket": sent,
            "device": values_of(self._device)[sent],
            "requested_s": asked_s,
            "sent_s": asked_s,
            "reached_s": values_of(self._reached_s)[sent],
            "started_s": values_of(self._started_s)[sent],
            "served_s": values_of(self._served_s)[sent],
            "returned_s": returned_s,
            "installed_s": returned_s,
            "up_bytes": up_bytes,
            "down_bytes": down_bytes,
            "retransmitted_bytes": retransmitted_bytes,
            "outcome": _OUTCOMES[outcome],
        }
