"""Blocks spread over workers, behind the interface of a pool: few messages, and answers in order of workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from agents.contract import Collect, Discard, Install, Progress
from agents.methods.base import Payload, Updates
from agents.pools.shares import Owners
from agents.pools.worker import Script, Step


class Crew(Protocol):
    """Workers that carry scripts out; how and where is their own affair."""

    def __len__(self) -> int:
        """The number of workers."""
        ...

    def play(self, scripts: Mapping[int, Script]) -> dict[int, Any]:
        """Let all workers named work at once; return what each last step returned, in the order of ``scripts``."""
        ...

    def interval_closed(self) -> None:
        """Learn that no worker is in the middle of an interval: a good moment for a checkpoint."""
        ...

    def close(self) -> None:
        """Let the workers go."""
        ...


class SpreadPool:
    """Owns every block of the fleet through its crew.

    What returns nothing waits for what returns something: a tick of one wave is two messages to a worker (its
    collects; then progress, installs and the close), and a tick without collects is one.
    """

    def __init__(self, owners: Owners, crew: Crew) -> None:
        self._owners, self._crew = owners, crew
        self._waiting: list[Script] = [[] for _ in range(len(crew))]

    @property
    def workers(self) -> int:
        """The number of worker processes."""
        return len(self._crew)

    def collect(self, orders: Sequence[Collect]) -> list[tuple[list[int], Payload]]:
        """Return (tickets, stacked payloads) block by block."""
        rows_of = self._owners.rows_by_worker(orders)
        steps = {worker: Step("collect", ([orders[row] for row in rows],)) for worker, rows in rows_of.items()}
        # A row of an answer may wait long for the cloud: as a view it would pin the whole answer in shared memory.
        return [
            (tickets, {name: values.clone() for name, values in payload.items()})
            for parts in self._ask(steps).values()
            for tickets, payload in parts
        ]

    def note(self, orders: Sequence[Progress]) -> None:
        """Tell blocks how exchanges progress."""
        for worker, rows in self._owners.rows_by_worker(orders).items():
            self._waiting[worker].append(Step("note", ([orders[row] for row in rows],)))

    def install(self, orders: Sequence[Install], updates: Updates) -> None:
        """Put ``updates``, stacked in the order of ``orders``, in force."""
        for worker, rows in self._owners.rows_by_worker(orders).items():
            part = {name: values[rows] for name, values in updates.items()}
            self._waiting[worker].append(Step("install", ([orders[row] for row in rows], part)))

    def forget(self, orders: Sequence[Discard]) -> None:
        """Drop what blocks keep of exchanges that came to nothing."""
        for worker, rows in self._owners.rows_by_worker(orders).items():
            self._waiting[worker].append(Step("forget", ([orders[row] for row in rows],)))

    def close(self, until_s: float) -> np.ndarray:
        """Judge everything up to ``until_s``; return tallies int64 [cohorts, columns] since the last close."""
        tallies: np.ndarray = np.sum(self._ask_all(Step("close", (until_s,))), axis=0)
        self._crew.interval_closed()
        return tallies

    def totals(self) -> np.ndarray:
        """Return the tallies of each device since the start, int64 [devices, columns]."""
        return np.concatenate(self._ask_all(Step("totals", ())))

    def shut(self) -> None:
        """Let the workers go."""
        self._crew.close()

    def _ask_all(self, step: Step) -> list[Any]:
        return list(self._ask(dict.fromkeys(range(len(self._crew)), step)).values())

    def _ask(self, steps: Mapping[int, Step]) -> dict[int, Any]:
        scripts = {worker: [*self._waiting[worker], step] for worker, step in steps.items()}
        for worker in steps:
            self._waiting[worker] = []
        return self._crew.play(scripts)
