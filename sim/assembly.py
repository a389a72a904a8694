"""From a scenario to live objects: the only file that knows every concrete class."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Any

import numpy as np

from agents.contract import DataPlane, FleetSpec, InputError, RaySpec, ServiceTime
from agents.contract.component import OptionError, make_component
from agents.methods import METHODS
from sim.clock import Clock, Telling
from sim.cloud import Cloud, FifoCloud
from sim.cloud_building import build_cloud
from sim.computing_times import with_times
from sim.device_models import Expiry, Learners
from sim.drift_marks import drift_marks
from sim.express import Express
from sim.fleet_spec import fleet_spec
from sim.forking.acts import Act
from sim.forking.relay import TriggerRelay
from sim.handover import EagerHandover, Handover, NoHandover
from sim.in_flight import POLICIES
from sim.lines.building import Ways, build_ways
from sim.lines.foresight import Foresight
from sim.lines.line import Line
from sim.lines.passages import PassageLog
from sim.presences import presence_of
from sim.records import Luck
from sim.request_draws import chances_of
from sim.requests import Drawing, Tickets
from sim.resuming.kept_plane import Stage
from sim.roads import express_roads
from sim.rounds import Rounds
from sim.scenario import Scenario
from sim.simulation import Player, Simulation
from sim.stories import Stories, luck_of
from sim.triggers import TRIGGERS
from sim.triggers.base import Asks, Trigger
from sim.triggers.rounds import Rounds as RoundsTrigger
from sim.world import Patience, World

#: Told (what is being prepared, share done in [0, 1]).
Report = Callable[[str, float], None]
#: Told how to build the data plane, stage by stage; returns one that stands before it.
Keep = Callable[[Sequence[Stage]], DataPlane]


@dataclass(frozen=True)
class Live:
    """A scenario come alive, and what its tables need to know about it.

    ``scenario`` is as it is played: times that had to be measured or computed stand in it as constants. ``service`` is
    how long the cloud takes, where that was one of them.
    """

    scenario: Scenario
    simulation: Simulation
    lines: list[Line]
    cloud_log: PassageLog
    cohort_of: np.ndarray
    drift_marks: list[dict[str, Any]]
    service: ServiceTime | None = None


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
    scenario, service = with_times(scenario, plane)
    acts = [*earlier, Act(inf, scenario)]
    clock = Clock()
    up, down = build_ways(scenario, "up", clock, earlier), build_ways(scenario, "down", clock, earlier)
    cloud = build_cloud(scenario.cloud, scenario.seed, clock)
    player: Player
    chances, tickets, beside = chances_of(acts, plane, up.hops), Tickets(), None
    trigger = _trigger(acts)
    one_by_one = eager or _relinked(acts) or _begins_by_itself(scenario, plane)
    roads = None if one_by_one else express_roads(scenario, up, down, presence_of(scenario))
    if roads is not None and isinstance(cloud, FifoCloud):
        player = Express(roads, cloud.servers, cloud.log, followed=plane is not None)
    else:
        world = _world(scenario, clock, up, down, cloud, tickets, plane, eager=eager)
        player, beside = Stories(world), _rounds(scenario, trigger, world, chances)
    simulation = Simulation(
        duration_s=scenario.duration,
        tick_s=scenario.tick,
        clock=clock,
        player=player,
        trigger=trigger,
        chances=chances,
        plane=plane,
        tickets=tickets,
        learning=_learning(scenario),
        beside=beside,
    )
    names = np.array([cohort.cohort for cohort in scenario.fleet], object)
    cohort_of = np.repeat(names, [cohort.devices for cohort in scenario.fleet])
    return Live(scenario, simulation, [*up.lines, *down.lines], cloud.log, cohort_of, drift_marks(scenario), service)


def _handover(clock: Clock, plane: DataPlane | None, *, eager: bool) -> Handover:
    if plane is None:
        return NoHandover()
    return EagerHandover(clock, plane) if eager else Handover()


def _begins_by_itself(scenario: Scenario, plane: DataPlane | None) -> bool:
    """Say whether anything goes on that no request of a device begins, or whose size only the data know."""
    method: Any = scenario.method
    return (
        method.learning is not None
        or method.trigger.kind == "rounds"
        or (plane is not None and (plane.sizes.from_data or plane.expires_s is not None))
    )


def _learning(scenario: Scenario) -> Trigger | None:
    learning: Any = scenario.method.learning
    if learning is None:
        return None
    return trigger_of(scenario, learning.trigger.kind, learning.trigger.settings, "method.learning.trigger")


def _rounds(scenario: Scenario, trigger: Trigger, world: World, chances: Drawing) -> Callable[[], Telling] | None:
    """Return the process of the cloud that calls devices in rounds, if there is one."""
    if not isinstance(trigger, RoundsTrigger):
        return None

    def luck(devices: np.ndarray, number: int, now_s: float) -> list[Luck]:
        count = len(devices)
        asks = Asks(devices, np.full(count, now_s), np.full(count, number))
        return list(luck_of(chances.draw(asks, 0), world.foresight))

    return Rounds(world, trigger.rounds, scenario.seed, scenario.devices, luck).process


def _world(
    scenario: Scenario,
    clock: Clock,
    up: Ways,
    down: Ways,
    cloud: Cloud,
    tickets: Tickets,
    plane: DataPlane | None,
    *,
    eager: bool,
) -> World:
    sizes = [cohort.devices for cohort in scenario.fleet]
    learning: Any = scenario.method.learning
    from_data = plane is not None and plane.sizes.from_data
    first = np.cumsum([0, *sizes])[:-1]
    return World(
        clock=clock,
        up=_spread(up.routes, sizes),
        down=_spread(down.routes, sizes),
        cloud=cloud,
        in_flight=POLICIES[scenario.method.in_flight](),
        handover=_handover(clock, plane, eager=eager),
        presence_of=presence_of(scenario),
        patience=_spread([_patience(scenario, cohort.link) for cohort in scenario.fleet], sizes),
        foresight=Foresight(first, up.routes, down.routes, known=not from_data),
        tickets=tickets,
        plane=plane,
        steps=None if plane is None else plane.learning_steps,
        learners=Learners(requests_wait=learning is None or learning.requests == "wait"),
        expiry=Expiry(None if plane is None else plane.expires_s),
    )


def make_trigger(scenario: Scenario) -> Trigger:
    """Build the trigger of a scenario; a method that has nothing to ask for never asks.

    Raises:
        InputError: options that a user's class does not take.
    """
    chosen, row = scenario.method.trigger, METHODS.get(scenario.method.adapter.kind)
    if row is not None and "silence" in row.gives:
        return trigger_of(scenario, "never", {}, "method.trigger")
    return trigger_of(scenario, chosen.kind, chosen.settings, "method.trigger")


def trigger_of(scenario: Scenario, kind: str, options: Mapping[str, Any], path: str) -> Trigger:
    """Build one trigger, of requests or of learning; raises as :func:`make_trigger`."""
    seen = TRIGGERS[kind].traits.get("sees", ()) if kind in TRIGGERS else ()
    context = scenario.seed, scenario.devices, scenario.tick, *(getattr(scenario, name) for name in seen)
    try:
        trigger: Trigger = make_component(TRIGGERS, kind, "trigger", options, *context)
    except OptionError as error:
        raise InputError(".".join((path, *error.option)), str(error)) from error
    except ValueError as error:
        raise InputError(path, str(error)) from error
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


def _spread(values: Sequence[Any], sizes: Sequence[int]) -> list[Any]:
    """Return the value of each device's cohort, device by device."""
    return [value for value, size in zip(values, sizes, strict=True) for _ in range(size)]


def _patience(scenario: Scenario, link: str | None) -> Patience:
    """Return what devices do about loss: those whose access link repairs it are patient for ever."""
    recovery = None if link is None else scenario.links[link].recovery
    if recovery is None or recovery.arq != "off":
        return Patience(0.0, 0, 1.0)
    return Patience(recovery.timeout, recovery.retries, recovery.backoff)
