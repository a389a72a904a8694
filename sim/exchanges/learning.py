"""Devices that learn by themselves: it takes their time, and the model in force answers meanwhile."""

from __future__ import annotations

from agents.contract import Outcome
from sim.exchanges.device_models import Learner
from sim.exchanges.exchange import leave_late
from sim.exchanges.exchange_context import ExchangeContext
from sim.kernel.calendar import ProcessGenerator
from sim.kernel.records import IN_FLIGHT, INSTALLED, Exchange


def begin_learning(context: ExchangeContext, x: Exchange) -> bool:
    """Let a device learn now; return whether it does: not if it is away, or learning already."""
    if not context.is_there(x.device):
        context.away += 1
        return False
    if x.device in context.learners.busy:
        context.in_flight.dropped += 1
        return False
    context.clock.start_process(learn(context, x), rank=x.ticket)
    return True


def learn(context: ExchangeContext, x: Exchange) -> ProcessGenerator:
    """Learn from what the device has now; what it learns takes effect when its steps are done."""
    context.learners.busy[x.device] = Learner(x)
    x.begin_attempt(context.clock.now)
    context.handover.note(x)
    yield x.sent_s + context.steps_of(x) * x.draws.step_s
    learner = context.learners.busy.pop(x.device)
    x.over = True
    if x.outcome is IN_FLIGHT:
        x.installed_s, x.outcome = context.clock.now, INSTALLED
        context.expiry.renew(x.device)
    context.handover.close(x, Outcome[x.outcome.upper()], context.clock.now)
    if learner.request is not None:
        leave_late(context, learner.request)
