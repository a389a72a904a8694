"""A stack: some blocks of one cohort, one behind the other, whose streams, states and tallies are stacked tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
import torch

from agents.accounts import Accounts
from agents.arrivals import Arrivals
from agents.codecs import coded, decoded
from agents.contract import COHORT_COLUMNS, TOLD_TOGETHER, Kept
from agents.device_rows import DeviceRows
from agents.devices import CPU, moved
from agents.features import Features
from agents.feed import Feed
from agents.judging import Judge
from agents.keeping import Keeper, below, under
from agents.knowledge import Knowledge
from agents.methods.base import DeviceState, Method, Payload, Recent, Updates
from agents.samples import Picked, Strips
from agents.tasks.base import Place, Task

#: Samples of a device that are predicted at once, at most.
_WIDEST = 96
#: Samples that are predicted at once, of all devices together: few enough that they stay in the cache.
_AT_ONCE = 4096
#: Samples of a device that wait at the end of an interval, at most, those of the cell that reaches beyond it included.
MOST_WAITING = 96


@dataclass(frozen=True)
class CohortParts:
    """What all blocks of a cohort share: read-only."""

    seed: int
    task: Task
    features: Features
    judge: Judge
    method: Method
    arrivals: Arrivals
    tick_s: float
    history: int

    @property
    def columns(self) -> tuple[str, ...]:
        """What is counted of each cohort."""
        return COHORT_COLUMNS + self.judge.measure.columns


class Stack:
    """Devices ``0 .. devices - 1`` of blocks that follow each other; rows beyond them are ghosts of the last block.

    Samples are judged when an update is about to change the model they were predicted with, when enough of
    them wait, or when somebody must know: the later, the fewer and larger the batches. It makes no difference to any
    result, because parameters change at installs only.
    """

    def __init__(self, parts: CohortParts, places: Sequence[Place], devices: int, state: DeviceState) -> None:
        self._parts, self._places, self.devices = parts, places, devices
        self.state = DeviceRows(state, len(places) * places[0].width, shared=parts.method.shared_rows)
        # Elsewhere than on a processor bits depend on shapes, so that there is only one.
        self._steady = self.state.device != CPU
        self._rows = np.arange(devices)
        self._feed = Feed(parts.seed, parts.task, parts.arrivals, places, parts.history, _capacity(parts))
        self._knowledge = Knowledge()
        changes_s = [times_s for place in places for times_s in parts.task.changes(place)]
        self._accounts = Accounts(changes_s[:devices], devices, len(parts.columns))

    @property
    def columns(self) -> int:
        """How many things are counted of a cohort."""
        return self._accounts.columns

    def go_ahead(self, until_s: float, rows: np.ndarray, at_s: np.ndarray) -> None:
        """Do what must be done soon anyway, while nobody waits for it.

        The stream is drawn up to ``until_s``, and those are judged of whom much waits, or to whom something happens: of
        ``rows`` no sample after their ``at_s``, at which they may be collected from or given an update.
        """
        self._feed.load(until_s)
        limit_s = np.full(self.devices, until_s)
        np.minimum.at(limit_s, rows, at_s)
        soon = 2 * self._feed.waiting[: self.devices] > MOST_WAITING
        soon[rows] = True
        self._judge(np.flatnonzero(soon), limit_s[soon])

    def collect(self, rows: np.ndarray, at_s: np.ndarray, tickets: np.ndarray) -> Payload:
        """Return the payloads of ``rows`` at ``at_s`` [s], stacked in the order given, as they are on the wire."""
        method, ring = self._parts.method, self._feed.ring
        self._feed.load(float(at_s.max()))
        seen = ring.count_until(rows, at_s, self._feed.judged[rows])
        if method.needs_labels:
            places, count = ring.newest_labelled(rows, seen, at_s, method.window, self._parts.history)
        else:
            places, count = ring.newest(rows, seen, method.window)
        there = np.arange(places.shape[1]) < count[:, None]
        self._knowledge.note(tickets, rows, self._known_until_s(at_s, places, there))
        payload = method.collect(self.state.of(rows), self._recent(at_s, places, there))
        return moved(coded(method.codec, method.payload_fields, payload), CPU)

    def _known_until_s(self, at_s: np.ndarray, places: np.ndarray, there: np.ndarray) -> np.ndarray:
        """Return up to when each payload knows the world: its newest label, or simply the time of the request."""
        if not self._parts.method.needs_labels:
            return at_s
        time_s = np.where(there, self._feed.ring.time_s.take(places), -inf)
        return np.asarray(time_s.max(axis=1, initial=-inf))

    def _recent(self, at_s: np.ndarray, places: np.ndarray, there: np.ndarray) -> Recent:
        known = there & (self._feed.ring.due_s.take(places) <= at_s[:, None])
        features, label = self._parts.features.recent(Picked(self._feed.ring, places), known)
        shown = {"there": there[:, :, None], "label": label.astype(np.int64), "count": np.count_nonzero(there, axis=1)}
        here = moved({name: torch.from_numpy(values) for name, values in shown.items()}, features.device)
        return Recent(features=features * here["there"], label=here["label"], count=here["count"])

    def note(self, rows: np.ndarray, at_s: np.ndarray, tickets: np.ndarray, phases: np.ndarray) -> None:
        """Note that exchanges enter phases, in virtual-time order: what regret is attributed to."""
        self._accounts.phases.enter(rows, at_s, phases, self._knowledge.of(tickets))

    def forget(self, tickets: np.ndarray) -> None:
        """Forget exchanges that are over."""
        self._knowledge.forget(tickets)

    def install(self, rows: np.ndarray, at_s: np.ndarray, wire: Updates) -> None:
        """Judge what ``rows`` saw up to ``at_s`` with their old state, then put their updates in force."""
        self._judge(rows, at_s)
        method = self._parts.method
        updates = decoded(method.codec, method.update_fields, moved(wire, self.state.device))
        self.state.put(rows, method.install(self.state.of(rows), updates))

    def close(self, until_s: float) -> None:
        """End an interval; what is still to be judged of it may wait."""
        self._feed.load(until_s)
        self._accounts.close(until_s)
        waiting = self._feed.waiting[: self.devices]
        if waiting.max() > MOST_WAITING:
            # All that would be full soon go along.
            many = np.flatnonzero(2 * waiting > MOST_WAITING)
            self._judge(many, np.full(len(many), until_s))

    def tell(self) -> np.ndarray:
        """Return the tallies of all intervals closed since the last time: int64 [intervals, columns]."""
        self._settle()
        return self._accounts.tell()

    def totals(self) -> np.ndarray:
        """Return what was counted of each device up to the last close: int64 [devices, len(DEVICE_COLUMNS)]."""
        self._settle()
        return self._accounts.totals

    def _settle(self) -> None:
        """Judge all that waits in closed intervals."""
        if (end_s := self._accounts.end_s) > -inf:
            self._judge(self._rows, np.full(self.devices, end_s))
            self._accounts.settle()

    def _judge(self, rows: np.ndarray, until_s: np.ndarray) -> None:
        """Predict all samples of ``rows`` up to ``until_s`` [rows] that were not predicted yet."""
        self._feed.load(float(until_s.max(initial=0.0)))
        waiting = self._feed.ring.count_until(rows, until_s, self._feed.judged[rows]) - self._feed.judged[rows]
        while len(left := np.flatnonzero(waiting)):
            # Devices with about as many samples go together: little padding.
            left = left[waiting[left].argsort(kind="stable")[::-1]]
            while len(left):
                width = self._width(int(waiting[left[0]]))
                most = max(1, _AT_ONCE // width)
                some, left = left[:most], left[most:]
                count = np.minimum(waiting[some], width)
                self._judge_some(rows[some], count, width, most - len(some) if self._steady else 0)
                waiting[some] -= count

    def _width(self, samples: int) -> int:
        """Return how many of a device's waiting ``samples`` are predicted at once: in equal parts, if not all."""
        if self._steady:
            return _WIDEST
        return -(-samples // -(-samples // _WIDEST))

    def _judge_some(self, rows: np.ndarray, count: np.ndarray, width: int, missing: int) -> None:
        parts = self._parts
        strips = Strips.cut(self._feed.ring, rows, self._feed.judged[rows], count, width, missing)
        state = self.state.of(np.concatenate([rows, rows[:1].repeat(missing)]) if missing else rows)
        self._accounts.count(strips, parts.judge(parts.method, state, strips, parts.features))
        self._feed.judged[rows] += count

    def checkpoint(self) -> list[Kept]:
        """Return all that cannot be drawn again, block by block; only right after :meth:`close`."""
        self._settle()
        parts = self._kept_by()
        width = self._places[0].width
        blocks = [slice(first, first + width) for first in range(0, len(self._places) * width, width)]
        return [
            {
                name: values
                for prefix, part in parts.items()
                for name, values in below(prefix, part.checkpoint(rows)).items()
            }
            for rows in blocks
        ]

    def restore(self, kept: Sequence[Kept]) -> None:
        """Go back, or ahead, to where these blocks were when :meth:`checkpoint` was called, in whatever stacks."""
        for prefix, part in self._kept_by().items():
            part.restore([under(prefix, one) for one in kept])

    def _kept_by(self) -> dict[str, Keeper]:
        return {"feed": self._feed, "knowledge": self._knowledge, "accounts": self._accounts, "state": self.state}


def _capacity(parts: CohortParts) -> int:
    """Return the ring's size at first: the window, what may wait, and the cell that reaches beyond it."""
    arrivals = parts.arrivals
    if arrivals.silent:
        return max(parts.history, 1)
    most = arrivals.most_within(TOLD_TOGETHER * parts.tick_s + arrivals.cell_s)
    full = MOST_WAITING + arrivals.most_within(parts.tick_s + arrivals.cell_s)
    return parts.history + min(most, full) + 1
