"""The compiled engine as the run sees it."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.contract import ExchangeKind, Exchanges, news_of
from sim.cloud.build import batch_work_of
from sim.compiled.codes import DONE, DRAWS, RETRY, WORK
from sim.compiled.departures import Departures
from sim.compiled.growing import Growing
from sim.compiled.initial import empty_state
from sim.compiled.intake import take_in, take_in_hop
from sim.compiled.laws import Laws
from sim.compiled.layout import HopPlan, Layout
from sim.compiled.loop import advance
from sim.compiled.losses import draw_losses
from sim.compiled.row_views import exchanges_of, joined
from sim.compiled.state import EVENT, HOP, ROW
from sim.exchanges.simulation import tick_edges_s
from sim.kernel.requests import Requests
from sim.kernel.transfer_log import TransferLog
from sim.links.device_availability import AvailabilityOf
from sim.network.rates.rate import Constant

#: Batches that are drawn at once.
_BATCHES = 64


class CompiledEngine:
    """Exchanges as rows, advanced by compiled code; ``followed`` if a data plane receives them.

    Args:
        first: the first device of each cohort, int64.
        gated: whether devices of each cohort may be away, bool.
    """

    def __init__(
        self,
        scenario: Any,
        layout: Layout,
        laws: Laws,
        workers: np.ndarray,
        availability_of: AvailabilityOf,
        gated: np.ndarray,
        cloud_log: TransferLog,
        *,
        followed: bool,
    ) -> None:
        self._layout, self._laws, self._followed = layout, laws, followed
        self._availability_of, self._gated = availability_of, gated
        sizes = [cohort.devices for cohort in scenario.fleet]
        self._first_device = np.cumsum([0, *sizes])[:-1]
        self._has_rate = np.zeros(len(layout.stations), bool)
        self._closed: list[Exchanges] = []
        self._first = self._next = 0
        self._work, self._batch_work_s = Growing(np.float64), batch_work_of(scenario.cloud, scenario.seed)
        self._state = empty_state(scenario, layout, workers)
        edges_s = tick_edges_s(scenario.duration, scenario.tick)
        self._departures = Departures(self._state, layout, cloud_log, edges_s)
        # Compiled code is loaded before the run begins.
        self._lay_tables()
        self.advance(0.0)
        self._departures.count(np.arange(0))
        for link, first in layout.first_station.items():
            if link.instances and isinstance(rate := link.spec.rate_of(0), Constant):
                span = slice(first, first + link.instances)
                self._set_rate(span, laws.add_rate(rate))
                self._has_rate[span] = True

    @property
    def asks_dropped(self) -> int:
        return int(self._state.g["dropped"][0])

    @property
    def asks_away(self) -> int:
        return int(self._state.g["away"][0])

    def __len__(self) -> int:
        return int(self._state.g["next_ask"][0]) - self.asks_dropped - self.asks_away

    def plan(self, requests: Requests, kind: ExchangeKind = ExchangeKind.UPDATE) -> None:
        """Take in the requests of the next tick."""
        self._leave()
        count = len(requests.device)
        self._make_room(count)
        first, device = self._next, requests.device
        self._next = first + count
        self._state.g["asks_end"] = self._next
        cohort = np.searchsorted(self._first_device, device, side="right") - 1
        take_in(
            self._state.g,
            first,
            requests.ticket,
            device,
            requests.number,
            requests.at_s,
            cohort,
            requests.payload_bytes,
            requests.update_bytes,
            requests.service_s,
        )
        rows = np.arange(first, self._next)
        for index, hops in enumerate(self._layout.hops):
            mine = rows if len(self._layout.hops) == 1 else rows[cohort == index]
            if len(mine):
                self._prepare(index, hops, mine, requests, mine - first)
        self._lay_tables()

    def advance(self, until_s: float) -> None:
        """Process everything up to ``until_s``."""
        while (reason := advance(self._state.g, until_s)) != DONE:
            if reason == DRAWS:
                self._draw_again()
            elif reason == WORK:
                self._draw_work()
            else:
                self._grow_events()

    def due(self, until_s: float) -> Exchanges:
        """Return what the data plane must be handed: all news up to ``until_s``, each of them once."""
        rows = self._rows(self._first, int(self._state.g["next_ask"][0]))
        exchanges = exchanges_of(rows)
        exchanges.news[:] = news_of(exchanges.at_s, rows["handed_over"], until_s)
        self._state["row"]["handed_over"][rows["id"] & self._mask] |= exchanges.news
        parts = [*self._closed, exchanges]
        for part in self._closed:
            part.news[:] = news_of(part.at_s, part.news, until_s)
        self._closed = []
        return joined([part.take(np.flatnonzero(part.news)) for part in parts])

    def finish(self) -> None:
        """Complete the logs of links and cloud."""
        self._departures.count(np.arange(self._first, self._next))

    def departed(self) -> dict[str, np.ndarray]:
        """Return the exchanges that have left since the last call, column by column."""
        return self._departures.take()

    def columns(self) -> dict[str, np.ndarray]:
        """Return the exchanges that have not left, column by column; times may lie in the future."""
        return self._departures.columns(np.arange(self._first, int(self._state.g["next_ask"][0])))

    @property
    def _mask(self) -> int:
        return len(self._state["row"]) - 1

    def _rows(self, first: int, end: int) -> np.ndarray:
        """Return some rows, copied."""
        return self._state["row"][np.arange(first, end) & self._mask]

    def _hops(self, rows: np.ndarray, place: int) -> np.ndarray:
        return self._state["hop"][(rows["id"] & self._mask) * self._layout.places + place]

    def _leave(self) -> None:
        """Let the rows at the front that are over leave."""
        ring = self._state["row"]["over"]
        places = np.arange(self._first, self._next) & self._mask
        going = np.flatnonzero(ring[places] == 0)
        end = self._first + (int(going[0]) if len(going) else len(places))
        if end == self._first:
            return
        self._departures.leave(np.arange(self._first, end))
        self._first = end
        # What is still to come begins no earlier than the first that has not left.
        if end < self._next:
            self._departures.settle(float(self._rows(end, end + 1)["requested_s"][0]))

    def _prepare(
        self, cohort: int, hops: list[HopPlan], rows: np.ndarray, requests: Requests, asks: np.ndarray
    ) -> None:
        """Draw what the messages of a cohort cost, and lay out what they meet."""
        device, number = requests.device[asks], requests.number[asks]
        for hop in hops:
            nbytes = (requests.payload_bytes if hop.upwards else requests.update_bytes)[asks]
            latency_s = (requests.up_latency_s if hop.upwards else requests.down_latency_s)[hop.number][asks]
            self._cost(hop, rows, device, number, nbytes, latency_s, 0)
        if self._gated[cohort]:
            self._lay_gates(device)

    def _cost(
        self,
        hop: HopPlan,
        rows: np.ndarray,
        device: np.ndarray,
        number: np.ndarray,
        nbytes: np.ndarray,
        latency_s: np.ndarray,
        attempt: np.ndarray | int,
    ) -> None:
        costs = hop.link.spec.overhead.costs(device, number, nbytes, latency_s, hop.number, attempt, draw_losses)
        station = hop.link.instances_of(device) + self._layout.first_station[hop.link]
        missing = np.unique(station[~self._has_rate[station]])
        for place in missing.tolist():
            rate = hop.link.spec.rate_of(place - self._layout.first_station[hop.link])
            self._set_rate(slice(place, place + 1), self._laws.add_rate(rate))
        self._has_rate[missing] = True
        path = station if hop.paths is None else hop.paths[device - hop.first_device]
        take_in_hop(self._state.g, rows, hop.place, *costs, latency_s, station, path)

    def _set_rate(self, stations: slice, rate: int) -> None:
        self._layout.stations["rate"][stations] = rate
        shares = self._layout.stations["share"][stations]
        self._layout.shares["rate"][shares[shares >= 0]] = rate

    def _lay_gates(self, device: np.ndarray) -> None:
        gates = self._state["device"]["gate"]
        for one in np.unique(device[gates[device] < 0]).tolist():
            found = self._availability_of(one)
            assert found is not None, "a device of this cohort may be away"
            gates[one] = self._laws.add_gate(found.availability)

    def _lay_tables(self) -> None:
        """Let the loop see tables that have grown."""
        laws = self._laws
        self._state.put(
            rate=laws.rates.array,
            gate=laws.gates.array,
            part=laws.parts.array,
            number=laws.numbers.array,
            moment=laws.moments.array,
        )

    def _draw_again(self) -> None:
        """Draw the losses of all attempts that are still to come for what has been lost; note what was lost."""
        rows = self._rows(self._first, self._next)
        retries = self._layout.cohorts["retries"][rows["cohort"]]
        waits = (rows["state"] == RETRY) & (rows["over"] == 0) & (rows["attempt"] < retries)
        rows = rows[waits & (rows["drawn"] <= rows["attempt"])]
        self._departures.count(rows["id"])
        if self._followed:
            self._closed.append(exchanges_of(rows))
        places = rows["id"] & self._mask
        self._state["row"]["handed_over"][places] = 255
        self._state["row"]["drawn"][places] += 1
        for index, hops in enumerate(self._layout.hops):
            mine = rows[rows["cohort"] == index]
            for hop in hops:
                nbytes = mine["payload_bytes" if hop.upwards else "update_bytes"]
                latency_s, attempt = self._hops(mine, hop.place)["latency_s"].copy(), mine["attempt"] + np.int64(1)
                self._cost(hop, mine["id"], mine["device"], mine["number"], nbytes, latency_s, attempt)

    def _draw_work(self) -> None:
        """Draw how long further batches take, as many as might start before the next draw and more."""
        g, first = self._state.g, int(self._state.g["drawn"][0])
        count = int(g["flows"][0]) + _BATCHES
        more = [self._batch_work_s(1, number) for number in range(first, first + count)]
        self._work.extend(more)
        self._state.put(work=self._work.array)
        g["drawn"] = first + count

    def _make_room(self, count: int) -> None:
        """Let there be room for so many rows more."""
        wanted = self._next + count - self._first
        if wanted > len(self._state["row"]):
            self._widen(1 << (wanted - 1).bit_length())

    def _widen(self, size: int) -> None:
        """Move rows and their hops into larger rings."""
        ids, places = np.arange(self._first, self._next), self._layout.places
        rows, hops = np.zeros(size, ROW), np.zeros((size, places), HOP)
        rows[ids & (size - 1)] = self._state["row"][ids & self._mask]
        hops[ids & (size - 1)] = self._state["hop"].reshape(-1, places)[ids & self._mask]
        self._state.g["mask"] = size - 1
        self._state.put(row=rows, hop=hops.reshape(-1))

    def _grow_events(self) -> None:
        old = self._state["event"]
        grown = np.zeros(2 * len(old), EVENT)
        grown[: len(old)] = old
        self._state.put(event=grown)
        self._state.g["event_room"] = len(grown)
