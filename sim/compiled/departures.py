"""Rows that leave the compiled engine: sums of links and cloud, and the columns of exchanges."""

from __future__ import annotations

import numpy as np

from sim.compiled.layout import HopPlan, Layout
from sim.compiled.outlet import count_rows, put_exchanges, put_services, put_transfers
from sim.compiled.row_views import MOMENTS, transfers_of
from sim.compiled.state import State
from sim.kernel.records import KIND_COLUMNS, TIMES
from sim.kernel.transfer_log import TransferLog

_COUNTS = ("ticket", "device", "up_bytes", "down_bytes", "retransmitted_bytes")


class Departures:
    """Adds up what rows sent, and keeps the columns of those that have left until they are taken.

    Args:
        edges_s: ends of the ticks [s].
        kinds: whether rows may be more than requests.
    """

    def __init__(
        self, state: State, layout: Layout, cloud_log: TransferLog, edges_s: np.ndarray, *, kinds: bool
    ) -> None:
        self._counts = (*_COUNTS, *KIND_COLUMNS) if kinds else _COUNTS
        self._state, self._layout, self._cloud_log = state, layout, cloud_log
        self._parts: list[dict[str, np.ndarray]] = []
        self._lay_sums(edges_s)
        # Where spans overlap, it is found out later how many servers were busy.
        self._overlapping = [hop.link.log for hops in layout.hops for hop in hops if hop.overlaps]
        if layout.cloud_share >= 0:
            self._overlapping.append(cloud_log)

    def leave(self, rows: np.ndarray) -> None:
        """Let rows (numbers) leave: they are over."""
        self._pass_by(rows)
        self._parts.append(self.columns(rows, leave=True))

    def settle(self, until_s: float) -> None:
        """Forget what no later row overlaps: none begins anything before that time."""
        for log in self._overlapping:
            log.settle(until_s)

    def take(self) -> dict[str, np.ndarray]:
        """Return the columns of what has left since the last call."""
        parts, self._parts = self._parts or [self.columns(np.zeros(0, np.int64))], []
        return parts[0] if len(parts) == 1 else {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}

    def columns(self, rows: np.ndarray, *, leave: bool = False) -> dict[str, np.ndarray]:
        """Return the table of those of ``rows`` (numbers) that are exchanges, outcomes as numbers."""
        times_s, counts = np.empty((len(TIMES), len(rows))), np.empty((len(self._counts), len(rows)), np.int64)
        outcome = np.empty(len(rows), np.int8)
        kept = put_exchanges(self._state.g, rows, leave, times_s, counts, outcome)
        columns: dict[str, np.ndarray] = {name: times_s[place, :kept] for place, name in enumerate(TIMES)}
        columns |= {name: counts[place, :kept] for place, name in enumerate(self._counts)}
        if "kind" in columns:
            columns["kind"] = columns["kind"].astype(KIND_COLUMNS["kind"])
        return columns | {"outcome": outcome[:kept]}

    def count(self, rows: np.ndarray) -> None:
        """Add what rows sent to the sums of links and cloud."""
        self._pass_by(rows)
        count_rows(self._state.g, rows)

    def _lay_sums(self, edges_s: np.ndarray) -> None:
        """Let compiled code know where it adds up."""
        g, layout = self._state.g, self._layout
        summed = np.zeros((len(layout.hops), layout.places), np.int64)
        sums = {link: link.log.add_in_passing(edges_s).ctypes.data for link in layout.first_station}
        for cohort, hops in enumerate(layout.hops):
            for hop in hops:
                summed[cohort, hop.place] = 0 if hop.overlaps else sums[hop.link]
        of_cloud = self._cloud_log.add_in_passing(edges_s).ctypes.data
        g["ticks"], g["cloud_sums"] = len(edges_s), of_cloud if layout.cloud_share < 0 else 0
        self._state.put(edge=edges_s, summed=summed)

    def _pass_by(self, rows: np.ndarray) -> None:
        """Add what overlaps to the sums of its link or cloud; the rest is summed row by row."""
        g, log = self._state.g, self._cloud_log
        for cohort, hops in enumerate(self._layout.hops):
            for hop in hops:
                if hop.overlaps:
                    self._pass_hop(rows, cohort, hop)
        if self._layout.cloud_share >= 0:
            times_s, counts = _room(rows)
            log.pass_by(transfers_of(times_s, counts, put_services(g, rows, times_s, counts)))

    def _pass_hop(self, rows: np.ndarray, cohort: int, hop: HopPlan) -> None:
        g, log = self._state.g, hop.link.log
        times_s, counts = _room(rows)
        first = self._layout.first_station[hop.link]
        log.pass_by(transfers_of(times_s, counts, put_transfers(g, rows, cohort, hop.place, first, times_s, counts)))


def _room(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.empty((len(MOMENTS), len(rows))), np.zeros((3, len(rows)), np.int64)
