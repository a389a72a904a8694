"""The cloud: stories of requests that wait for a worker and are served, one file for all queues."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from math import inf
from typing import Protocol

from sim.alarm import Alarm
from sim.clock import Clock, Happening, Telling
from sim.handover import Handover
from sim.lines.message import Fate
from sim.lines.passages import Passage, PassageLog
from sim.queues import BatchServers, FifoServers, LcfsServers, SharedServers
from sim.records import Exchange


class Cloud(Protocol):
    """Who turns requests into updates, and how long that takes."""

    log: PassageLog

    def serve(self, x: Exchange, handover: Handover) -> Telling:
        """Serve a request that has just arrived; the story returns its :class:`Fate`."""
        ...


class _Queue:
    """What all queues write down."""

    def __init__(self, clock: Clock, busy_at_most: float = inf) -> None:
        self.log = PassageLog(busy_at_most)
        self._clock = clock

    def _arrive(self, x: Exchange) -> Passage:
        return self.log.add(Passage(0, x.reached_s, 0))

    def _turn_away(self, passage: Passage) -> Fate:
        passage.dropped_s = passage.offered_s
        return Fate.REJECTED

    def _start(self, x: Exchange, passage: Passage, start_s: float, handover: Handover) -> None:
        x.started_s = passage.start_s = start_s
        handover.note(x)

    def _end(self, x: Exchange, passage: Passage, end_s: float) -> Telling:
        # Known from now on, so that a batch is handed over whole.
        x.served_s = passage.end_s = passage.arrive_s = end_s
        yield end_s
        return Fate.ARRIVED


class FifoCloud(_Queue):
    """First come, first served: the future of a request is known as it arrives."""

    def __init__(self, clock: Clock, servers: FifoServers) -> None:
        super().__init__(clock)
        self.servers = servers

    def serve(self, x: Exchange, handover: Handover) -> Telling:
        at_s = x.reached_s
        service = self.servers.admit(at_s, x.luck.service_s)
        if service is None:
            self.log.note(0, at_s, inf, inf, inf, at_s, 0, 0)
            return Fate.REJECTED
        _, x.started_s, x.served_s = service
        end_s = x.served_s
        self.log.note(0, at_s, x.started_s, end_s, end_s, inf, 0, 0)
        handover.note(x)
        yield end_s
        return Fate.ARRIVED


class _Waiting(_Queue):
    """A queue whose future is known only as it happens: requests wait for an event each."""

    def __init__(self, clock: Clock, next_s: Callable[[], float], busy_at_most: float = inf) -> None:
        super().__init__(clock, busy_at_most)
        self._events: dict[Hashable, Happening] = {}
        self._alarm = Alarm(clock, next_s, self._happen)

    def _wait(self, ticket: int) -> Happening:
        self._events[ticket] = event = self._clock.happening()
        self._alarm.watch()
        return event

    def _happen(self) -> None:
        raise NotImplementedError


class LcfsCloud(_Waiting):
    """Last come, first served, nobody interrupted: who is next is known when a worker is free."""

    def __init__(self, clock: Clock, servers: LcfsServers) -> None:
        super().__init__(clock, servers.next_s)
        self._servers = servers

    def serve(self, x: Exchange, handover: Handover) -> Telling:
        passage = self._arrive(x)
        has_room, _ = self._servers.enter(x.reached_s, x.ticket, x.luck.service_s)
        if not has_room:
            return self._turn_away(passage)
        service = yield self._wait(x.ticket)
        self._start(x, passage, service.start_s, handover)
        fate: Fate = yield from self._end(x, passage, service.end_s)
        return fate

    def _happen(self) -> None:
        for ticket, service in self._servers.begin(self._clock.now):
            self._events.pop(ticket).succeed(service)


class BatchCloud(_Waiting):
    """Requests served together: who shares a batch is known when it starts."""

    def __init__(self, clock: Clock, servers: BatchServers) -> None:
        # In the log each worker is an instance of its own, busy once however many requests its batch has.
        super().__init__(clock, servers.next_s, busy_at_most=1.0)
        self._servers = servers

    def serve(self, x: Exchange, handover: Handover) -> Telling:
        passage = self._arrive(x)
        if not self._servers.enter(x.reached_s, x.ticket):
            return self._turn_away(passage)
        batch = yield self._wait(x.ticket)
        passage.instance, x.group = batch.server, batch.jobs[0]
        self._start(x, passage, batch.start_s, handover)
        fate: Fate = yield from self._end(x, passage, batch.end_s)
        return fate

    def _happen(self) -> None:
        for batch in self._servers.begin(self._clock.now):
            for ticket in batch.jobs:
                self._events.pop(ticket).succeed(batch)


class SharedCloud(_Waiting):
    """All requests at once, sharing the workers: a request starts as it arrives."""

    def __init__(self, clock: Clock, servers: SharedServers) -> None:
        super().__init__(clock, servers.next_s, busy_at_most=servers.servers)
        self._servers = servers

    def serve(self, x: Exchange, handover: Handover) -> Telling:
        passage = self._arrive(x)
        if not self._servers.enter(x.reached_s, x.ticket, x.luck.service_s):
            return self._turn_away(passage)
        event = self._wait(x.ticket)
        self._start(x, passage, x.reached_s, handover)
        end_s = yield event
        fate: Fate = yield from self._end(x, passage, end_s)
        return fate

    def _happen(self) -> None:
        for ticket, end_s in self._servers.complete(self._clock.now):
            self._events.pop(ticket).succeed(end_s)
