"""Federated rounds: the cloud calls devices, they learn and report, and the cloud adapts once to all reports.

A round closes when enough have reported, when its time is over, or when no device is left that might. Reports that come
later are rejected. Rounds do not overlap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf

import numpy as np

from agents.contract import ExchangeKind, Outcome
from agents.seeding import Purpose, uniforms
from sim.exchanges.exchange_context import ExchangeContext
from sim.exchanges.learning import learn
from sim.kernel.calendar import PendingEvent, ProcessGenerator
from sim.kernel.handover import Handover
from sim.kernel.records import INSTALLED, REJECTED, REPORTED, Exchange, ExchangeDraws
from sim.links.message import Message, TransferOutcome, failed
from sim.triggers.rounds import RoundsOptions

#: Makes the random draws of devices in round number n, at a time [s].
DrawRequests = Callable[[np.ndarray, int, float], list[ExchangeDraws]]


@dataclass
class Round:
    """A round under way."""

    closing: PendingEvent
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
        """Note that a device has reported, or never will; with enough reports, or no device left, the round closes."""
        self.left -= 1
        if len(self.reports) >= self.enough or not self.left:
            self.close()

    def close(self) -> None:
        """End the round; the cloud goes on with the reports it has."""
        if self.is_open:
            self.is_open = False
            self.closing.succeed(None)


class Rounds:
    """Runs one round after the other, as a server that calls devices."""

    def __init__(
        self, context: ExchangeContext, plan: RoundsOptions, seed: int, devices: int, draws: DrawRequests
    ) -> None:
        self._context, self._plan, self._seed, self._devices, self._draws = context, plan, seed, devices, draws
        self._taking_part: set[int] = set()

    def process(self) -> ProcessGenerator:
        """Begin a round whenever it is time; a round that lasts longer delays those after it."""
        number, begin_s = 0, self._plan.every
        while begin_s < inf:
            yield begin_s
            yield from self._round(number)
            number += 1
            begin_s = max(begin_s + self._plan.every, self._context.clock.now)

    def _round(self, number: int) -> ProcessGenerator:
        context, plan = self._context, self._plan
        called = self._select(number)
        if not len(called):
            return
        round_ = Round(context.clock.pending_event(), len(called), min(plan.enough, len(called)))
        for device, draws in zip(called.tolist(), self._draws(called, number, context.clock.now), strict=True):
            context.clock.start_process(self._take_part(round_, number, device, draws))
        if plan.timeout is not None:
            context.clock.start_process(_time_out(round_, context.clock.now + plan.timeout))
        if round_.is_open:
            yield round_.closing
        if round_.reports:
            yield from self._adapt(round_.reports)

    def _select(self, number: int) -> np.ndarray:
        """Return the devices that are called, in order: a random choice among those that are there."""
        context, free = self._context, np.ones(self._devices, bool)
        free[list(self._taking_part)] = False
        for device in np.flatnonzero(free).tolist():
            free[device] = context.is_there(device)
        return choose(self._seed, number, free, self._plan.called)

    def _take_part(self, round_: Round, number: int, device: int, draws: ExchangeDraws) -> ProcessGenerator:
        self._taking_part.add(device)
        came = yield from self._receive(number, device, draws)
        if came:
            yield from self._learn(number, device, draws)
            yield from self._report(round_, number, device, draws)
        self._taking_part.discard(device)
        round_.leave()

    def _exchange(self, number: int, device: int, draws: ExchangeDraws, kind: ExchangeKind) -> Exchange:
        context = self._context
        x = Exchange(context.tickets.take(), device, number, context.clock.now, draws, kind)
        context.add(x)
        return x

    def _receive(self, number: int, device: int, draws: ExchangeDraws) -> ProcessGenerator:
        """Send the model of the cloud to a device; return whether it arrives."""
        context = self._context
        x = self._exchange(number, device, draws, ExchangeKind.PUSH)
        x.begin_attempt(context.clock.now)
        x.served_s = x.sent_s
        context.handover.note(x)
        context.know_update(x)
        message = Message(x, 0, context.availability_of(device), upwards=False)
        x.returned_s, result = yield from context.down[device].cross(message, x.served_s)
        x.over = True
        if result is TransferOutcome.ARRIVED:
            x.installed_s, x.outcome = x.returned_s, INSTALLED
            context.learners.overtaken(device)
            context.expiry.renew(device)
        else:
            x.outcome = failed(result)
        context.handover.close(x, Outcome[x.outcome.upper()], context.clock.now)
        return result is TransferOutcome.ARRIVED

    def _learn(self, number: int, device: int, draws: ExchangeDraws) -> ProcessGenerator:
        if device not in self._context.learners.busy:
            yield from learn(self._context, self._exchange(number, device, draws, ExchangeKind.LEARN))

    def _report(self, round_: Round, number: int, device: int, draws: ExchangeDraws) -> ProcessGenerator:
        context = self._context
        x = self._exchange(number, device, draws, ExchangeKind.REPORT)
        x.begin_attempt(context.clock.now)
        context.handover.note(x)
        context.know_payload(x)
        message = Message(x, 0, context.availability_of(device), upwards=True)
        x.reached_s, result = yield from context.up[device].cross(message, x.sent_s)
        if result is TransferOutcome.ARRIVED and round_.report(x):
            context.handover.note(x)
            return
        x.over, x.outcome = True, REJECTED if result is TransferOutcome.ARRIVED else failed(result)
        context.handover.close(x, Outcome[x.outcome.upper()], context.clock.now)

    def _adapt(self, reports: list[Exchange]) -> ProcessGenerator:
        """Let the cloud adapt to all reports in one piece of work, that of the first; or to none, if it is full."""
        context, first = self._context, reports[0]
        job = Exchange(first.ticket, first.device, first.number, context.clock.now, first.draws, ExchangeKind.REPORT)
        job.reached_s = context.clock.now
        together = _Together(context.handover, reports)
        result = yield from context.cloud.serve(job, together)
        together.note(job)
        for x in reports:
            x.over, x.outcome = True, REPORTED if result is TransferOutcome.ARRIVED else failed(result)
            context.handover.close(x, Outcome[x.outcome.upper()], context.clock.now)


class _Together(Handover):
    """Passes the times of one job of the cloud on to all reports that it serves, as soon as they are known."""

    def __init__(self, handover: Handover, reports: list[Exchange]) -> None:
        super().__init__()
        self._handover, self._reports = handover, reports

    def note(self, x: Exchange) -> None:
        for report in self._reports:
            report.started_s, report.served_s, report.group = x.started_s, x.served_s, self._reports[0].ticket
            self._handover.note(report)


def choose(seed: int, number: int, free: np.ndarray, called: int) -> np.ndarray:
    """Return the devices that a round calls, in order: a random choice among those that are free, bool [devices]."""
    there = np.flatnonzero(free)
    own = uniforms(seed, Purpose.ROUND, there, np.full(len(there), number))
    return np.sort(there[own.argsort(kind="stable")[:called]])


def _time_out(round_: Round, at_s: float) -> ProcessGenerator:
    yield at_s
    round_.close()
