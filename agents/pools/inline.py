"""All blocks in this process, one torch thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from agents.cloud_half import Collected
from agents.contract import COHORT_COLUMNS, Eventually, Kept
from agents.devices import CPU, name_of
from agents.layout import Layout
from agents.orders import Kind, Orders
from agents.pools import Leash
from agents.shelf import rows_of
from agents.stack import Stack


class InlinePool:
    """Owns every block of the fleet and hands each its part of an order book."""

    def __init__(self, layout: Layout, stacks: Sequence[Stack]) -> None:
        self._layout, self._stacks = layout, stacks
        self.workers = self.ahead = 0
        self._columns = stacks[0].columns if stacks else len(COHORT_COLUMNS)

    def device_name(self) -> str:
        """Return which kind of device computes."""
        return name_of(self._stacks[0].state.device) if self._stacks else CPU.type

    def collect(self, orders: Orders, leash: Leash | None = None) -> list[Collected]:
        """Return what devices hand over, stack by stack."""
        parts = []
        for index, mine, rows in self._layout.by_stack(orders):
            ticket, at_s = orders.ticket[mine], orders.at_s[mine]
            payload = self._stacks[index].collect(rows, at_s, ticket)
            parts.append(Collected(ticket, orders.device[mine], at_s, payload))
        return parts

    def go_ahead(self, leash: Leash) -> None:
        """Draw streams and judge what must be judged soon: it changes nothing but when that is done."""
        bounds = {index: (rows, leash.orders.at_s[mine]) for index, mine, rows in self._layout.by_stack(leash.orders)}
        nobody = np.zeros(0, np.int64), np.zeros(0)
        for index, stack in enumerate(self._stacks):
            stack.go_ahead(leash.until_s, *bounds.get(index, nobody))

    def learn(self, orders: Orders) -> None:
        """Let devices learn by themselves."""
        for index, mine, rows in self._layout.by_stack(orders):
            self._stacks[index].learn(rows, orders.at_s[mine], orders.ticket[mine])

    def steps_of(self, ticket: int, device: int) -> int:
        """Return how many steps the device has taken for what it learnt under a ticket."""
        one = Orders.of([(Kind.LEARN, ticket, device, 0.0)])
        return next(self._stacks[index].steps_of(ticket) for index, _, _ in self._layout.by_stack(one))

    def adopt(self, orders: Orders) -> None:
        """Put what devices have learnt in force."""
        for index, mine, rows in self._layout.by_stack(orders):
            self._stacks[index].adopt(rows, orders.at_s[mine], orders.ticket[mine])

    def expire(self, orders: Orders) -> None:
        """Let devices fall back from updates that have grown too old."""
        for index, mine, rows in self._layout.by_stack(orders):
            self._stacks[index].expire(rows, orders.at_s[mine])

    def note(self, orders: Orders) -> None:
        """Note how exchanges progress."""
        for index, mine, rows in self._layout.by_stack(orders):
            self._stacks[index].note(rows, orders.at_s[mine], orders.ticket[mine], orders.phase[mine])

    def install(self, orders: Orders, updates: Any) -> None:
        """Put ``updates``, in the order of ``orders``, in force."""
        for index, mine, rows in self._layout.by_stack(orders):
            self._stacks[index].install(rows, orders.at_s[mine], orders.ticket[mine], rows_of(updates, mine))

    def confirm(self, orders: Orders) -> None:
        """End exchanges whose payloads count, though they get no answer."""
        for index, mine, rows in self._layout.by_stack(orders):
            self._stacks[index].confirm(rows, orders.ticket[mine])

    def forget(self, orders: Orders) -> None:
        """Drop what blocks keep of exchanges that came to nothing."""
        for index, mine, rows in self._layout.by_stack(orders):
            self._stacks[index].forget(rows, orders.ticket[mine])

    def close(self, until_s: float) -> None:
        """End an interval."""
        for stack in self._stacks:
            stack.close(until_s)

    def tell(self) -> Eventually[np.ndarray]:
        """Return the tallies of the intervals closed since the last time: int64 [intervals, cohorts, columns]."""
        told = [stack.tell() for stack in self._stacks]
        tallies = np.zeros((len(told[0]) if told else 0, self._layout.cohorts, self._columns), np.int64)
        for own, blocks in zip(told, self._layout.stacks, strict=True):
            tallies[:, self._layout.cohort_of_block[blocks.start]] += own
        return Eventually(lambda: tallies)

    def signals(self) -> Eventually[dict[str, np.ndarray]]:
        """Return what is watched at the end of the last interval, by name, each [devices]."""
        found = side_by_side([stack.signals() for stack in self._stacks])
        return Eventually(lambda: found)

    def totals(self) -> np.ndarray:
        """Return the tallies of each device since the start, int64 [devices, len(DEVICE_COLUMNS)]."""
        return np.concatenate([stack.totals() for stack in self._stacks])

    def checkpoint(self) -> list[Kept]:
        """Return what brings every block back, in block order; only right after :meth:`close`."""
        return [kept for stack in self._stacks for kept in stack.checkpoint()]

    def restore(self, kept: Sequence[Kept]) -> None:
        """Bring all blocks to where :meth:`checkpoint` was called on a pool of the same blueprint."""
        for stack, blocks in zip(self._stacks, self._layout.stacks, strict=True):
            stack.restore(kept[blocks])

    def shut(self) -> None:
        """Nothing to release: blocks live and die with the process."""


def side_by_side(parts: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return the arrays of all parts by name, each array behind that of the part before."""
    return {name: np.concatenate([part[name] for part in parts]) for name in (parts[0] if parts else {})}
