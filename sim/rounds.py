"""Federated rounds: the cloud calls devices, they learn and report, and the cloud adapts once to all reports.

A round closes when enough have reported, when its time is over, or when nobody is left who might. Reports that come
later are rejected. Rounds do not overlap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf

import numpy as np

from agents.contract import ExchangeKind, Outcome
from agents.seeding import Purpose, uniforms
from sim.clock import Happening, Telling
from sim.learning import learn
from sim.lines.message import Fate, Message, failed
from sim.records import INSTALLED, REJECTED, REPORTED, Exchange, Luck
from sim.triggers.rounds import RoundsOptions
from sim.world import World

#: Draws what is left to chance for devices in round number n, at a time [s].
DrawLuck = Callable[[np.ndarray, int, float], list[Luck]]


@dataclass
class Round:
    """A round under way."""

    closing: Happening
    left: int
    enough: int
    reports: list[Exchange] = field(default_factory=list)
    is_open: bool = True

    def report(self, x: Exchange) -> bool:
        """Take a report in; return whether it comes in time."""
        if self.is_open:
            self.reports.append(x)
        return self.is_open

    def leave(self) -> None:
        """Note that a device has reported, or never will; with enough reports, or nobody left, the round closes."""
        self.left -= 1
        if len(self.reports) >= self.enough or not self.left:
            self.close()

    def close(self) -> None:
        """End the round; the cloud goes on with the reports it has."""
        if self.is_open:
            self.is_open = False
            self.closing.succeed(None)


class Rounds:
    """Plays one round after the other, as a server that calls devices."""

    def __init__(self, world: World, plan: RoundsOptions, seed: int, devices: int, luck: DrawLuck) -> None:
        self._world, self._plan, self._seed, self._devices, self._luck = world, plan, seed, devices, luck
        self._taking_part: set[int] = set()

    def process(self) -> Telling:
        """Begin a round whenever it is time; a round that lasts longer delays those after it."""
        number, begin_s = 0, self._plan.every
        while begin_s < inf:
            yield begin_s
            yield from self._round(number)
            number += 1
            begin_s = max(begin_s + self._plan.every, self._world.clock.now)

    def _round(self, number: int) -> Telling:
        world, plan = self._world, self._plan
        called = self._select(number)
        if not len(called):
            return
        round_ = Round(world.clock.happening(), len(called), min(plan.enough, len(called)))
        for device, luck in zip(called.tolist(), self._luck(called, number, world.clock.now), strict=True):
            world.clock.play(self._take_part(round_, number, device, luck))
        if plan.timeout is not None:
            world.clock.play(_time_out(round_, world.clock.now + plan.timeout))
        if round_.is_open:
            yield round_.closing
        if round_.reports:
            yield from self._adapt(round_.reports)

    def _select(self, number: int) -> np.ndarray:
        """Return the devices that are called, in order: chance decides among those that are there."""
        world, everybody = self._world, np.arange(self._devices)
        free = [device for device in everybody.tolist() if device not in self._taking_part]
        there = [device for device in free if world.is_there(device)]
        own = uniforms(self._seed, Purpose.ROUND, everybody, np.full(self._devices, number))[there]
        return np.sort(np.array(there, np.int64)[own.argsort(kind="stable")[: self._plan.called]])

    def _take_part(self, round_: Round, number: int, device: int, luck: Luck) -> Telling:
        self._taking_part.add(device)
        came = yield from self._receive(number, device, luck)
        if came:
            yield from self._learn(number, device, luck)
            yield from self._report(round_, number, device, luck)
        self._taking_part.discard(device)
        round_.leave()

    def _exchange(self, number: int, device: int, luck: Luck, kind: ExchangeKind) -> Exchange:
        world = self._world
        x = Exchange(world.tickets.take(), device, number, world.clock.now, luck, kind)
        world.add(x)
        return x

    def _receive(self, number: int, device: int, luck: Luck) -> Telling:
        """Send the model of the cloud to a device; return whether it arrives."""
        world = self._world
        x = self._exchange(number, device, luck, ExchangeKind.PUSH)
        x.begin_attempt(world.clock.now)
        x.served_s = x.sent_s
        world.handover.note(x)
        world.know_update(x)
        message = Message(x, 0, world.presence_of(device), upwards=False)
        x.returned_s, fate = yield from world.down[device].cross(message, x.served_s)
        x.over = True
        if fate is Fate.ARRIVED:
            x.installed_s, x.outcome = x.returned_s, INSTALLED
            world.learners.overtaken(device)
            world.expiry.renew(device)
        else:
            x.outcome = failed(fate)
        world.handover.close(x, Outcome[x.outcome.upper()], world.clock.now)
        return fate is Fate.ARRIVED

    def _learn(self, number: int, device: int, luck: Luck) -> Telling:
        if device not in self._world.learners.busy:
            yield from learn(self._world, self._exchange(number, device, luck, ExchangeKind.LEARN))

    def _report(self, round_: Round, number: int, device: int, luck: Luck) -> Telling:
        world = self._world
        x = self._exchange(number, device, luck, ExchangeKind.REPORT)
        x.begin_attempt(world.clock.now)
        world.handover.note(x)
        world.know_payload(x)
        message = Message(x, 0, world.presence_of(device), upwards=True)
        x.reached_s, fate = yield from world.up[device].cross(message, x.sent_s)
        if fate is Fate.ARRIVED and round_.report(x):
            world.handover.note(x)
            return
        x.over, x.outcome = True, REJECTED if fate is Fate.ARRIVED else failed(fate)
        world.handover.close(x, Outcome[x.outcome.upper()], world.clock.now)

    def _adapt(self, reports: list[Exchange]) -> Telling:
        """Let the cloud adapt to all reports in one piece of work, that of the first; or to none, if it is full."""
        world, first = self._world, reports[0]
        arrived_s, first.reached_s = first.reached_s, world.clock.now
        fate = yield from world.cloud.serve(first, world.handover)
        first.reached_s = arrived_s
        for x in reports:
            x.started_s, x.served_s, x.group, x.over = first.started_s, first.served_s, first.ticket, True
            x.outcome = REPORTED if fate is Fate.ARRIVED else failed(fate)
            world.handover.close(x, Outcome[x.outcome.upper()], world.clock.now)


def _time_out(round_: Round, at_s: float) -> Telling:
    yield at_s
    round_.close()
