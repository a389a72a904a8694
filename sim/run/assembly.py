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
from sim.cloud.build import build_cloud
from sim.cloud.service import Cloud
from sim.compiled.coverage import Obstacle, obstacle
from sim.exchanges.device_models import Expiry, Learners
from sim.exchanges.exchange_context import ExchangeContext, RetryPolicy
from sim.exchanges.in_flight import POLICIES
from sim.exchanges.process_engine import ProcessEngine, draws_of
from sim.exchanges.rounds import Rounds
from sim.exchanges.simulation import Engine, Simulation
from sim.kernel.calendar import Clock, ProcessGenerator
from sim.kernel.handover import EagerHandover, Handover, NoHandover
from sim.kernel.records import ExchangeDraws
from sim.kernel.requests import RequestSource, Tickets
from sim.kernel.transfer_log import TransferLog
from sim.links.build import DirectionRoutes, build_routes
from sim.links.device_availability import AvailabilityOf, availability_of
from sim.links.link import Link
from sim.links.presampled_losses import PresampledLosses
from sim.run.computing_times import with_times
from sim.run.drift_marks import drift_marks
from sim.run.engine_choice import EngineChoice, choose_engine
from sim.run.fleet_spec import fleet_spec
from sim.run.forking.segments import Segment
from sim.run.forking.switched import SwitchedTrigger
from sim.run.request_draws import sampler_of
from sim.run.resuming.journaled_plane import Stage
from sim.scenario import Scenario
from sim.triggers import TRIGGERS
from sim.triggers.base import Asks, Trigger, watched
from sim.triggers.rounds import Rounds as RoundsTrigger
from sim.triggers.rounds import RoundsOptions

#: Called with (what is being prepared, share done in [0, 1]).
Report = Callable[[str, float], None]
#: Takes the builders of the data plane, stage by stage; returns a plane that wraps it.
WrapPlane = Callable[[Sequence[Stage]], DataPlane]


@dataclass(frozen=True)
class AssembledRun:
    """A scenario built into live objects, and what its tables need to know about it.

    ``scenario`` is as it runs: times that had to be measured or computed stand in it as constants. ``service`` is
    how long the cloud takes, where that was one of them.
    """

    scenario: Scenario
    simulation: Simulation
    engine: EngineChoice
    links: list[Link]
    cloud_log: TransferLog
    cohort_of: np.ndarray
    drift_marks: list[dict[str, Any]]
    service: ServiceTime | None = None


def assemble(
    scenario: Scenario,
    *,
    eager: bool = False,
    engine: str = "auto",
    workers: int = 0,
    ray: RaySpec | None = None,
    report: Report | None = None,
    wrap_plane: WrapPlane | None = None,
    earlier: Sequence[Segment] = (),
    logged: Sequence[int] = (),
) -> AssembledRun:
    """Build everything a run needs; training before t = 0 happens here (``report`` receives its progress).

    ``engine`` is one of :data:`ENGINES`; ``eager`` settles after every order: slow. Neither changes the result.
    ``workers`` processes carry the data plane, 0 for this one; they start with the first tick, as ``ray`` says.
    ``wrap_plane`` decides when the data plane is built, and receives all calls to it; ``earlier`` segments are those of
    the run before it was forked. Of ``logged`` devices every sample is kept.
    """
    plane = _data_plane([*earlier, Segment(inf, scenario)], workers, ray, report, wrap_plane, logged)
    scenario, service = with_times(scenario, plane)
    segments = [*earlier, Segment(inf, scenario)]
    clock = Clock()
    up, down = build_routes(scenario, "up", clock, earlier), build_routes(scenario, "down", clock, earlier)
    cloud, away = build_cloud(scenario.cloud, scenario.seed, clock), availability_of(scenario)
    sampler, tickets, trigger = sampler_of(segments, plane, up.hops), Tickets(), _trigger(segments)
    not_compiled = partial(_obstacle, segments, up, down, away)
    choice, beside = choose_engine(engine, scenario, not_compiled, eager=eager), None
    player: Engine
    if choice.name == "compiled":
        player = _compiled(scenario, up, down, away, cloud.log, tickets, plane, sampler)
    else:
        context = _context(scenario, clock, up, down, away, cloud, tickets, plane, eager=eager)
        player, beside = ProcessEngine(context), _rounds(scenario, context, sampler)
    simulation = Simulation(
        duration_s=scenario.duration,
        tick_s=scenario.tick,
        clock=clock,
        engine=player,
        trigger=trigger,
        sampler=sampler,
        plane=plane,
        tickets=tickets,
        learning=_learning(scenario),
        beside=beside,
    )
    cohort_of = np.repeat(np.array([cohort.cohort for cohort in scenario.fleet], object), _sizes(scenario))
    return AssembledRun(
        scenario, simulation, choice, [*up.links, *down.links], cloud.log, cohort_of, drift_marks(scenario), service
    )


def _obstacle(
    segments: Sequence[Segment],
    up: DirectionRoutes,
    down: DirectionRoutes,
    away: AvailabilityOf,
) -> Obstacle | None:
    """Return what of a run only SimPy can play."""
    if any(segment.scenario.links != segments[-1].scenario.links for segment in segments):
        return Obstacle("links", "links that change within the run")
    return obstacle(segments[-1].scenario, up, down, away)


