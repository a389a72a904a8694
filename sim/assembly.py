"""From a scenario to live objects: the only file that knows every concrete class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Any

import numpy as np

from agents.contract import DataPlane, FleetSpec, InputError, RaySpec
from agents.contract.component import make_component
from agents.methods import METHODS
from agents.seeding import Purpose
from sim.clock import Clock
from sim.cloud import Cloud, FifoCloud
from sim.cloud_building import build_cloud
from sim.cues import Write, unheard
from sim.drift_marks import drift_marks
from sim.exchange import Patience, World
from sim.express import Express
from sim.fleet_spec import fleet_spec
from sim.forking.acts import Act
from sim.forking.relay import ChancesRelay, TriggerRelay
from sim.forwarding import forwarding
from sim.in_flight import POLICIES
from sim.itinerary import EagerItinerary, Itinerary
from sim.laws import Constant, Law
from sim.lines.building import Ways, build_ways, path_of
from sim.lines.foresight import Foresight
from sim.lines.line import Line
from sim.lines.passages import PassageLog
from sim.presences import presence_of
from sim.requests import Chances, Draw, Drawing, by_cohort, draw_from, total
from sim.resuming.kept_plane import Stage
from sim.roads import express_roads
from sim.scenario import Scenario
from sim.simulation import Player, Simulation
from sim.stories import Stories
from sim.triggers import TRIGGERS
from sim.triggers.base import Trigger

#: Told (what is being prepared, share done in [0, 1]).
Report = Callable[[str, float], None]
#: Told how to build the data plane, stage by stage; returns one that stands before it.
Keep = Callable[[Sequence[Stage]], DataPlane]


@dataclass(frozen=True)
class Live:
    """A scenario come alive, and what its tables need to know about it.

    ``scenario`` is as it is played: a service time that had to be measured stands in it as a constant.
    """

    scenario: Scenario
    simulation: Simulation
    lines: list[Line]
    cloud_log: PassageLog
    cohort_of: np.ndarray
    drift_marks: list[dict[str, Any]]


def assemble(
    scenario: Scenario,
    *,
    eager: bool = False,
    workers: int = 0,
    ray: RaySpec | None = None,
    report: Report | None = None,
    keep: Keep | None = None,
    earlier: Sequence[Act] = (),
) -> Live:
    """Build everything a run needs; training before t = 0 happens here (``report`` is told how far it is).

    ``eager`` plays every exchange as a story and settles after every order: slow, general, and to the same end.
    ``workers`` processes carry the data plane, 0 for this one; they start with the first tick, as ``ray`` says.
    ``keep`` decides when the data plane is built, and hears all that is said to it; ``earlier`` acts are those under
    which the run was played before it was forked.
    """
    plane = _data_plane([*earlier, Act(inf, scenario)], workers, ray, report, keep)
    scenario = _with_service(scenario, plane)
    acts = [*earlier, Act(inf, scenario)]
    clock = Clock()
    itinerary = EagerItinerary(clock, plane) if eager and plane is not None else Itinerary()
    up, down = build_ways(scenario, "up", clock, earlier), build_ways(scenario, "down", clock, earlier)
    cloud = build_cloud(scenario.cloud, scenario.seed, clock)
    write = itinerary.add if plane is not None else unheard
    player: Player
    roads = None if eager or _relinked(acts) else express_roads(scenario, up, down, presence_of(scenario))
    if roads is not None and isinstance(cloud, FifoCloud):
        player = Express(roads, cloud.servers, cloud.log, itinerary.extend if plane is not None else None)
    else:
        world = _world(scenario, clock, up, down, cloud, write)
        known = None if eager else forwarding(world)
        player = Stories(world) if known is None else known
    simulation = Simulation(
        duration_s=scenario.duration,
        tick_s=scenario.tick,
        clock=clock,
        player=player,
        itinerary=itinerary,
        trigger=_trigger(acts),
        chances=_chances(acts, plane, up.hops),
        plane=plane,
    )
    names = np.array([cohort.cohort for cohort in scenario.fleet], object)
    cohort_of = np.repeat(names, [cohort.devices for cohort in scenario.fleet])
    return Live(scenario, simulation, [*up.lines, *down.lines], cloud.log, cohort_of, drift_marks(scenario))


def _world(scenario: Scenario, clock: Clock, up: Ways, down: Ways, cloud: Cloud, write: Write) -> World:
    sizes = [cohort.devices for cohort in scenario.fleet]
    first = np.cumsum([0, *sizes])[:-1]
    return World(
        clock=clock,
        up=_spread(up.routes, sizes),
        down=_spread(down.routes, sizes),
        cloud=cloud,
        in_flight=POLICIES[scenario.method.in_flight](),
        write=write,
        presence_of=presence_of(scenario),
        patience=_spread([_patience(scenario, cohort.link) for cohort in scenario.fleet], sizes),
        foresight=Foresight(first, up.routes, down.routes),
    )


def make_trigger(scenario: Scenario) -> Trigger:
    """Build the trigger of a scenario; a method that has nothing to ask for never asks.

    Raises:
        InputError: options that a user's class does not take.
    """
    chosen, row = scenario.method.trigger, METHODS.get(scenario.method.adapter.kind)
    silent = row is not None and "silence" in row.gives
    kind, options = ("never", {}) if silent else (chosen.kind, chosen.settings)
    context = scenario.seed, scenario.devices, scenario.tick
    try:
        trigger: Trigger = make_component(TRIGGERS, kind, "trigger", options, *context)
    except ValueError as error:
        raise InputError("method.trigger", str(error)) from error
    return trigger


def _trigger(acts: Sequence[Act]) -> Trigger:
    if len(acts) == 1:
        return make_trigger(acts[0].scenario)
    return TriggerRelay(acts[0].scenario.devices, [(act.until_s, make_trigger(act.scenario)) for act in acts])


def _relinked(acts: Sequence[Act]) -> bool:
    """Say whether links change in the middle of the run."""
    return any(act.scenario.links != acts[-1].scenario.links for act in acts)


def _data_plane(
    acts: Sequence[Act], workers: int, ray: RaySpec | None, report: Report | None, keep: Keep | None
) -> DataPlane | None:
    if acts[-1].scenario.task is None:
        return None
    # Only here: timing-only runs never pay for torch.
    from agents.building import build_fleet

    stages: list[tuple[int, FleetSpec]] = []
    for before, act in zip([None, *acts], acts, strict=False):
        after = 0 if before is None else round(before.until_s / act.scenario.tick)
        spec = fleet_spec(act.scenario, make_trigger(act.scenario).watches, workers, ray)
        if not stages or (spec.adapter_options, spec.watch) != (stages[-1][1].adapter_options, stages[-1][1].watch):
            stages.append((after, spec))
    planes = [Stage(after, partial(build_fleet, spec, report)) for after, spec in stages]
    return planes[0].build() if keep is None else keep(planes)


def _with_service(scenario: Scenario, plane: DataPlane | None) -> Scenario:
    """Put a number where the scenario says ``service: measured``."""
    if scenario.cloud.service != "measured" or plane is None:
        return scenario
    cloud = scenario.cloud.model_copy(update={"service": Constant(plane.measure_service_s())})
    return scenario.model_copy(update={"cloud": cloud})


def _spread(values: Sequence[Any], sizes: Sequence[int]) -> list[Any]:
    """Return the value of each device's cohort, device by device."""
    return [value for value, size in zip(values, sizes, strict=True) for _ in range(size)]


