"""All blocks in this process, one torch thread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.block import Block, Kept
from agents.contract import COHORT_COLUMNS, Collect, Discard, Eventually, Install, Progress
from agents.layout import Layout
from agents.methods.base import Payload, Updates


class InlinePool:
    """Owns every block of the fleet and hands each its part of an order book."""

    def __init__(self, layout: Layout, blocks: Sequence[Block]) -> None:
        self._layout, self._blocks = layout, blocks
        self.workers = self.ahead = 0
        self._columns = blocks[0].totals.shape[1] if blocks else len(COHORT_COLUMNS)

    def collect(self, orders: Sequence[Collect], draw_to_s: float | None = None) -> list[tuple[list[int], Payload]]:
        """Return (tickets, stacked payloads) block by block."""
        parts = []
        for index, mine, rows in self._layout.by_block(orders):
            tickets = [order.ticket for order in mine]
            at_s = np.array([order.at_s for order in mine])
            parts.append((tickets, self._blocks[index].collect(rows, at_s, tickets)))
        return parts

    def draw(self, until_s: float) -> None:
        """Draw all streams up to ``until_s``, which changes nothing but when it is done."""
        for block in self._blocks:
            block.load(until_s)

    def note(self, orders: Sequence[Progress]) -> None:
        """Tell blocks how exchanges progress."""
        for index, mine, rows in self._layout.by_block(orders):
            for row, order in zip(rows.tolist(), mine, strict=True):
                self._blocks[index].note(row, order.ticket, order.at_s, order.phase)

    def install(self, orders: Sequence[Install], updates: Updates) -> None:
        """Put ``updates``, stacked in the order of ``orders``, in force."""
        row_of = {order.ticket: row for row, order in enumerate(orders)}
        for index, mine, rows in self._layout.by_block(orders):
            picked = [row_of[order.ticket] for order in mine]
            part = {name: values[picked] for name, values in updates.items()}
            block = self._blocks[index]
            block.install(rows, np.array([order.at_s for order in mine]), part)
            for order in mine:
                block.forget(order.ticket)

    def forget(self, orders: Sequence[Discard]) -> None:
        """Drop what blocks keep of exchanges that came to nothing."""
        for index, mine, _ in self._layout.by_block(orders):
            for order in mine:
                self._blocks[index].forget(order.ticket)

    def close(self, until_s: float) -> Eventually[np.ndarray]:
        """Judge everything up to ``until_s``; return tallies int64 [cohorts, columns] since the last close."""
        tallies = np.zeros((self._layout.cohorts, self._columns), np.int64)
        for block, cohort in zip(self._blocks, self._layout.cohort_of_block, strict=True):
            tallies[cohort] += block.close(until_s)
        return Eventually(lambda: tallies)

    def totals(self) -> np.ndarray:
        """Return the tallies of each device since the start, int64 [devices, columns]."""
        return np.concatenate([block.totals for block in self._blocks])

    def checkpoint(self) -> list[Kept]:
        """Return what brings every block back, in block order; only right after :meth:`close`."""
        return [block.checkpoint() for block in self._blocks]

    def restore(self, kept: Sequence[Kept]) -> None:
        """Bring all blocks to where :meth:`checkpoint` was called on a pool of the same blueprint."""
        for block, own in zip(self._blocks, kept, strict=True):
            block.restore(own)

    def shut(self) -> None:
        """Nothing to release: blocks live and die with the process."""
