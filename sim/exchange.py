"""The story of one exchange: a device asks, the cloud answers, the update takes effect."""

from __future__ import annotations

from agents.contract import ExchangeKind, Outcome
from sim.clock import Telling
from sim.lines.message import Fate, Message, failed
from sim.records import IN_FLIGHT, INSTALLED, SUPERSEDED, Exchange
from sim.world import World


def ask(world: World, x: Exchange) -> bool:
    """Let a device ask now; return whether that makes an exchange, at once or when those before it are over.

    A device that is away asks nothing; one that is busy does what its policy says.
    """
    if not world.is_there(x.device):
        world.away += 1
        return False
    learner = world.learners.holding(x.device)
    if learner is None:
        return leave(world, x)
    if learner.request is not None:
        world.in_flight.dropped += 1
        return False
    learner.request = x
    return True


def tell(world: World, x: Exchange) -> Telling:
    """Play one exchange, with as many attempts as the device has patience for."""
    patience, fate = world.patience[x.device], Fate.LOST
    for attempt in range(patience.retries + 1):
        fate = yield from _attempt(world, x, attempt)
        if fate is not Fate.LOST:
            break
        world.handover.close(x, Outcome.LOST, world.clock.now)
        yield x.sent_s + patience.waits_s(attempt)
    if (following := end(world, x, fate, world.clock.now)) is not None:
        world.clock.play(tell(world, following), rank=following.ticket)


def _attempt(world: World, x: Exchange, attempt: int) -> Telling:
    """Send the request, have it served, bring the update back; return how that ended."""
    x.begin_attempt(world.clock.now)
    world.handover.note(x)
    world.know_payload(x)
    presence = world.presence_of(x.device)
    request = Message(x, attempt, presence, upwards=True)
    reached_s, fate = yield from world.up[x.device].cross(request, x.sent_s)
    if fate is not Fate.ARRIVED:
        return fate

    x.reached_s = reached_s
    world.handover.note(x)
    fate = yield from world.cloud.serve(x, world.handover)
    if fate is not Fate.ARRIVED:
        return fate

    world.handover.note(x)
    world.know_update(x)
    update = Message(x, attempt, presence, upwards=False)
    returned_s, fate = yield from world.down[x.device].cross(update, x.served_s)
    if fate is Fate.ARRIVED:
        x.returned_s = returned_s
    return fate


def end(world: World, x: Exchange, fate: Fate, now_s: float) -> Exchange | None:
    """Write down how an exchange ended, in an update that takes effect or in nothing; return the next to leave."""
    x.over = True
    if fate is not Fate.ARRIVED:
        x.outcome = failed(fate)
    if x.outcome is IN_FLIGHT:
        x.installed_s, x.outcome = x.returned_s, INSTALLED
        world.learners.overtaken(x.device)
        watch_age(world, x)
    # A lost attempt has been closed when it was lost.
    if fate is not Fate.LOST:
        world.handover.close(x, Outcome[x.outcome.upper()], x.installed_s if x.outcome is INSTALLED else now_s)
    return world.in_flight.release(x)


def leave(world: World, x: Exchange) -> bool:
    """Let a request leave, at once or when those before it are over; return whether it ever will."""
    dropped = world.in_flight.dropped
    if world.in_flight.admit(x):
        world.clock.play(tell(world, x), rank=x.ticket)
    return world.in_flight.dropped == dropped


def leave_late(world: World, x: Exchange) -> None:
    """Let a request leave that had to wait for its device; where another is under way it comes to nothing."""
    if not leave(world, x):
        x.over, x.outcome = True, SUPERSEDED


def watch_age(world: World, x: Exchange) -> None:
    """Let the update that an exchange has just brought expire in due time, unless another follows."""
    change = world.expiry.renew(x.device)
    if world.expiry.after_s is not None:
        world.clock.play(_expire(world, x.device, change, x.installed_s + world.expiry.after_s))


def _expire(world: World, device: int, change: int, at_s: float) -> Telling:
    yield at_s
    if world.expiry.is_latest(device, change):
        x = Exchange.without_request(world.tickets.take(), device, ExchangeKind.EXPIRY)
        world.handover.close(x, Outcome.INSTALLED, at_s)
