"""The cloud: processes of requests that wait for a worker and are served, one class for each kind of queue."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from math import inf
from typing import Protocol

from sim.kernel.calendar import Clock, PendingEvent, ProcessGenerator, Timer
from sim.kernel.handover import Handover
from sim.kernel.records import Exchange
from sim.kernel.transfer_log import Transfer, TransferLog
from sim.links.message import TransferOutcome
from sim.queues import BatchServers, FifoServers, LcfsServers, SharedServers


class Cloud(Protocol):
    """The service that turns requests into updates, and how long that takes."""

    log: TransferLog

    def serve(self, x: Exchange, handover: Handover) -> ProcessGenerator:
        """Serve a request that has just arrived; the process returns its :class:`TransferOutcome`."""
        ...


class _Queue:
    """What all queues record."""

    def __init__(self, clock: Clock, busy_at_most: float = inf) -> None:
        self.log = TransferLog(busy_at_most)
        self._clock = clock

    def _arrive(self, x: Exchange) -> Transfer:
        return self.log.add(Transfer(0, x.reached_s, 0))

    def _turn_away(self, transfer: Transfer) -> TransferOutcome:
        transfer.dropped_s = transfer.offered_s
        return TransferOutcome.REJECTED

    def _start(self, x: Exchange, transfer: Transfer, start_s: float, handover: Handover) -> None:
        x.started_s = transfer.start_s = start_s
        handover.note(x)

    def _end(self, x: Exchange, transfer: Transfer, end_s: float) -> ProcessGenerator:
        # Known from now on, so that a batch is handed over whole.
        x.served_s = transfer.end_s = transfer.arrive_s = end_s
        yield end_s
        return TransferOutcome.ARRIVED


class FifoCloud(_Queue):
    """First come, first served: the end of a request is known as it arrives."""

    def __init__(self, clock: Clock, servers: FifoServers) -> None:
        super().__init__(clock)
        self.servers = servers

    def serve(self, x: Exchange, handover: Handover) -> ProcessGenerator:
        at_s = x.reached_s
        service = self.servers.admit(at_s, x.draws.service_s)
        if service is None:
            self.log.note(0, at_s, inf, inf, inf, at_s, 0, 0)
            return TransferOutcome.REJECTED
        _, x.started_s, x.served_s = service
        end_s = x.served_s
        self.log.note(0, at_s, x.started_s, end_s, end_s, inf, 0, 0)
        handover.note(x)
        yield end_s
        return TransferOutcome.ARRIVED


class _Waiting(_Queue, Timer):
    """A queue in which later arrivals matter: each request waits for an event of its own."""

    def __init__(self, clock: Clock, next_s: Callable[[], float], busy_at_most: float = inf) -> None:
        _Queue.__init__(self, clock, busy_at_most)
        Timer.__init__(self, clock)
        self._events: dict[Hashable, PendingEvent] = {}
        self._change_s = next_s

    def _wait(self, ticket: int) -> PendingEvent:
        self._events[ticket] = event = self._clock.pending_event()
        self.schedule()
        return event

    def _next_s(self) -> float:
        return self._change_s()


class LcfsCloud(_Waiting):
    """Last come, first served, without preemption: the next request is known when a worker is free."""

    def __init__(self, clock: Clock, servers: LcfsServers) -> None:
        super().__init__(clock, servers.next_s)
        self._servers = servers

    def serve(self, x: Exchange, handover: Handover) -> ProcessGenerator:
        transfer = self._arrive(x)
        has_room, _ = self._servers.enter(x.reached_s, x.ticket, x.draws.service_s)
        if not has_room:
            return self._turn_away(transfer)
        service = yield self._wait(x.ticket)
        self._start(x, transfer, service.start_s, handover)
        result: TransferOutcome = yield from self._end(x, transfer, service.end_s)
        return result

    def _fire(self) -> None:
        for ticket, service in self._servers.begin(self._clock.now):
            self._events.pop(ticket).succeed(service)


class BatchCloud(_Waiting):
    """Requests served together: the requests of a batch are known when it starts."""

    def __init__(self, clock: Clock, servers: BatchServers) -> None:
        # In the log each worker is an instance of its own, busy once however many requests its batch has.
        super().__init__(clock, servers.next_s, busy_at_most=1.0)
        self._servers = servers

    def serve(self, x: Exchange, handover: Handover) -> ProcessGenerator:
        transfer = self._arrive(x)
        if not self._servers.enter(x.reached_s, x.ticket):
            return self._turn_away(transfer)
        batch = yield self._wait(x.ticket)
        transfer.instance, x.group = batch.server, batch.jobs[0]
        self._start(x, transfer, batch.start_s, handover)
        result: TransferOutcome = yield from self._end(x, transfer, batch.end_s)
        return result

    def _fire(self) -> None:
        for batch in self._servers.begin(self._clock.now):
            for ticket in batch.jobs:
                self._events.pop(ticket).succeed(batch)


class SharedCloud(_Waiting):
    """All requests at once, sharing the workers: a request starts as it arrives."""

    def __init__(self, clock: Clock, servers: SharedServers) -> None:
        super().__init__(clock, servers.next_s, busy_at_most=servers.servers)
        self._servers = servers

    def serve(self, x: Exchange, handover: Handover) -> ProcessGenerator:
        transfer = self._arrive(x)
        if not self._servers.enter(x.reached_s, x.ticket, x.draws.service_s):
            return self._turn_away(transfer)
        event = self._wait(x.ticket)
        self._start(x, transfer, x.reached_s, handover)
        end_s = yield event
        result: TransferOutcome = yield from self._end(x, transfer, end_s)
        return result

    def _fire(self) -> None:
        for ticket, end_s in self._servers.complete(self._clock.now):
            self._events.pop(ticket).succeed(end_s)
