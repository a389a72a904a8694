"""The story of one exchange: a device asks, the cloud answers, the update takes effect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sim.clock import Clock, Telling
from sim.cloud import Cloud
from sim.cues import ADAPT, CLOUD_QUEUE, COLLECT, DISCARD, DOWNLINK, INSTALL, UPLINK, Write
from sim.cues import LOST as LOSS
from sim.in_flight import InFlight
from sim.lines.foresight import Foresight
from sim.lines.message import Fate, Message
from sim.lines.presence import Presence
from sim.lines.route import Route
from sim.records import ABORTED, IN_FLIGHT, INSTALLED, LOST, REJECTED, SUPERSEDED, Exchange

#: How an exchange ends whose message did not arrive.
_OUTCOMES = {Fate.LOST: LOST, Fate.ABORTED: ABORTED, Fate.SUPERSEDED: SUPERSEDED, Fate.REJECTED: REJECTED}


@dataclass(frozen=True)
class Patience:
    """What a device does about a lost message: nobody tells it, so it waits for a timer to run out.

    A timer that runs out while a message is merely slow changes nothing.
    """

    timeout_s: float
    retries: int
    backoff: float

    def waits_s(self, attempt: int) -> float:
        """Return how long the timer of an attempt (from 0) runs."""
        return self.timeout_s * self.backoff**attempt


@dataclass
class World:
    """Where exchanges take place: ways to and from the cloud, the cloud, and who is told about it."""

    clock: Clock
    up: Sequence[Route]
    down: Sequence[Route]
    cloud: Cloud
    in_flight: InFlight
    write: Write
    presence_of: Callable[[int], Presence | None]
    patience: Sequence[Patience]
    foresight: Foresight
    #: Asks that were never made because the device was away.
    away: int = 0


def ask(world: World, x: Exchange) -> bool:
    """Let a device ask now; return whether that makes an exchange, at once or when those before it are over.

    A device that is away asks nothing; one that is busy does what its policy says.
    """
    presence = world.presence_of(x.device)
    if presence is not None and not presence.availability.available(world.clock.now):
        world.away += 1
        return False
    dropped = world.in_flight.dropped
    if world.in_flight.admit(x):
        world.clock.play(tell(world, x), rank=x.ticket)
    return world.in_flight.dropped == dropped


def tell(world: World, x: Exchange) -> Telling:
    """Play one exchange, with as many attempts as the device has patience for."""
    patience, fate = world.patience[x.device], Fate.LOST
    for attempt in range(patience.retries + 1):
        fate = yield from _attempt(world, x, attempt)
        if fate is not Fate.LOST:
            break
        world.write(LOSS, x.ticket, x.device, world.clock.now)
        yield x.sent_s + patience.waits_s(attempt)
    if (following := end(world, x, fate, world.clock.now)) is not None:
        world.clock.play(tell(world, following), rank=following.ticket)


def _attempt(world: World, x: Exchange, attempt: int) -> Telling:
    """Send the request, have it served, bring the update back; return how that ended."""
    write = world.write
    x.begin_attempt(world.clock.now)
    write(COLLECT, x.ticket, x.device, x.sent_s)
    write(UPLINK, x.ticket, x.device, x.sent_s)
    presence = world.presence_of(x.device)
    request = Message(x, attempt, presence, upwards=True)
    reached_s, fate = yield from world.up[x.device].cross(request, x.sent_s)
    if fate is not Fate.ARRIVED:
        return fate

    x.reached_s = reached_s
    write(CLOUD_QUEUE, x.ticket, x.device, reached_s)
    fate = yield from world.cloud.serve(x, write)
    if fate is not Fate.ARRIVED:
        return fate

    write(ADAPT, x.ticket, x.device, x.served_s)
    write(DOWNLINK, x.ticket, x.device, x.served_s)
    update = Message(x, attempt, presence, upwards=False)
    returned_s, fate = yield from world.down[x.device].cross(update, x.served_s)
    if fate is Fate.ARRIVED:
        x.returned_s = returned_s
    return fate


def end(world: World, x: Exchange, fate: Fate, now_s: float) -> Exchange | None:
    """Write down how an exchange ended, in an update that takes effect or in nothing; return the next to leave."""
    x.over, write = True, world.write
    if fate is not Fate.ARRIVED:
        x.outcome = _OUTCOMES[fate]
        write(LOSS, x.ticket, x.device, now_s)
    if x.outcome is IN_FLIGHT:
        x.installed_s, x.outcome = x.returned_s, INSTALLED
        write(INSTALL, x.ticket, x.device, x.installed_s)
    else:
        write(DISCARD, x.ticket, x.device, now_s)
    return world.in_flight.release(x)
