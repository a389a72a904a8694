"""Links that share their rates with each other, as records: the wires of a network, and the paths of its flows."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf
from typing import Any

import numpy as np

from sim.compiled.growing import Growing
from sim.compiled.laws import Laws
from sim.compiled.state import CROSSING, ENTRY, GROUP, WIRE
from sim.links.build import DirectionRoutes
from sim.links.link import Link
from sim.network.rates.rate import Constant


class Networks:
    """The records of max-min networks, one network a direction at most."""

    def __init__(self, scenario: Any, laws: Laws) -> None:
        self._scenario, self._laws = scenario, laws
        self.groups, self.wires = Growing(GROUP), Growing(WIRE)
        self.crossings, self.entries = Growing(CROSSING), Growing(ENTRY)
        self._first_wire: dict[Link, int] = {}
        self._peaks_bps: list[float] = []
        self._caps: dict[Link, float] = {}
        self._groups: dict[tuple[float, ...], int] = {}
        self.joined: set[Link] = set()

    def add(self, paths: DirectionRoutes) -> None:
        """Add the links of one direction that some message crosses together with others."""
        routes = [route for route in paths.routes if route is not None]
        runs = [[link for link, _ in stage.links_from(hop)] for route in routes for stage, hop in route.stages]
        joined = {link for run in runs if len(run) > 1 for link in run}
        self.joined |= joined
        self._caps |= {link: cap for link in joined if (cap := self._cap_bps(link)) < inf}
        for link in sorted(joined - self._caps.keys(), key=lambda link: link.spec.name):
            records = np.zeros(link.instances, WIRE)
            records["rate"] = [self._laws.add_rate(link.spec.rate_of(one)) for one in range(link.instances)]
            records["first_crossing"] = records["last_crossing"] = -1
            self._first_wire[link] = self.wires.extend(records)
            self._peaks_bps += [self._laws.peak_bps(rate) for rate in records["rate"].tolist()]

    def _cap_bps(self, link: Link) -> float:
        """Return the constant rate of a private link that never carries two messages at once, else ``inf``."""
        rate = link.spec.rate_of(0)
        alone = link.spec.group == 1 and self._scenario.method.in_flight != "replace"
        return rate.bps if alone and isinstance(rate, Constant) else inf

    def paths_of(self, run: Sequence[Link], devices: np.ndarray, weight: float) -> np.ndarray:
        """Return the group of each device's flows over consecutive links, int64 [devices]."""
        links = [link for link in run if link not in self._caps]
        cap = min((self._caps[link] for link in run if link in self._caps), default=inf) / weight
        wires = np.zeros((len(devices), len(links)), np.int64)
        for place, link in enumerate(links):
            wires[:, place] = link.instances_of(devices) + self._first_wire[link]
        paths, own = np.unique(wires, axis=0, return_inverse=True)
        return np.array([self._group(path, cap) for path in paths.tolist()], np.int64)[own.reshape(-1)]

    def _group(self, path: list[int], cap: float) -> int:
        key = (cap, *path)
        if key not in self._groups:
            number = self.groups.count
            records = np.zeros(len(path), CROSSING)
            records["wire"], records["group"] = path, number
            records["previous"] = records["next"] = -1
            peaks_bps = [[self._peaks_bps[wire] for wire in path if wire != own] for own in path]
            records["bound_bps"] = [ceil(min(others)) if others else -1 for others in peaks_bps]
            first = self.crossings.extend(records)
            ends = {"root": -1, "touched": -1, "next_stale": -1}
            self._groups[key] = self.groups.add(cap=cap, hops=len(path), first_crossing=first, **ends)
        return self._groups[key]

    def heaps(self) -> dict[str, int]:
        """Let there be room for the heaps of a network; return where they begin."""
        groups, wires = self.groups.count, self.wires.count
        room = {
            "ends_first": 2 * groups + 64,
            "changes_first": wires,
            "full_first": wires,
            "caps_first": groups,
            "order_first": max(groups, wires),
            "reached_first": groups,
        }
        made = {name: self.entries.extend(np.zeros(count + 1, ENTRY)) for name, count in room.items()}
        return made | {"ends_room": 2 * groups + 64, "stale_first": -1, "settled": 1}
