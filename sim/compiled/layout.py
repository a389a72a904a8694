"""The routes of a fleet as records: which stages the messages of a cohort cross, and which instances of links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.compiled.codes import CLOUD, FLOW, LCFS, PS, QUEUE
from sim.compiled.growing import Growing
from sim.compiled.state import COHORT, SHARE, STAGE, STATION
from sim.exchanges.exchange_context import RetryPolicy
from sim.links.build import DirectionRoutes
from sim.links.link import Link
from sim.links.message import Hop
from sim.links.route import Stage

_LAWS = {"ps": PS, "lcfs": LCFS}


@dataclass(frozen=True)
class HopPlan:
    """One hop of a cohort: its link, its number in its direction, and its place on the whole route."""

    link: Link
    number: int
    place: int
    upwards: bool


@dataclass
class Layout:
    """The records of routes. ``hops`` are those of each cohort; ``places`` is how many a route has at most.

    ``first_station`` is where the instances of each link begin.
    """

    cohorts: np.ndarray
    stages: np.ndarray
    stations: np.ndarray
    shares: np.ndarray
    hops: list[list[HopPlan]]
    places: int
    first_station: dict[Link, int]
    sources: int


class LayoutBuilder:
    """Builds the layout of a scenario, cohort by cohort."""

    def __init__(self, scenario: Any, up: DirectionRoutes, down: DirectionRoutes, timers: Growing) -> None:
        self._scenario, self._up, self._down, self._timers = scenario, up, down, timers
        self._stages: list[np.ndarray] = []
        self._shares, self._sources = Growing(SHARE), 0
        self._first_station: dict[Link, int] = {}
        count = 0
        for link in (*up.links, *down.links):
            self._first_station[link] = count
            count += link.instances
        self._stations = np.zeros(count, STATION)
        self._stations["share"] = -1
        for link, first in self._first_station.items():
            self._lay_out(link, self._stations[first : first + link.instances])

    def build(self, retry_policies: Sequence[RetryPolicy]) -> Layout:
        """Return the layout."""
        cohorts, hops = np.zeros(len(retry_policies), COHORT), []
        for index, policy in enumerate(retry_policies):
            record = cohorts[index : index + 1]
            record["first_stage"] = len(self._stages)
            record["aborts"] = self._scenario.fleet[index].offline.transfers == "abort"
            hops.append(self._add_route(index))
            record["stages"] = len(self._stages) - record["first_stage"]
            record["retries"] = policy.retries
            record["timers"] = self._timers.extend([policy.timer_s(n) for n in range(policy.retries + 1)])
        places = max(len(of_cohort) for of_cohort in hops)
        return Layout(
            cohorts,
            np.concatenate(self._stages),
            self._stations,
            self._shares.array[: max(self._shares.count, 1)],
            hops,
            places,
            self._first_station,
            self._sources,
        )

    def _lay_out(self, link: Link, stations: np.ndarray) -> None:
        """Give the instances of a link their own state, and a share where it has one."""
        if (bucket := link.spec.bucket) is not None:
            stations["refill_bps"], stations["line_bps"] = bucket.rate, link.spec.rate_of(0).at(0.0)
            stations["tokens_bits"] = stations["burst_bits"] = 8.0 * bucket.burst
        law = _LAWS.get(self._scenario.links[link.spec.name].discipline)
        if law is None:
            return
        records = np.zeros(len(stations), SHARE)
        records["law"], records["next_s"], records["due_s"] = law, np.nan, np.inf
        records["root"] = records["ended_first"] = records["ended_last"] = -1
        if law == LCFS:
            records["sources"], self._sources = self._sources, self._sources + self._scenario.devices
        first = self._shares.extend(records)
        stations["share"] = np.arange(first, first + len(stations))

    def _add_route(self, cohort: int) -> list[HopPlan]:
        hops: list[HopPlan] = []
        for paths, upwards in ((self._up, True), (self._down, False)):
            route = paths.routes[cohort]
            if not upwards:
                self._stages.append(_stage(kind=CLOUD))
            for stage, hop in route.stages if route is not None else ():
                self._add_stage(stage, hop, hops, cohort, upwards=upwards)
        return hops

    def _add_stage(self, stage: Stage, first: Hop, hops: list[HopPlan], cohort: int, *, upwards: bool) -> None:
        crossed = stage.links_from(first)
        links = [self._scenario.links[link.spec.name] for link, _ in crossed]
        names = self._scenario.fleet[cohort].cohort
        weights = (link.weights.get(names) for link in links)
        law = _LAWS.get(links[0].discipline)
        self._stages.append(
            _stage(
                kind=QUEUE if law is None else FLOW,
                place=len(hops),
                hops=len(crossed),
                first=first.number == 0,
                upwards=upwards,
                access=any(hop.access for _, hop in crossed),
                bucket=crossed[0][0].spec.bucket is not None,
                ordered=sum(link.spec.ordered << place for place, (link, _) in enumerate(crossed)),
                weight=next((weight for weight in weights if weight is not None), 1.0),
            )
        )
        for link, hop in crossed:
            hops.append(HopPlan(link, hop.number, len(hops), upwards))


def _stage(**fields: Any) -> np.ndarray:
    record = np.zeros(1, STAGE)
    for name, value in fields.items():
        record[name] = value
    return record