def _patience(scenario: Scenario, link: str | None) -> Patience:
    """Return what devices do about loss: those whose access link repairs it are patient for ever."""
    recovery = None if link is None else scenario.links[link].recovery
    if recovery is None or recovery.arq != "off":
        return Patience(0.0, 0, 1.0)
    return Patience(recovery.timeout, recovery.retries, recovery.backoff)


def _chances(acts: Sequence[Act], plane: DataPlane | None, hops: int) -> Drawing:
    parts = [(act.until_s, _chances_of(act.scenario, plane, hops)) for act in acts]
    return parts[0][1] if len(parts) == 1 else ChancesRelay(parts)


def _chances_of(scenario: Scenario, plane: DataPlane | None, hops: int) -> Chances:
    seed: int = scenario.seed
    service: Any = scenario.cloud.service
    payload, update = _message_sizes(scenario, plane)
    return Chances(
        payload_bytes=draw_from(payload, seed, Purpose.PAYLOAD_SIZE),
        update_bytes=draw_from(update, seed, Purpose.UPDATE_SIZE),
        up_latency_s=[_latency(scenario, "up", hop) for hop in range(hops)],
        down_latency_s=[_latency(scenario, "down", hop) for hop in range(hops)],
        service_s=draw_from(service, seed, Purpose.SERVICE),
    )


def _message_sizes(scenario: Scenario, plane: DataPlane | None) -> tuple[Law, Law]:
    if plane is None:
        probe: Any = scenario.method.adapter
        return probe.payload, probe.update
    return Constant(float(plane.sizes.payload_bytes)), Constant(float(plane.sizes.update_bytes))


_LATENCY = {
    "up": (Purpose.UPLINK_LATENCY, Purpose.UPLINK_JITTER),
    "down": (Purpose.DOWNLINK_LATENCY, Purpose.DOWNLINK_JITTER),
}


def _latency(scenario: Scenario, direction: str, hop: int) -> Draw:
    """Return the latency of one hop of each cohort's route; zero where the route is shorter."""
    draws = []
    for cohort in scenario.fleet:
        path = [] if cohort.link is None else path_of(scenario.links, cohort.link)
        path = path if direction == "up" else path[::-1]
        link = scenario.links[path[hop]] if hop < len(path) else None
        laws = [] if link is None else zip((link.latency, link.jitter), _LATENCY[direction], strict=True)
        draws.append(total([draw_from(law, scenario.seed, purpose, hop) for law, purpose in laws]))
    first = np.cumsum([0, *(cohort.devices for cohort in scenario.fleet)])[:-1]
    return by_cohort(draws, first)
