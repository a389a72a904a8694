"""The routes of a fleet as records: which stages the messages of a cohort cross, and which instances of links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.compiled.codes import BATCHES, CLOUD, FLOW, LCFS, MAXMIN, NEWEST, PS, QUEUE, WORKERS
from sim.compiled.growing import Growing
from sim.compiled.laws import Laws
from sim.compiled.networks import Networks
from sim.compiled.state import COHORT, SHARE, STAGE, STATION
from sim.exchanges.exchange_context import RetryPolicy
from sim.links.build import DirectionRoutes
from sim.links.link import Link
from sim.links.link_rates import RecordedLatency
from sim.links.message import Hop
from sim.links.route import Stage

_LAWS = {"ps": PS, "lcfs": LCFS}
_CLOUD_LAWS = {"ps": WORKERS, "lcfs": NEWEST}


@dataclass(frozen=True)
class HopPlan:
    """One hop of a cohort: its link, its number in its direction, and its place on the whole route."""

    link: Link
    number: int
    place: int
    upwards: bool
    #: The group of the flows of each device of the cohort that begin here, int64; None for no network.
    paths: np.ndarray | None = None
    first_device: int = 0
    #: Whether several messages of one instance are under way at once.
    overlaps: bool = False


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
    networks: Networks
    cloud_share: int


class LayoutBuilder:
    """Builds the layout of a scenario, cohort by cohort."""

    def __init__(self, scenario: Any, up: DirectionRoutes, down: DirectionRoutes, laws: Laws) -> None:
        self._scenario, self._up, self._down, self._laws = scenario, up, down, laws
        self._networks = Networks(scenario, laws)
        self._stages: list[np.ndarray] = []
        self._shares, self._sources = Growing(SHARE), 0
        self._first_station: dict[Link, int] = {}
        count = 0
        for link in (*up.links, *down.links):
            self._first_station[link] = count
            count += link.instances
        self._stations = np.zeros(count, STATION)
        self._stations["share"] = self._stations["ping"] = -1
        self._networks.add(up)
        self._networks.add(down)
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
            kinds = [int(stage["kind"][0]) for stage in self._stages[int(record["first_stage"][0]) :]]
            record["cloud"] = kinds.index(CLOUD)
            record["stages"] = len(self._stages) - record["first_stage"]
            record["retries"] = policy.retries
            record["timers"] = self._laws.numbers.extend([policy.timer_s(n) for n in range(policy.retries + 1)])
        self._add_networks()
        cloud_share = self._add_cloud()
        places = max(1, *(len(of_cohort) for of_cohort in hops))
        return Layout(
            cohorts,
            np.concatenate(self._stages),
            self._stations,
            self._shares.array[: max(self._shares.count, 1)],
            hops,
            places,
            self._first_station,
            self._sources,
            self._networks,
            cloud_share,
        )

    def _lay_out(self, link: Link, stations: np.ndarray) -> None:
        """Give the instances of a link their own state, and a share where it has one."""
        if isinstance(latency := link.spec.extra_latency_s, RecordedLatency):
            stations["ping"] = self._laws.add_latency(latency)
        if (bucket := link.spec.bucket) is not None:
            stations["refill_bps"], stations["line_bps"] = bucket.rate, link.spec.rate_of(0).at(0.0)
            stations["tokens_bits"] = stations["burst_bits"] = 8.0 * bucket.burst
        law = _LAWS.get(self._scenario.links[link.spec.name].discipline)
        if law is None or link in self._networks.joined:
            return
        records = _shares(len(stations), law)
        if law == LCFS:
            records["sources"], self._sources = self._sources, self._sources + self._scenario.devices
        first = self._shares.extend(records)
        stations["share"] = np.arange(first, first + len(stations))

    def _add_cloud(self) -> int:
        """Return the share of a cloud in which later arrivals matter; -1 for one that serves in order."""
        cloud = self._scenario.cloud
        law = _CLOUD_LAWS.get(cloud.queue, BATCHES if cloud.batch.max > 1 else None)
        return -1 if law is None else self._shares.extend(_shares(1, law))

    def _add_networks(self) -> None:
        """Give the links of each direction that share with each other one share together."""
        heaps = self._networks.heaps() if self._networks.joined else {}
        for paths in (self._up, self._down):
            joined = [link for link in paths.links if link in self._networks.joined]
            if not joined:
                continue
            record: Any = _shares(1, MAXMIN)
            for name, value in heaps.items():
                record[name] = value
            share = self._shares.extend(record)
            heaps = self._networks.heaps()
            for link in joined:
                first = self._first_station[link]
                self._stations["share"][first : first + link.instances] = share

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
        first_device = sum(section.devices for section in self._scenario.fleet[:cohort])
        paths = self._paths([link for link, _ in crossed], cohort, first_device, float(self._stages[-1]["weight"][0]))
        for link, hop in crossed:
            hops.append(HopPlan(link, hop.number, len(hops), upwards, paths, first_device, law is not None))
            paths = None

    def _paths(self, run: list[Link], cohort: int, first_device: int, weight: float) -> np.ndarray | None:
        if run[0] not in self._networks.joined:
            return None
        devices = np.arange(first_device, first_device + self._scenario.fleet[cohort].devices)
        return self._networks.paths_of(run, devices, weight)


def _stage(**fields: Any) -> np.ndarray:
    record = np.zeros(1, STAGE)
    for name, value in fields.items():
        record[name] = value
    return record


def _shares(count: int, law: int) -> np.ndarray:
    """Return the records of shares that are empty."""
    records = np.zeros(count, SHARE)
    records["law"], records["next_s"], records["due_s"] = law, np.nan, np.inf
    records["root"] = records["ended_first"] = records["ended_last"] = -1
    return records
