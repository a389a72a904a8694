"""From a scenario's links to live links and routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.kernel.calendar import Clock
from sim.links.disciplines import DISCIPLINES
from sim.links.fluid_link import FluidStage
from sim.links.link import Link, LinkSpec
from sim.links.link_rates import as_fluid, rate_of, recorded_latency, switched
from sim.links.message import Hop
from sim.links.outages import interrupted
from sim.links.overhead import Overhead
from sim.links.route import Route, Stage
from sim.links.shared_link import SharedLinks


@dataclass(frozen=True)
class DirectionRoutes:
    """All links of one direction, and the route of each cohort (None for a cohort without a link)."""

    links: list[Link]
    routes: list[Route | None]
    hops: int

    def links_of(self, cohort: int) -> list[Any]:
        """Return the links of a cohort's route, in the order of crossing; none for a cohort without a link."""
        route = self.routes[cohort]
        return [] if route is None else [stage for stage, _ in route.stages]


def path_of(links: Mapping[str, Any], access: str) -> list[str]:
    """Return the links that a message crosses on its way up, the access link first, each once."""
    path = [access]
    for name in links[access].via:
        path += [hop for hop in path_of(links, name) if hop not in path]
    return path


def build_routes(scenario: Any, direction: str, clock: Clock, earlier: Sequence[Any] = ()) -> DirectionRoutes:
    """Build the links and routes of one direction (``up`` or ``down``); ``earlier`` segments may have other rates.

    Raises:
        TraceError: a trace that cannot be read or used.
    """
    paths = [_path(scenario, cohort.link, direction) for cohort in scenario.fleet]
    links: dict[str, Link] = {}
    first = 0
    for path, cohort in zip(paths, scenario.fleet, strict=True):
        for name in path:
            if name not in links:
                link = scenario.links[name]
                links[name] = DISCIPLINES[link.discipline].load()(_spec(scenario, name, direction, earlier))
            links[name].serve(first, cohort.devices)
        first += cohort.devices
    runs = [run for path in paths for run in runs_of(path, scenario.links) if shares(scenario.links[run[0]])]
    sharing = SharedLinks(scenario, direction, clock, links, runs)
    routes = [
        _route(path, cohort, scenario, direction, links, sharing, clock) if path else None
        for path, cohort in zip(paths, scenario.fleet, strict=True)
    ]
    return DirectionRoutes(list(links.values()), routes, max(1, *map(len, paths)))


def _path(scenario: Any, access: str | None, direction: str) -> list[str]:
    if access is None:
        return []
    path = path_of(scenario.links, access)
    return path if direction == "up" else path[::-1]


def _spec(scenario: Any, name: str, direction: str, earlier: Sequence[Any]) -> LinkSpec:
    link, seed = scenario.links[name], scenario.seed
    following = getattr(link, direction)
    rates = rate_of(following, name, direction, seed, scenario.duration)
    for segment in reversed(earlier):
        before = getattr(segment.scenario.links[name], direction)
        if before != following:
            earlier_rates = rate_of(before, name, direction, seed, scenario.duration)
            rates = switched(earlier_rates, rates, segment.until_s)
        following = before
    rates = interrupted(rates, name, link, seed, scenario.duration)
    return LinkSpec(
        name=name,
        direction=direction,
        group=sum(cohort.devices for cohort in scenario.fleet) if link.shared else link.shared_by or 1,
        rate_of=as_fluid(rates) if shares(link) else rates,
        bucket=getattr(link, direction).bucket,
        overhead=Overhead(link, direction, seed),
        extra_latency_s=recorded_latency(link.ping) if link.ping is not None else None,
        ordered=link.ordered,
    )


def _route(
    path: Sequence[str],
    cohort: Any,
    scenario: Any,
    direction: str,
    links: Mapping[str, Link],
    sharing: SharedLinks,
    clock: Clock,
) -> Route:
    """Return the stages of a path: each link is one stage, but consecutive links that share rates are one."""
    access = 0 if direction == "up" else len(path) - 1
    stages: list[tuple[Stage, Hop]] = []
    for run in runs_of(path, scenario.links):
        hops = [Hop(path.index(name), path.index(name) == access) for name in run]
        if not DISCIPLINES[scenario.links[run[0]].discipline].in_turn:
            crossed = [(links[name], hop) for name, hop in zip(run, hops, strict=True)]
            stage: Stage = FluidStage(
                clock, crossed, sharing.fluid_of(run), sharing.flow_parameters_of(run, cohort.cohort)
            )
            stages.append((stage, hops[0]))
        else:
            stages.append((links[run[0]], hops[0]))  # type: ignore[arg-type]
    return Route(stages)


def runs_of(path: Sequence[str], links: Mapping[str, Any]) -> list[list[str]]:
    """Cut a path where a message is stored: around every link that does not share."""
    runs: list[list[str]] = []
    for name in path:
        if runs and shares(links[name]) and shares(links[runs[-1][-1]]):
            runs[-1].append(name)
        else:
            runs.append([name])
    return runs


def shares(link: Any) -> bool:
    """Return whether messages on a link share its rate."""
    return DISCIPLINES[link.discipline].shares