def _compiled(
    scenario: Scenario,
    up: DirectionRoutes,
    down: DirectionRoutes,
    away: AvailabilityOf,
    cloud_log: TransferLog,
    tickets: Tickets,
    plane: DataPlane | None,
    sampler: RequestSource,
) -> Engine:
    # Only here: other runs never load a compiler.
    from sim.compiled.build import EngineContext, build_engine
    from sim.compiled.called_rounds import CalledRounds

    policies = [_retry_policy(scenario, cohort.link) for cohort in scenario.fleet]
    options = _round_options(scenario)
    rounds = None if options is None else CalledRounds(options, scenario.seed, sampler)
    return build_engine(scenario, up, down, policies, EngineContext(away, tickets, plane, rounds, cloud_log))


def _handover(clock: Clock, plane: DataPlane | None, *, eager: bool) -> Handover:
    if plane is None:
        return NoHandover()
    return EagerHandover(clock, plane) if eager else Handover()


def _learning(scenario: Scenario) -> Trigger | None:
    learning: Any = scenario.method.learning
    if learning is None:
        return None
    return trigger_of(scenario, learning.trigger.kind, learning.trigger.settings, "method.learning.trigger")


def _round_options(scenario: Scenario) -> RoundsOptions | None:
    """Return the rounds in which the cloud calls devices; a fork leaves them as they are."""
    trigger = make_trigger(scenario)
    return trigger.rounds if isinstance(trigger, RoundsTrigger) else None


def _rounds(
    scenario: Scenario, context: ExchangeContext, sampler: RequestSource
) -> Callable[[], ProcessGenerator] | None:
    """Return the process of the cloud that calls devices in rounds, if there is one."""
    if (options := _round_options(scenario)) is None:
        return None

    def draws(devices: np.ndarray, number: int, now_s: float) -> list[ExchangeDraws]:
        count = len(devices)
        asks = Asks(devices, np.full(count, now_s), np.full(count, number))
        return list(draws_of(sampler.draw(asks, 0), context.presampled_losses))

    return Rounds(context, options, scenario.seed, scenario.devices, draws).process


def _context(
    scenario: Scenario,
    clock: Clock,
    up: DirectionRoutes,
    down: DirectionRoutes,
    away: AvailabilityOf,
    cloud: Cloud,
    tickets: Tickets,
    plane: DataPlane | None,
    *,
    eager: bool,
) -> ExchangeContext:
    sizes = [cohort.devices for cohort in scenario.fleet]
    learning: Any = scenario.method.learning
    from_data = plane is not None and plane.sizes.from_data
    first = np.cumsum([0, *sizes])[:-1]
    return ExchangeContext(
        clock=clock,
        up=_per_device(up.routes, sizes),
        down=_per_device(down.routes, sizes),
        cloud=cloud,
        in_flight=POLICIES[scenario.method.in_flight](),
        handover=_handover(clock, plane, eager=eager),
        availability_of=away,
        retry_policy=_per_device([_retry_policy(scenario, cohort.link) for cohort in scenario.fleet], sizes),
        presampled_losses=PresampledLosses(first, up.routes, down.routes, known=not from_data),
        tickets=tickets,
        plane=plane,
        steps=None if plane is None else plane.learning_steps,
        learners=Learners(requests_wait=learning is None or learning.requests == "wait"),
        expiry=Expiry(None if plane is None else plane.expires_s),
    )


def make_trigger(scenario: Scenario) -> Trigger:
    """Build the trigger of a scenario; a method without updates never asks.

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


def _trigger(segments: Sequence[Segment]) -> Trigger:
    if len(segments) == 1:
        return make_trigger(segments[0].scenario)
    return SwitchedTrigger(
        segments[0].scenario.devices, [(segment.until_s, make_trigger(segment.scenario)) for segment in segments]
    )


def _data_plane(
    segments: Sequence[Segment],
    workers: int,
    ray: RaySpec | None,
    report: Report | None,
    wrap_plane: WrapPlane | None,
    logged: Sequence[int],
) -> DataPlane | None:
    if segments[-1].scenario.task is None:
        return None
    # Only here: timing-only runs never pay for torch.
    from agents.build import build_fleet
    from agents.surrogate.build import build_surrogate

    stages: list[tuple[int, FleetSpec]] = []
    for before, segment in zip([None, *segments], segments, strict=False):
        after = 0 if before is None else round(before.until_s / segment.scenario.tick)
        watch = watched(make_trigger(segment.scenario), _learning(segments[-1].scenario))
        spec = fleet_spec(segment.scenario, watch, workers, ray, logged)
        if not stages or (spec.adapter_options, spec.watch) != (stages[-1][1].adapter_options, stages[-1][1].watch):
            stages.append((after, spec))
    planes = [
        Stage(after, partial(build_surrogate, spec) if spec.surrogate else partial(build_fleet, spec, report))
        for after, spec in stages
    ]
    return planes[0].build() if wrap_plane is None else wrap_plane(planes)


def _sizes(scenario: Scenario) -> list[int]:
    return [cohort.devices for cohort in scenario.fleet]


def _per_device(values: Sequence[Any], sizes: Sequence[int]) -> list[Any]:
    """Return the value of each device's cohort, device by device."""
    return [value for value, size in zip(values, sizes, strict=True) for _ in range(size)]


def _retry_policy(scenario: Scenario, link: str | None) -> RetryPolicy:
    """Return what devices do about loss: those whose access link repairs it have no timeout."""
    recovery = None if link is None else scenario.links[link].recovery
    if recovery is None or recovery.arq != "off":
        return RetryPolicy(0.0, 0, 1.0)
    return RetryPolicy(recovery.timeout, recovery.retries, recovery.backoff)
