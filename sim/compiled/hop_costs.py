"""What messages cost on each hop of their way, drawn ahead and written into rows; and the tables that links need."""

from __future__ import annotations

import numpy as np

from sim.compiled.intake import take_in_hop
from sim.compiled.laws import Laws
from sim.compiled.layout import HopPlan, Layout
from sim.compiled.losses import draw_losses
from sim.compiled.state import State
from sim.kernel.requests import Requests
from sim.links.device_availability import AvailabilityOf
from sim.links.link import Link
from sim.network.rates.rate import Constant


class HopCosts:
    """Draws what messages cost; what rates and availabilities they meet is laid out when they are first met.

    Args:
        gated: whether devices of each cohort may be away, bool.
    """

    def __init__(
        self, state: State, layout: Layout, laws: Laws, availability_of: AvailabilityOf, gated: np.ndarray
    ) -> None:
        self._state, self._layout, self._laws = state, layout, laws
        self._availability_of, self._gated = availability_of, gated
        self._has_rate = np.zeros(len(layout.stations), bool)

    def lay_constant_rates(self) -> None:
        """Lay out the rates that never change, one for all instances of a link."""
        for link, first in self._layout.first_station.items():
            if link.instances and isinstance(rate := link.spec.rate_of(0), Constant):
                span = slice(first, first + link.instances)
                self._set_rate(span, self._laws.add_rate(rate))
                self._has_rate[span] = True

    def prepare(self, cohort: int, rows: np.ndarray, requests: Requests, asks: np.ndarray | slice) -> None:
        """Draw what the messages of a cohort cost at the first attempt, and lay out what they meet.

        ``asks`` says which of the requests are of that cohort.
        """
        device, number = requests.device[asks], requests.number[asks]
        for hop in self._layout.hops[cohort]:
            nbytes = (requests.payload_bytes if hop.upwards else requests.update_bytes)[asks]
            latency_s = (requests.up_latency_s if hop.upwards else requests.down_latency_s)[hop.number][asks]
            self._draw(hop, rows, device, number, nbytes, latency_s, 0)
        if self._gated[cohort]:
            self.lay_gates(device)

    def draw_again(self, rows: np.ndarray, ahead: int, *directions: bool) -> None:
        """Draw the costs of rows (records) again, for the attempt so far ahead, on ways up (True) or down (False)."""
        for index, hops in enumerate(self._layout.hops):
            mine = rows[rows["cohort"] == index]
            places = (mine["id"] & (len(self._state["row"]) - 1)) * self._layout.places
            for hop in hops if len(mine) else ():
                if hop.upwards not in directions:
                    continue
                nbytes = mine["payload_bytes" if hop.upwards else "update_bytes"]
                latency_s = self._state["hop"]["latency_s"][places + hop.place]
                attempt = mine["attempt"] + np.int64(ahead)
                self._draw(hop, mine["id"], mine["device"], mine["number"], nbytes, latency_s, attempt)

    def lay_gates(self, device: np.ndarray) -> None:
        """Lay out when devices are there."""
        gates = self._state["device"]["gate"]
        for one in np.unique(device[gates[device] < 0]).tolist():
            if (found := self._availability_of(one)) is not None:
                gates[one] = self._laws.add_gate(found.availability)

    def _draw(
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
        if not (there := self._has_rate[station]).all():
            self._lay_rates(hop.link, np.unique(station[~there]))
        path = station if hop.paths is None else hop.paths[device - hop.first_device]
        take_in_hop(self._state.g, rows, hop.place, *costs, latency_s, station, path)

    def _lay_rates(self, link: Link, stations: np.ndarray) -> None:
        """Lay out the rates of instances of a link that were not met before."""
        for place in stations.tolist():
            rate = link.spec.rate_of(place - self._layout.first_station[link])
            self._set_rate(slice(place, place + 1), self._laws.add_rate(rate))
        self._has_rate[stations] = True

    def _set_rate(self, stations: slice, rate: int) -> None:
        self._layout.stations["rate"][stations] = rate
        shares = self._layout.stations["share"][stations]
        self._layout.shares["rate"][shares[shares >= 0]] = rate
