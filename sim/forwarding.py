"""Plays exchanges by plain arithmetic where every queue is first in, first out.

Whatever such a queue will do to a message is known as the message enters: waits, losses, absences and all. So an
exchange needs no process that lives through it, only a moment at which it enters the next queue; the moments stand in
a heap. The laws are those of :mod:`sim.exchange`, called at the same moments in the same order, and so are the results,
to the last bit; but nothing here waits for anything that is not yet known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import heappop, heappush
from math import inf

from sim.cloud import FifoCloud
from sim.cues import ADAPT, CLOUD_QUEUE, COLLECT, DOWNLINK, UPLINK
from sim.cues import LOST as LOSS
from sim.exchange import World, end
from sim.lines.fifo import FifoLine
from sim.lines.message import Fate, Hop, Message
from sim.lines.route import Route
from sim.one_by_one import OneByOne, exchanges_of
from sim.records import Exchange
from sim.requests import Requests

#: The lines that a message crosses.
Way = Sequence[tuple[FifoLine, Hop]]


def forwarding(world: World) -> Forwarding | None:
    """Return the player for a world of first-in first-out queues, None for any other."""
    routes = {id(route): route for route in (*world.up, *world.down)}.values()
    ways = {id(route): _way(route) for route in routes}
    if not isinstance(world.cloud, FifoCloud) or None in ways.values():
        return None
    up, down = ([ways[id(route)] or () for route in side] for side in (world.up, world.down))
    return Forwarding(world, world.cloud, up, down)


def _way(route: Route | None) -> Way | None:
    """Return the lines of a route (none where there is no link), or None if any is not first in, first out."""
    stages = [] if route is None else route.stages
    lines = [(line, hop) for line, hop in stages if isinstance(line, FifoLine)]
    return lines if len(lines) == len(stages) else None


class Forwarding(OneByOne):
    """The way to play exchanges over first-in first-out lines and such a cloud, shared or not."""

    def __init__(self, world: World, cloud: FifoCloud, up: Sequence[Way], down: Sequence[Way]) -> None:
        super().__init__(world)
        self._cloud, self._up, self._down = cloud, up, down
        self._asks: Iterator[Exchange] = iter(())
        # What is to come: when, whose (at one moment, who asked first goes first), what, and to which message.
        self._calendar: list[tuple[float, int, Callable[[Message, float], None], Message]] = []

    def plan(self, requests: Requests) -> None:
        """Take in the requests of the next tick."""
        self._asks = exchanges_of(requests, self._world.foresight)

    def advance(self, until_s: float) -> None:
        """Play everything up to ``until_s``: at equal times, what is under way moves before devices ask."""
        for x in self._asks:
            self._play_until(x.requested_s)
            self._ask(x, x.requested_s)
        self._play_until(until_s)

    def _play_until(self, until_s: float) -> None:
        calendar = self._calendar
        while calendar and calendar[0][0] <= until_s:
            at_s, _, go_on, message = heappop(calendar)
            go_on(message, at_s)

    def _enter(self, at_s: float, go_on: Callable[[Message, float], None], message: Message) -> None:
        if at_s < inf:
            heappush(self._calendar, (at_s, message.exchange.ticket, go_on, message))

    def _ask(self, x: Exchange, now_s: float) -> None:
        world = self._world
        presence = world.presence_of(x.device)
        if presence is not None and not presence.availability.available(now_s):
            world.away += 1
            return
        dropped = world.in_flight.dropped
        if world.in_flight.admit(x):
            self._begin(x, 0, now_s)
        if world.in_flight.dropped == dropped:
            self._exchanges.add(x)

    def _begin(self, x: Exchange, attempt: int, now_s: float) -> None:
        """Send the request, for the first time or again."""
        x.begin_attempt(now_s)
        write = self._world.write
        write(COLLECT, x.ticket, x.device, now_s)
        write(UPLINK, x.ticket, x.device, now_s)
        self._cross(Message(x, attempt, self._world.presence_of(x.device), upwards=True), now_s)

    def _cross(self, message: Message, now_s: float) -> None:
        """Enter the next line of the way."""
        way = (self._up if message.upwards else self._down)[message.device]
        line, hop = way[message.crossed]
        at_s, message.fate = line.forward(message, hop, now_s)
        message.crossed += 1
        if message.fate is not Fate.ARRIVED:
            self._enter(at_s, self._fail, message)
        elif message.crossed < len(way):
            self._enter(at_s, self._cross, message)
        else:
            self._enter(at_s, self._reach if message.upwards else self._return, message)

    def _reach(self, request: Message, now_s: float) -> None:
        """Enter the cloud's queue."""
        x, write = request.exchange, self._world.write
        x.reached_s = now_s
        write(CLOUD_QUEUE, x.ticket, x.device, now_s)
        service = self._cloud.admit(x, write)
        if service is None:
            self._end(x, Fate.REJECTED, now_s)
        else:
            self._enter(service.end_s, self._answer, request)

    def _answer(self, request: Message, now_s: float) -> None:
        """Send the update."""
        x, write = request.exchange, self._world.write
        x.served_s = now_s
        write(ADAPT, x.ticket, x.device, now_s)
        write(DOWNLINK, x.ticket, x.device, now_s)
        self._cross(Message(x, request.attempt, request.presence, upwards=False), now_s)

    def _return(self, update: Message, now_s: float) -> None:
        update.exchange.returned_s = now_s
        self._end(update.exchange, Fate.ARRIVED, now_s)

    def _fail(self, message: Message, now_s: float) -> None:
        """End what was broken off; of what is lost the device hears only when its timer runs out."""
        x = message.exchange
        if message.fate is not Fate.LOST:
            self._end(x, message.fate, now_s)
            return
        self._world.write(LOSS, x.ticket, x.device, now_s)
        timer_s = x.sent_s + self._world.patience[x.device].waits_s(message.attempt)
        self._enter(max(timer_s, now_s), self._run_out_of_time, message)

    def _run_out_of_time(self, message: Message, now_s: float) -> None:
        x = message.exchange
        if message.attempt < self._world.patience[x.device].retries:
            self._begin(x, message.attempt + 1, now_s)
        else:
            self._end(x, Fate.LOST, now_s)

    def _end(self, x: Exchange, fate: Fate, now_s: float) -> None:
        following = end(self._world, x, fate, now_s)
        if following is not None:
            self._begin(following, 0, now_s)
