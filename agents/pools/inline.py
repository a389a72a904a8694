"""All blocks in this process, one torch thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from agents.block import Block, Kept
from agents.contract import COHORT_COLUMNS, Eventually, Orders
from agents.devices import CPU, name_of
from agents.layout import Layout
from agents.methods.base import Payload
from agents.shelf import rows_of


class InlinePool:
    """Owns every block of the fleet and hands each its part of an order book."""

    def __init__(self, layout: Layout, blocks: Sequence[Block]) -> None:
        self._layout, self._blocks = layout, blocks
        self.workers = self.ahead = 0
        self._columns = blocks[0].columns if blocks else len(COHORT_COLUMNS)

    def device_name(self) -> str:
        """Return which kind of device computes."""
        return name_of(self._blocks[0].state.device) if self._blocks else CPU.type

    def collect(self, orders: Orders, ahead_to_s: float | None = None) -> list[tuple[np.ndarray, Payload]]:
        """Return (tickets, stacked payloads) block by block."""
        parts = []
        for index, mine, rows in self._layout.by_block(orders):
            tickets = orders.ticket[mine]
            parts.append((tickets, self._blocks[index].collect(rows, orders.at_s[mine], tickets)))
        return parts

    def go_ahead(self, until_s: float) -> None:
        """Draw streams up to ``until_s`` and judge who asked: it changes nothing but when that is done."""
        for block in self._blocks:
            block.go_ahead(until_s)

    def note(self, orders: Orders) -> None:
        """Tell blocks how exchanges progress."""
        for index, mine, rows in self._layout.by_block(orders):
            self._blocks[index].note(rows, orders.at_s[mine], orders.ticket[mine], orders.phase[mine])

    def install(self, orders: Orders, updates: Any) -> None:
        """Put ``updates``, in the order of ``orders``, in force."""
        for index, mine, rows in self._layout.by_block(orders):
            self._blocks[index].install(rows, orders.at_s[mine], rows_of(updates, mine))
            self._blocks[index].forget(orders.ticket[mine])

    def forget(self, orders: Orders) -> None:
        """Drop what blocks keep of exchanges that came to nothing."""
        for index, mine, _ in self._layout.by_block(orders):
            self._blocks[index].forget(orders.ticket[mine])

    def close(self, until_s: float) -> None:
        """End an interval."""
        for block in self._blocks:
            block.close(until_s)

    def tell(self) -> Eventually[np.ndarray]:
        """Return the tallies of the intervals closed since the last time: int64 [intervals, cohorts, columns]."""
        told = [block.tell() for block in self._blocks]
        tallies = np.zeros((len(told[0]) if told else 0, self._layout.cohorts, self._columns), np.int64)
        for own, cohort in zip(told, self._layout.cohort_of_block, strict=True):
            tallies[:, cohort] += own
        return Eventually(lambda: tallies)

    def totals(self) -> np.ndarray:
        """Return the tallies of each device since the start, int64 [devices, len(DEVICE_COLUMNS)]."""
        return np.concatenate([block.totals() for block in self._blocks])

    def checkpoint(self) -> list[Kept]:
        """Return what brings every block back, in block order; only right after :meth:`close`."""
        return [block.checkpoint() for block in self._blocks]

    def restore(self, kept: Sequence[Kept]) -> None:
        """Bring all blocks to where :meth:`checkpoint` was called on a pool of the same blueprint."""
        for block, own in zip(self._blocks, kept, strict=True):
            block.restore(own)

    def shut(self) -> None:
        """Nothing to release: blocks live and die with the process."""
