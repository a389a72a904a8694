"""The story of one exchange: a device asks, the cloud answers, the update takes effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.contract import Adapt, Collect, Discard, Install, Order, Phase, Progress
from sim.clock import Clock, Telling
from sim.cloud import Cloud
from sim.in_flight import InFlight
from sim.itinerary import Itinerary
from sim.links import Line
from sim.records import INSTALLED, SUPERSEDED, Exchange


@dataclass
class World:
    """Where exchanges take place: the lines of each device, the cloud, and who is told about it."""

    clock: Clock
    up: Sequence[Line]
    down: Sequence[Line]
    cloud: Cloud
    in_flight: InFlight
    itinerary: Itinerary


def ask(world: World, exchange: Exchange) -> None:
    """Let a device ask now; its policy says whether the request leaves at once, later, or never."""
    if world.in_flight.admit(exchange):
        world.clock.play(tell(world, exchange))


def tell(world: World, x: Exchange) -> Telling:
    """Play one exchange, from the moment the device sends to the moment the update takes effect."""
    write = world.itinerary.add
    x.sent_s = world.clock.now
    x.up_bytes = world.up[x.device].wire_bytes(x.luck.payload_bytes)
    write(Collect(x.ticket, x.device, x.sent_s))
    write(Progress(x.ticket, x.device, x.sent_s, Phase.UPLINK))
    x.reached_s = yield from _cross(world.up[x.device], x, x.up_bytes, x.sent_s, x.luck.up_latency_s)

    x.started_s, served_s = world.cloud.admit(x.reached_s, x.luck.service_s)
    write(Progress(x.ticket, x.device, x.reached_s, Phase.CLOUD_QUEUE))
    write(Progress(x.ticket, x.device, x.started_s, Phase.SERVICE))
    yield served_s
    x.served_s = served_s
    write(Adapt((x.ticket,), x.served_s))

    x.down_bytes = world.down[x.device].wire_bytes(x.luck.update_bytes)
    write(Progress(x.ticket, x.device, x.served_s, Phase.DOWNLINK))
    x.returned_s = yield from _cross(world.down[x.device], x, x.down_bytes, x.served_s, x.luck.down_latency_s)
    write(_ending(x))

    if (following := world.in_flight.release(x)) is not None:
        world.clock.play(tell(world, following))


def _cross(line: Line, x: Exchange, nbytes: int, now_s: float, latency_s: float) -> Telling:
    """Send a message over a line and wait until its last bit has arrived; return that time."""
    arrive_s = line.send(x.device, nbytes, now_s, latency_s)
    yield arrive_s
    return arrive_s


def _ending(x: Exchange) -> Order:
    """Return the order that ends an exchange whose reply has arrived."""
    if x.outcome is SUPERSEDED:
        return Discard(x.ticket, x.device, x.returned_s)
    x.installed_s, x.outcome = x.returned_s, INSTALLED
    return Install(x.ticket, x.device, x.installed_s)
