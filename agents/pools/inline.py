"""All blocks in this process, one torch thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from agents.contract import COHORT_COLUMNS, Eventually, Snapshot
from agents.fleet.block_group import BlockGroup
from agents.fleet.cloud_half import Collected
from agents.fleet.row_buffer import rows_of
from agents.layout import Layout
from agents.orders import Kind, Orders
from agents.pools import LookAhead
from agents.torch_device import CPU, name_of


class InlinePool:
    """Owns every block of the fleet and passes each its part of an order book."""

    def __init__(self, layout: Layout, groups: Sequence[BlockGroup]) -> None:
        self._layout, self._groups = layout, groups
        self.workers = self.ahead = 0
        self._columns = groups[0].columns if groups else len(COHORT_COLUMNS)

    def device_name(self) -> str:
        """Return which kind of device computes."""
        return name_of(self._groups[0].state.device) if self._groups else CPU.type

    def collect(self, orders: Orders, look_ahead: LookAhead | None = None) -> list[Collected]:
        """Return the payloads of devices, group by group."""
        parts = []
        for index, mine, rows in self._layout.by_group(orders):
            ticket, at_s = orders.ticket[mine], orders.at_s[mine]
            payload = self._groups[index].collect(rows, at_s, ticket)
            parts.append(Collected(ticket, orders.device[mine], at_s, payload))
        return parts

    def prefetch(self, look_ahead: LookAhead) -> None:
        """Draw streams and evaluate what is due soon: results stay the same, only their time of computation changes."""
        bounds = {
            index: (rows, look_ahead.orders.at_s[mine])
            for index, mine, rows in self._layout.by_group(look_ahead.orders)
        }
        nothing = np.zeros(0, np.int64), np.zeros(0)
        for index, group in enumerate(self._groups):
            group.prefetch(look_ahead.until_s, *bounds.get(index, nothing))

    def learn(self, orders: Orders) -> None:
        """Let devices learn by themselves."""
        for index, mine, rows in self._layout.by_group(orders):
            self._groups[index].learn(rows, orders.at_s[mine], orders.ticket[mine])

    def steps_of(self, ticket: int, device: int) -> int:
        """Return how many steps the device has taken for what it learnt under a ticket."""
        one = Orders.of([(Kind.LEARN, ticket, device, 0.0)])
        return next(self._groups[index].steps_of(ticket) for index, _, _ in self._layout.by_group(one))

    def adopt(self, orders: Orders) -> None:
        """Put what devices have learnt in force."""
        for index, mine, rows in self._layout.by_group(orders):
            self._groups[index].adopt(rows, orders.at_s[mine], orders.ticket[mine])

    def expire(self, orders: Orders) -> None:
        """Let devices fall back from updates that have grown too old."""
        for index, mine, rows in self._layout.by_group(orders):
            self._groups[index].expire(rows, orders.at_s[mine])

    def note(self, orders: Orders) -> None:
        """Note how exchanges progress."""
        for index, mine, rows in self._layout.by_group(orders):
            self._groups[index].note(rows, orders.at_s[mine], orders.ticket[mine], orders.phase[mine])

    def install(self, orders: Orders, updates: Any) -> None:
        """Put ``updates``, in the order of ``orders``, in force."""
        for index, mine, rows in self._layout.by_group(orders):
            self._groups[index].install(rows, orders.at_s[mine], orders.ticket[mine], rows_of(updates, mine))

    def confirm(self, orders: Orders) -> None:
        """End exchanges whose payloads count, though they get no answer."""
        for index, mine, rows in self._layout.by_group(orders):
            self._groups[index].confirm(rows, orders.ticket[mine])

    def forget(self, orders: Orders) -> None:
        """Drop what blocks store of failed exchanges."""
        for index, mine, rows in self._layout.by_group(orders):
            self._groups[index].forget(rows, orders.ticket[mine])

    def close(self, until_s: float) -> None:
        """End an interval."""
        for group in self._groups:
            group.close(until_s)

    def take_tallies(self) -> Eventually[np.ndarray]:
        """Return the tallies of the intervals closed since the last time: int64 [intervals, cohorts, columns]."""
        tallies_of = [group.take_tallies() for group in self._groups]
        tallies = np.zeros((len(tallies_of[0]) if tallies_of else 0, self._layout.cohorts, self._columns), np.int64)
        for own, blocks in zip(tallies_of, self._layout.groups, strict=True):
            tallies[:, self._layout.cohort_of_block[blocks.start]] += own
        return Eventually(lambda: tallies)

    def signals(self) -> Eventually[dict[str, np.ndarray]]:
        """Return what is watched at the end of the last interval, by name, each [devices]."""
        found = side_by_side([group.signals() for group in self._groups])
        return Eventually(lambda: found)

    def totals(self) -> np.ndarray:
        """Return the tallies of each device since the start, int64 [devices, len(DEVICE_COLUMNS)]."""
        return np.concatenate([group.totals() for group in self._groups])

    def sample_log(self) -> dict[str, np.ndarray]:
        """Return every sample of the devices that are logged, up to the last close, by device and time."""
        logs = [log for group in self._groups if group.log is not None and (log := group.log.columns())]
        return {name: np.concatenate([log[name] for log in logs]) for name in logs[0]} if logs else {}

    def checkpoint(self) -> list[Snapshot]:
        """Return what brings every block back, in block order; only right after :meth:`close`."""
        return [snapshot for group in self._groups for snapshot in group.checkpoint()]

    def restore(self, snapshot: Sequence[Snapshot]) -> None:
        """Bring all blocks to where :meth:`checkpoint` was called on a pool of the same blueprint."""
        for group, blocks in zip(self._groups, self._layout.groups, strict=True):
            group.restore(snapshot[blocks])

    def shut(self) -> None:
        """Release the blocks: what still refers to this pool holds none of their tensors."""
        self._groups = ()


def side_by_side(parts: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return the arrays of all parts by name, each array behind that of the part before."""
    return {name: np.concatenate([part[name] for part in parts]) for name in (parts[0] if parts else {})}
