"""The data plane: it executes the log of exchanges batch by batch, and evaluates every sample of every device."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np

from agents.calibration import calibrated
from agents.checkpoint_names import with_prefix, without_prefix
from agents.contract import (
    DEVICE_COLUMNS,
    TICKS_TOGETHER,
    Costs,
    DeviceTotals,
    Eventually,
    Exchanges,
    MessageSizes,
    ServiceTime,
    Snapshot,
    Tallies,
    Watch,
)
from agents.methods.base import Payload
from agents.orders import Kind, Orders, joined, order_batches, orders_of
from agents.pools import BlockPool, Cloud, LookAhead
from agents.pools.inline import InlinePool


class Fleet:
    """Blocks of devices and the cloud half of their method, behind the contract of the data plane."""

    def __init__(
        self,
        pool: BlockPool,
        cloud: Cloud,
        sizes: MessageSizes,
        columns: tuple[str, ...],
        device_columns: tuple[str, ...] = DEVICE_COLUMNS,
        watch: Sequence[Watch | str] = (),
        ground_truth: Callable[[], Mapping[str, np.ndarray]] = dict,
        expires_s: float | None = None,
        learning_steps: int | None = None,
        writes_on_collect: bool = False,
        costs: Callable[[], Costs] = Costs,
        payloads: Callable[[], Payload] = dict,
    ) -> None:
        self.device_columns, self.expires_s, self.learning_steps = device_columns, expires_s, learning_steps
        self._writes_on_collect = writes_on_collect
        self._pool, self._cloud, self._watch, self._ground_truth = pool, cloud, watch, ground_truth
        self.sizes, self.columns = sizes, columns
        self._costs, self._payloads = costs, payloads
        # Intervals whose tallies were not requested yet; tallies that were requested; and those that were received.
        self._closed = 0
        self._asked: deque[Eventually[np.ndarray]] = deque()
        self._reported: deque[np.ndarray] = deque()

    @property
    def workers(self) -> int:
        """The number of worker processes; 0 for this one."""
        return self._pool.workers

    @cached_property
    def device(self) -> str:
        """Which kind of device computes: what must be the same for results to be the same."""
        return " + ".join(sorted({self._pool.device_name(), self._cloud.device_name()}))

    def settle(self, exchanges: Exchanges, until_s: float) -> Tallies:
        """Execute the stages of ``exchanges`` up to ``until_s`` and evaluate all samples up to it."""
        return self.begin(exchanges, until_s).get()

    @property
    def ahead(self) -> int:
        """How many intervals may be begun before the tallies of the first are requested: none where signals matter."""
        return 0 if self._watch else TICKS_TOGETHER - 1 + self._pool.ahead

    def begin(self, exchanges: Exchanges, until_s: float) -> Eventually[Tallies]:
        """Do as :meth:`settle` does without waiting: the caller waits for the tallies, for all of them and in order."""
        parts = list(order_batches(orders_of(exchanges), self._writes_on_collect))
        for number, batch in enumerate(parts):
            self._carry_out_batch(batch, None if number else _look_ahead(parts, until_s))
        self._pool.close(until_s)
        self._closed += 1
        if self._closed >= TICKS_TOGETHER:
            self._ask()
        return Eventually(lambda: self._tallies(until_s))

    def _tallies(self, until_s: float) -> Tallies:
        if not self._watch:
            return Tallies(until_s, self._next())
        self._ask()
        signals = self._pool.signals()
        return Tallies(until_s, self._next(), signals.get())

    def _ask(self) -> None:
        """Ask for the tallies of all intervals closed since the last time."""
        self._asked.append(self._pool.take_tallies())
        self._closed = 0

    def _next(self) -> np.ndarray:
        """Return the tallies of the next interval: int64 [cohorts, columns]."""
        if not self._reported:
            if not self._asked:
                self._ask()
            self._reported.extend(self._asked.popleft().get())
        return self._reported.popleft()

    def carry_out(self, exchanges: Exchanges) -> None:
        """Carry out what became of ``exchanges``; samples after the last install of each device stay unjudged."""
        for batch in order_batches(orders_of(exchanges), self._writes_on_collect):
            self._carry_out_batch(batch, None)

    def _carry_out_batch(self, batch: Orders, look_ahead: LookAhead | None) -> None:
        cloud, pool, there = self._cloud, self._pool, batch.kinds
        cloud.take(pool.collect(batch.only(Kind.COLLECT), look_ahead))
        if Kind.LEARN in there:
            pool.learn(batch.only(Kind.LEARN))
        pool.note(batch.entering)
        if there & {Kind.ADAPT, Kind.BROADCAST}:
            cloud.serve(batch.only(Kind.ADAPT, Kind.BROADCAST))
        if Kind.INSTALL in there:
            installs = batch.only(Kind.INSTALL)
            pool.install(installs, cloud.updates_for(installs.ticket))
        if Kind.ADOPT in there:
            pool.adopt(batch.only(Kind.ADOPT))
        if Kind.EXPIRE in there:
            pool.expire(batch.only(Kind.EXPIRE))
        if Kind.CONFIRM in there:
            confirms = batch.only(Kind.CONFIRM)
            cloud.confirm(confirms.ticket)
            pool.confirm(confirms)
        if Kind.DISCARD in there:
            discards = batch.only(Kind.DISCARD)
            cloud.forget(discards.ticket)
            pool.forget(discards)

    def payload_bytes_of(self, tickets: np.ndarray) -> np.ndarray:
        """Return the bytes of payloads that were collected and not adapted to yet: int64 [tickets]."""
        return self._cloud.payload_bytes_of(tickets)

    def update_bytes_of(self, tickets: np.ndarray) -> np.ndarray:
        """Return the bytes of updates that were adapted and are not installed yet: int64 [tickets]."""
        return self._cloud.update_bytes_of(tickets)

    def steps_of(self, ticket: int, device: int) -> int:
        """Return how many steps a device takes to learn what it learns under a ticket."""
        return self._pool.steps_of(ticket, device)

    def totals(self) -> DeviceTotals:
        """Return the counts of each device since the start."""
        return DeviceTotals(self._pool.totals())

    def sample_log(self) -> Mapping[str, np.ndarray]:
        """Return every sample of the devices that are logged; only where all blocks are in this process."""
        log: Mapping[str, np.ndarray] = self._pool.sample_log() if isinstance(self._pool, InlinePool) else {}
        return log

    def ground_truth(self) -> Mapping[str, np.ndarray]:
        """Return which concepts are in force for which device, and when, as columns of a table."""
        return self._ground_truth()

    def checkpoint(self) -> Snapshot:
        """Return all that a run has changed so far, as plain arrays by name; only when all intervals were reported."""
        snapshot = with_prefix("cloud", self._cloud.checkpoint())
        for number, own in enumerate(self._pool.checkpoint()):
            snapshot |= with_prefix(f"blocks.{number}", own)
        return snapshot

    def restore(self, snapshot: Snapshot) -> None:
        """Go to where :meth:`checkpoint` was called, on a plane just built from an equal specification."""
        blocks: dict[int, Snapshot] = {}
        for name, values in without_prefix("blocks", snapshot).items():
            number, _, field = name.partition(".")
            blocks.setdefault(int(number), {})[field] = values
        self._pool.restore([blocks[number] for number in sorted(blocks)])
        self._cloud.restore(without_prefix("cloud", snapshot))

    @property
    def costs(self) -> Costs:
        """What devices and the cloud compute, in multiply-adds."""
        return self._costs()

    def measure_service(self) -> ServiceTime:
        """Return how long the cloud really computes on this machine: measured once, then kept."""
        return calibrated(self._cloud.name, lambda: self._cloud.measure(self._payloads()))

    def close(self) -> None:
        """Let the workers go."""
        self._pool.shut()


def _look_ahead(parts: Sequence[Orders], until_s: float) -> LookAhead:
    """Return how far blocks may go ahead of an interval's batches once the payloads of the first are collected."""
    changes, reads = (Kind.INSTALL, Kind.ADOPT, Kind.EXPIRE), (Kind.COLLECT, Kind.LEARN)
    bounds = [parts[0].only(*changes), *(batch.only(*changes, *reads) for batch in parts[1:])]
    return LookAhead(until_s, joined(bounds))
