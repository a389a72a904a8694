"""From a scenario to live objects: the only file that knows every concrete class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.contract import DataPlane
from agents.seeding import Purpose
from sim.clock import Clock
from sim.cloud import Cloud
from sim.drift_marks import drift_marks
from sim.exchange import World
from sim.fleet_spec import fleet_spec
from sim.in_flight import POLICIES
from sim.itinerary import EagerItinerary, Itinerary
from sim.laws import Constant, Law
from sim.links import Line
from sim.network.rates import Constant as ConstantRate
from sim.requests import Chances, Draw, Registry, by_cohort, draw_from, total
from sim.scenario import Scenario
from sim.simulation import Simulation
from sim.triggers import At, EverySamples, Never, Periodic, Poisson, Trigger

#: Told (what is being prepared, share done in [0, 1]).
Report = Callable[[str, float], None]


@dataclass(frozen=True)
class Live:
    """A scenario come alive, and what its tables need to know about it."""

    simulation: Simulation
    lines: list[Line]
    cohort_of: np.ndarray
    drift_marks: list[dict[str, Any]]


def assemble(scenario: Scenario, *, eager: bool = False, report: Report | None = None) -> Live:
    """Build everything a run needs; training before t = 0 happens here (``report`` is told how far it is)."""
    trigger = make_trigger(scenario)
    plane = _data_plane(scenario, trigger, report)
    clock = Clock()
    up, down = _lines(scenario, "up"), _lines(scenario, "down")
    sizes = [cohort.devices for cohort in scenario.fleet]
    world = World(
        clock=clock,
        up=_spread(up, sizes),
        down=_spread(down, sizes),
        cloud=Cloud(scenario.cloud.workers),
        in_flight=POLICIES[scenario.method.in_flight](),
        itinerary=EagerItinerary(clock, plane) if eager and plane is not None else Itinerary(),
    )
    simulation = Simulation(
        duration_s=scenario.duration,
        tick_s=scenario.tick,
        world=world,
        trigger=trigger,
        registry=Registry(_chances(scenario, plane)),
        plane=plane,
    )
    cohort_of = np.repeat(np.array([cohort.cohort for cohort in scenario.fleet], object), sizes)
    lines = [line for line in dict.fromkeys([*up, *down]) if line is not None]
    return Live(simulation, lines, cohort_of, drift_marks(scenario))


def make_trigger(scenario: Scenario) -> Trigger:
    """Build the trigger of a scenario; a method that has nothing to ask for never asks."""
    trigger: Any = scenario.method.trigger
    devices = sum(cohort.devices for cohort in scenario.fleet)
    if trigger.kind == "never" or scenario.method.adapter.kind == "static":
        return Never(devices)
    if trigger.kind == "periodic":
        phase_s = None if trigger.phase == "random" else float(trigger.phase)
        return Periodic(scenario.seed, devices, trigger.every, phase_s)
    if trigger.kind == "poisson":
        return Poisson(scenario.seed, devices, trigger.rate)
    if trigger.kind == "at":
        asks = [(ask.times, None if ask.devices == "all" else ask.devices) for ask in trigger.all_asks]
        return At(devices, asks)
    if trigger.kind == "every_samples":
        return EverySamples(scenario.seed, devices, trigger.n, scenario.tick)
    raise NotImplementedError(f"trigger {trigger.kind!r}")


def _data_plane(scenario: Scenario, trigger: Trigger, report: Report | None) -> DataPlane | None:
    if scenario.task is None:
        return None
    # Only here: timing-only runs never pay for torch.
    from agents.building import build_fleet

    return build_fleet(fleet_spec(scenario, trigger.watches), report)


def _lines(scenario: Scenario, direction: str) -> list[Line | None]:
    """Return the line of each cohort; cohorts share a line only if its link is shared by the whole fleet."""
    fleet = sum(cohort.devices for cohort in scenario.fleet)
    kept: dict[str, Line] = {}
    lines: list[Line | None] = []
    first = 0
    for cohort in scenario.fleet:
        if cohort.link is None:
            lines.append(None)
            first += cohort.devices
            continue
        if cohort.link not in kept:
            link = scenario.links[cohort.link]
            throughput = getattr(link, direction)
            group = fleet if link.shared else link.shared_by or 1
            rate = ConstantRate(throughput.rate)
            kept[cohort.link] = Line(cohort.link, direction, rate, group, link.header)
        kept[cohort.link].serve(first, cohort.devices)
        lines.append(kept[cohort.link])
        first += cohort.devices
    return lines


def _spread(lines: list[Line | None], sizes: list[int]) -> list[Line]:
    """Return the line of each device."""
    return [line for line, size in zip(lines, sizes, strict=True) if line is not None for _ in range(size)]


def _chances(scenario: Scenario, plane: DataPlane | None) -> Chances:
    seed, service = scenario.seed, scenario.cloud.service
    payload, update = _message_sizes(scenario, plane)
    return Chances(
        payload_bytes=draw_from(payload, seed, Purpose.PAYLOAD_SIZE),
        update_bytes=draw_from(update, seed, Purpose.UPDATE_SIZE),
        up_latency_s=_latency(scenario, Purpose.UPLINK_LATENCY, Purpose.UPLINK_JITTER),
        down_latency_s=_latency(scenario, Purpose.DOWNLINK_LATENCY, Purpose.DOWNLINK_JITTER),
        service_s=draw_from(service, seed, Purpose.SERVICE),
    )


def _message_sizes(scenario: Scenario, plane: DataPlane | None) -> tuple[Law, Law]:
    if plane is None:
        probe: Any = scenario.method.adapter
        return probe.payload, probe.update
    return Constant(float(plane.sizes.payload_bytes)), Constant(float(plane.sizes.update_bytes))


def _latency(scenario: Scenario, latency: Purpose, jitter: Purpose) -> Draw:
    first = np.cumsum([0, *(cohort.devices for cohort in scenario.fleet)])[:-1]
    draws = []
    for cohort in scenario.fleet:
        link = None if cohort.link is None else scenario.links[cohort.link]
        laws = [] if link is None else [(link.latency, latency), (link.jitter, jitter)]
        draws.append(total([draw_from(law, scenario.seed, purpose) for law, purpose in laws]))
    return by_cohort(draws, first)
