"""The story of one exchange: a device asks, the cloud answers, the update takes effect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan

from agents.contract import Adapt, Collect, Discard, Install, Phase, Progress
from sim.clock import Clock, Telling
from sim.cloud import Cloud, Write
from sim.in_flight import InFlight
from sim.lines.message import Fate, Message
from sim.lines.presence import Presence
from sim.lines.route import Route
from sim.records import ABORTED, INSTALLED, LOST, REJECTED, SUPERSEDED, Exchange

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
        world.clock.play(tell(world, x))
    return world.in_flight.dropped == dropped


def tell(world: World, x: Exchange) -> Telling:
    """Play one exchange, with as many attempts as the device has patience for."""
    patience, fate = world.patience[x.device], Fate.LOST
    for attempt in range(patience.retries + 1):
        fate = yield from _attempt(world, x, attempt)
        if fate is not Fate.LOST:
            break
        world.write(Progress(x.ticket, x.device, world.clock.now, Phase.LOST))
        yield x.sent_s + patience.waits_s(attempt)
    _end(world, x, fate)
    if (following := world.in_flight.release(x)) is not None:
        world.clock.play(tell(world, following))


def _attempt(world: World, x: Exchange, attempt: int) -> Telling:
    """Send the request, have it served, bring the update back; return how that ended."""
    write = world.write
    x.begin_attempt(world.clock.now)
    write(Collect(x.ticket, x.device, x.sent_s))
    write(Progress(x.ticket, x.device, x.sent_s, Phase.UPLINK))
    presence, luck = world.presence_of(x.device), x.luck
    up = Message(x.device, x.number, luck.payload_bytes, luck.up_latency_s, x.weigh_up, presence, attempt)
    reached_s, fate = yield from world.up[x.device].cross(up, x.sent_s)
    if fate is not Fate.ARRIVED:
        return fate

    x.reached_s = reached_s
    write(Progress(x.ticket, x.device, reached_s, Phase.CLOUD_QUEUE))
    fate = yield from world.cloud.serve(x, write)
    if fate is not Fate.ARRIVED:
        return fate

    write(Adapt((x.ticket,), x.served_s))
    write(Progress(x.ticket, x.device, x.served_s, Phase.DOWNLINK))
    down = Message(x.device, x.number, luck.update_bytes, luck.down_latency_s, x.weigh_down, presence, attempt)
    x.returned_s, fate = yield from world.down[x.device].cross(down, x.served_s)
    return fate


def _end(world: World, x: Exchange, fate: Fate) -> None:
    """Write down how an exchange ended: in an update that takes effect, or in nothing."""
    now_s, x.over = world.clock.now, True
    if fate is not Fate.ARRIVED:
        x.returned_s = nan
        x.outcome = _OUTCOMES[fate]
        world.write(Progress(x.ticket, x.device, now_s, Phase.LOST))
    if fate is not Fate.ARRIVED or x.outcome is SUPERSEDED:
        world.write(Discard(x.ticket, x.device, now_s))
        return
    x.installed_s, x.outcome = x.returned_s, INSTALLED
    world.write(Install(x.ticket, x.device, x.installed_s))
