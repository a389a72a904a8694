"""Devices that learn by themselves: it takes their time, and the model in force answers meanwhile."""

from __future__ import annotations

from agents.contract import Outcome
from sim.clock import Telling
from sim.device_models import Learner
from sim.exchange import leave_late
from sim.records import IN_FLIGHT, INSTALLED, Exchange
from sim.world import World


def begin_learning(world: World, x: Exchange) -> bool:
    """Let a device learn now; return whether it does: not if it is away, or learning already."""
    if not world.is_there(x.device):
        world.away += 1
        return False
    if x.device in world.learners.busy:
        world.in_flight.dropped += 1
        return False
    world.clock.play(learn(world, x), rank=x.ticket)
    return True


def learn(world: World, x: Exchange) -> Telling:
    """Learn from what the device has now; what it learns takes effect when its steps are done."""
    world.learners.busy[x.device] = Learner(x)
    x.begin_attempt(world.clock.now)
    world.handover.note(x)
    yield x.sent_s + world.steps_of(x) * x.luck.step_s
    learner = world.learners.busy.pop(x.device)
    x.over = True
    if x.outcome is IN_FLIGHT:
        x.installed_s, x.outcome = world.clock.now, INSTALLED
        world.expiry.renew(x.device)
    world.handover.close(x, Outcome[x.outcome.upper()], world.clock.now)
    if learner.request is not None:
        leave_late(world, learner.request)
