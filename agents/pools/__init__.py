"""Where blocks live: in this process, or in Ray actors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from agents.contract import Collect, Discard, Install, Progress

if TYPE_CHECKING:
    from agents.methods.base import Payload, Updates
    from agents.pools.blueprint import Blueprint


class BlockPool(Protocol):
    """All blocks of a fleet, wherever they are. Calls come in the order of waves; answers never depend on place."""

    @property
    def workers(self) -> int:
        """The number of worker processes; 0 for this one."""
        ...

    def collect(self, orders: Sequence[Collect]) -> list[tuple[list[int], Payload]]:
        """Return (tickets, stacked payloads) block by block."""
        ...

    def note(self, orders: Sequence[Progress]) -> None:
        """Tell blocks how exchanges progress."""
        ...

    def install(self, orders: Sequence[Install], updates: Updates) -> None:
        """Put ``updates``, stacked in the order of ``orders``, in force."""
        ...

    def forget(self, orders: Sequence[Discard]) -> None:
        """Drop what blocks keep of exchanges that came to nothing."""
        ...

    def close(self, until_s: float) -> np.ndarray:
        """Judge everything up to ``until_s``; return tallies int64 [cohorts, columns] since the last close."""
        ...

    def totals(self) -> np.ndarray:
        """Return the tallies of each device since the start, int64 [devices, columns]."""
        ...

    def shut(self) -> None:
        """Release workers and memory."""
        ...


def make_pool(blueprint: Blueprint, workers: int) -> BlockPool:
    """Return a pool of the blocks of ``blueprint``: in this process for 0 workers, else in that many Ray actors.

    There are never more workers than blocks. Actors start with the first call.
    """
    # Each pool is imported only where it is wanted: Ray takes seconds, and the contract above no torch.
    if workers == 0:
        from agents.pools.inline import InlinePool

        return InlinePool(blueprint.layout, blueprint.build())
    from agents.pools.ray import ray_pool

    return ray_pool(blueprint, workers)
