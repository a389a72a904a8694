"""Blocks spread over workers, behind the interface of a pool: few messages, and answers in order of workers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np

from agents.contract import Eventually, Snapshot
from agents.fleet.cloud_half import Collected
from agents.fleet.row_buffer import rows_of
from agents.orders import NONE, Kind, Orders
from agents.pools import LookAhead
from agents.pools.block_ranges import Owners
from agents.pools.inline import side_by_side
from agents.pools.worker import CommandBatch, Sent, Step

#: How many intervals workers may be behind: the commands of that time wait in memory.
AHEAD = 3


class Reply(ABC):
    """What a worker will answer; it may be sent along to another worker without being looked at."""

    @abstractmethod
    def get(self) -> Any:
        """Wait for the answer."""


class WorkerGroup(Protocol):
    """Workers that run scripts, in any process and on any machine."""

    def __len__(self) -> int:
        """The number of workers that own blocks."""
        ...

    def ask(self, worker: int, commands: CommandBatch, sent: Sequence[Reply] = ()) -> Reply:
        """Run a script on a worker after all its earlier ones; answers of other workers are sent along."""
        ...

    def interval_closed(self) -> None:
        """Learn that no worker is in the middle of an interval: a good moment for a checkpoint."""
        ...

    def close(self) -> None:
        """Let the workers go."""
        ...


class CommandQueue:
    """Commands that a worker was not sent yet: steps without a result wait for one with a result."""

    def __init__(self, worker_group: WorkerGroup, worker: int) -> None:
        self._worker_group, self._worker = worker_group, worker
        self._commands: CommandBatch = []
        self._sent: list[Reply] = []

    def add(self, name: str, *arguments: Any) -> None:
        """Add a step; a reply among its arguments is sent along."""
        self._commands.append(Step(name, tuple(map(self._enclosed, arguments))))

    def _enclosed(self, argument: Any) -> Any:
        if not isinstance(argument, Reply):
            return argument
        self._sent.append(argument)
        return Sent(len(self._sent) - 1)

    def ask(self, name: str, *arguments: Any) -> Reply:
        """Send all that waits, and one more step, whose answer is returned."""
        self.add(name, *arguments)
        commands, sent, self._commands, self._sent = self._commands, self._sent, [], []
        return self._worker_group.ask(self._worker, commands, sent)


class WorkerPool:
    """Owns every block of the fleet through its worker group.

    A tick of one wave is two messages to a worker (its collects; then progress, installs and the close), and a tick
    without collects is one; every so many ticks one more requests tallies. While the cloud adapts, workers draw the
    streams of the tick and evaluate samples up to the next event of each device.

    Args:
        by_reference: payloads and updates go from worker to worker; this process sees only replies.
        device: what workers compute on.
    """

    def __init__(
        self, owners: Owners, worker_group: WorkerGroup, *, by_reference: bool = False, device: str = "cpu"
    ) -> None:
        self._owners, self._worker_group, self._by_reference, self._device = owners, worker_group, by_reference, device
        self._boxes = [CommandQueue(worker_group, worker) for worker in range(len(worker_group))]
        self.ahead = AHEAD

    @property
    def workers(self) -> int:
        """The number of worker processes."""
        return len(self._worker_group)

    def device_name(self) -> str:
        """Return which kind of device workers compute on; all kinds, if they differ."""
        # A processor has one name everywhere: no worker need be started to ask for it.
        kinds = [self._device] if self._device == "cpu" else _answers([box.ask("device_name") for box in self._boxes])
        return " + ".join(sorted(set(kinds)))

    def collect(self, orders: Orders, look_ahead: LookAhead | None = None) -> Sequence[Any]:
        """Return the payloads of devices block by block, or replies that will be lists of them."""
        asked = [self._boxes[worker].ask("collect", part) for worker, part, _ in self._parts(orders)]
        if asked and look_ahead is not None:
            bounds = {worker: part for worker, part, _ in self._parts(look_ahead.orders)}
            for worker, box in enumerate(self._boxes):
                box.ask("prefetch", LookAhead(look_ahead.until_s, bounds.get(worker, NONE)))
        return asked if self._by_reference else _copied(part for reply in asked for part in reply.get())

    def learn(self, orders: Orders) -> None:
        """Let devices learn by themselves."""
        for worker, part, _ in self._parts(orders):
            self._boxes[worker].add("learn", part)

    def steps_of(self, ticket: int, device: int) -> int:
        """Return how many steps the device has taken for what it learnt under a ticket."""
        one = Orders.of([(Kind.LEARN, ticket, device, 0.0)])
        return next(int(self._boxes[worker].ask("steps_of", ticket, device).get()) for worker, _, _ in self._parts(one))

    def adopt(self, orders: Orders) -> None:
        """Put what devices have learnt in force."""
        for worker, part, _ in self._parts(orders):
            self._boxes[worker].add("adopt", part)

    def expire(self, orders: Orders) -> None:
        """Let devices fall back from updates that have grown too old."""
        for worker, part, _ in self._parts(orders):
            self._boxes[worker].add("expire", part)

    def note(self, orders: Orders) -> None:
        """Note how exchanges progress."""
        for worker, part, _ in self._parts(orders):
            self._boxes[worker].add("note", part)

    def install(self, orders: Orders, updates: Any) -> None:
        """Put ``updates``, stacked in the order of ``orders`` or still to be handed out, in force."""
        for worker, part, rows in self._parts(orders):
            self._boxes[worker].add("install", part, rows_of(updates, rows))

    def confirm(self, orders: Orders) -> None:
        """End exchanges whose payloads count, though they get no answer."""
        for worker, part, _ in self._parts(orders):
            self._boxes[worker].add("confirm", part)

    def forget(self, orders: Orders) -> None:
        """Drop what blocks store of failed exchanges."""
        for worker, part, _ in self._parts(orders):
            self._boxes[worker].add("forget", part)

    def close(self, until_s: float) -> None:
        """End an interval: workers evaluate what is due while no caller waits for them."""
        for box in self._boxes:
            box.ask("close", until_s)
        self._worker_group.interval_closed()

    def take_tallies(self) -> Eventually[np.ndarray]:
        """Return the tallies of the intervals closed since the last time: int64 [intervals, cohorts, columns]."""
        replies = [box.ask("take_tallies") for box in self._boxes]
        return Eventually(lambda: _sum(replies))

    def signals(self) -> Eventually[dict[str, np.ndarray]]:
        """Return what is watched at the end of the last interval, by name, each [devices]."""
        replies = [box.ask("signals") for box in self._boxes]
        return Eventually(lambda: side_by_side(_answers(replies)))

    def totals(self) -> np.ndarray:
        """Return the tallies of each device since the start, int64 [devices, len(DEVICE_COLUMNS)]."""
        return np.concatenate(_answers([box.ask("totals") for box in self._boxes]))

    def checkpoint(self) -> list[Snapshot]:
        """Return what brings every block back, in block order; only right after :meth:`close`."""
        return [snapshot for share in _answers([box.ask("checkpoint") for box in self._boxes]) for snapshot in share]

    def restore(self, snapshot: Sequence[Snapshot]) -> None:
        """Bring all blocks to where :meth:`checkpoint` was called, however blocks were spread then."""
        block_ranges = zip(self._boxes, self._owners.block_ranges, strict=True)
        _answers([box.ask("restore", snapshot[share.first : share.end]) for box, share in block_ranges])

    def shut(self) -> None:
        """Let the workers go."""
        self._worker_group.close()

    def _parts(self, orders: Orders) -> Iterable[tuple[int, Orders, np.ndarray]]:
        """Yield (worker, its orders in the order given, their places in it), worker by worker."""
        for worker, rows in self._owners.rows_by_worker(orders).items():
            yield worker, orders.take(rows), rows


def _copied(parts: Iterable[Collected]) -> list[Collected]:
    """Copy: a row of an answer may wait long for the cloud, and as a view would pin all of it in shared memory."""
    return [part._replace(payload={name: values.clone() for name, values in part.payload.items()}) for part in parts]


def _answers(replies: Sequence[Reply]) -> list[Any]:
    return [reply.get() for reply in replies]


def _sum(replies: Sequence[Reply]) -> np.ndarray:
    tallies: np.ndarray = np.sum(_answers(replies), axis=0)
    return tallies
