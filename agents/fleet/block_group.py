"""A group of blocks of one cohort whose streams, states and tallies are stacked tensors, in order of the blocks."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
import torch

from agents.checkpoint_names import Checkpointable, with_prefix, without_prefix
from agents.codecs.base import Rows
from agents.contract import (
    Snapshot,
)
from agents.evaluation.regret_phases import PayloadCutoffs
from agents.evaluation.sample_log import SampleLog
from agents.evaluation.tallies import TallyCounter
from agents.evaluation.watching import Watching
from agents.fleet.cohort_parts import MOST_WAITING, CohortParts, ring_capacity
from agents.fleet.device_state import DeviceStates
from agents.fleet.local_learning import Learnt
from agents.fleet.memory_limit import MemoryLimit
from agents.fleet.message_memory import NONE_YET, DeviceMemory
from agents.fleet.windows import Windows
from agents.methods.base import DeviceState, Payload, Updates
from agents.methods.old_forms import state_and_payload
from agents.streams.base import BlockId
from agents.streams.sample_buffer import SampleBatch, StreamBuffer
from agents.torch_device import CPU, moved

#: Samples of a device that are predicted at once, at most; and always, where shapes are fixed.
_WIDEST, _STEADY = 192, 96
#: Samples that are predicted at once, of all devices together: few enough that they stay in the cache.
_AT_ONCE = 4096
#: Of more classes than this, a full list of items, fewer samples are predicted at once.
_CLASSES = 128
#: Devices whose gate is evaluated at once.
_GATES_AT_ONCE = 256


class BlockGroup:
    """Devices ``0 .. devices - 1`` of blocks that follow each other; rows beyond them pad the last block.

    ``known`` is what both ends have of messages before t = 0; ``first`` is the number of the first device in the fleet.

    Samples are evaluated when an update is about to change the model they were predicted with, when enough of
    them wait, or when results are requested: the later, the fewer and larger the batches. This changes no
    result, because parameters change at installs only.
    """

    def __init__(
        self,
        parts: CohortParts,
        slots: Sequence[BlockId],
        devices: int,
        state: DeviceState,
        known: Rows,
        first: int,
        limit: MemoryLimit | None = None,
    ) -> None:
        self._parts, self._block_ids, self.devices = parts, slots, devices
        width, shared = len(slots) * slots[0].width, parts.method.shared_rows
        self.state = DeviceStates(state, width, shared=shared, limit=limit)
        self._memory = DeviceMemory(parts.method, first + np.arange(width), self.state.device, known, limit)
        # Elsewhere than on a processor bits depend on shapes, so that there is only one.
        self._steady = self.state.device != CPU
        self._rows = np.arange(devices)
        self._at_once = _AT_ONCE * _CLASSES // max(parts.task.classes, _CLASSES)
        self._buffer = StreamBuffer(parts.seed, parts.task, parts.arrivals, slots, parts.history, ring_capacity(parts))
        method, history = parts.method, parts.history
        self._windows = Windows(
            self._buffer, parts.features, self.state.device, method.window, history, method.needs_labels
        )
        self._cutoffs = PayloadCutoffs()
        self._learnt = Learnt(width, self.state.device)
        self._watching = Watching(parts.watch, width)
        changes_s = [times_s for place in slots for times_s in parts.task.changes(place)]
        self.log = SampleLog(first, parts.logged) if parts.logged else None
        self._tallies = TallyCounter(
            changes_s[:devices], devices, len(parts.columns), learns=parts.learns, log=self.log
        )

    @property
    def columns(self) -> int:
        """How many things are counted of a cohort."""
        return self._tallies.columns

    def prefetch(self, until_s: float, rows: np.ndarray, at_s: np.ndarray) -> None:
        """Do work that is due soon, while no caller waits for it.

        The stream is drawn up to ``until_s``. Devices with many waiting samples, or with an event, are evaluated: of
        ``rows`` no sample after their ``at_s``, at which they may be collected from or given an update.
        """
        self._buffer.load(until_s)
        limit_s = np.full(self.devices, until_s)
        np.minimum.at(limit_s, rows, at_s)
        soon = 2 * self._buffer.waiting[: self.devices] > MOST_WAITING
        soon[rows] = True
        self._evaluate(np.flatnonzero(soon), limit_s[soon])

    def collect(self, rows: np.ndarray, at_s: np.ndarray, tickets: np.ndarray) -> Payload:
        """Return the payloads of ``rows`` at ``at_s`` [s], stacked in the order given, as they are on the wire."""
        method = self._parts.method
        slots, there = self._windows.places(rows, at_s)
        self._cutoffs.note(tickets, rows, self._windows.times_s(at_s, slots, there))
        # An exchange that the device still has under way has failed: this is a new request.
        self._undo(rows[self._memory.under_way(rows) != NONE_YET])
        state = self.state.of(rows)
        recent = self._windows.recent(at_s, slots, there)
        later, payload = state_and_payload(method.name, method.collect(state, recent))
        if later is not state:
            self.state.put(rows, later)
        return moved(self._memory.encode(rows, tickets, payload), CPU)

    def learn(self, rows: np.ndarray, at_s: np.ndarray, tickets: np.ndarray) -> None:
        """Let ``rows`` learn from their data at ``at_s`` [s]; the new state is stored until it is adopted."""
        slots, there = self._windows.places(rows, at_s)
        self._cutoffs.note(tickets, rows, self._windows.times_s(at_s, slots, there))
        state, steps = self._parts.method.learn(self.state.of(rows), self._windows.recent(at_s, slots, there))
        self._learnt.put(tickets, rows, state, steps)

    def steps_of(self, ticket: int) -> int:
        """Return the steps that a device has taken for what it learnt under a ticket."""
        return self._learnt.steps_of(ticket)

    def adopt(self, rows: np.ndarray, at_s: np.ndarray, tickets: np.ndarray) -> None:
        """Evaluate the samples of ``rows`` up to ``at_s`` with their old state, then install what they have learnt."""
        self._evaluate(rows, at_s)
        self.state.put(rows, self._learnt.take(tickets))
        self._tallies.install(rows, np.minimum(self._cutoffs.of(tickets)[:, 2], at_s))
        self._cutoffs.forget(tickets)

    def expire(self, rows: np.ndarray, at_s: np.ndarray) -> None:
        """Evaluate the samples of ``rows`` up to ``at_s`` with their old state, then let them fall back to the base."""
        self._evaluate(rows, at_s)
        self.state.put(rows, self._parts.method.expired(self.state.of(rows)))
        self._tallies.install(rows, np.zeros(len(rows)))

    def note(self, rows: np.ndarray, at_s: np.ndarray, tickets: np.ndarray, phases: np.ndarray) -> None:
        """Record that exchanges enter phases, in virtual-time order; regret is attributed to these phases."""
        cutoff_s, middle_s, _ = self._cutoffs.of(tickets).T
        self._tallies.phases.enter(rows, at_s, phases, cutoff_s, middle_s)

    def forget(self, rows: np.ndarray, tickets: np.ndarray) -> None:
        """Drop failed exchanges, and undo what they changed."""
        self._undo(self._memory.forget(rows, tickets))
        self._cutoffs.forget(tickets)
        self._learnt.forget(tickets)

    def confirm(self, rows: np.ndarray, tickets: np.ndarray) -> None:
        """End exchanges whose payloads count, though they get no answer."""
        self._memory.commit(rows, tickets)
        self._cutoffs.forget(tickets)

    def _undo(self, rows: np.ndarray) -> None:
        """Let the method undo what collecting wrote."""
        method = self._parts.method
        if method.writes_on_collect and len(rows):
            self.state.put(rows, method.lost(self.state.of(rows)))

    def install(self, rows: np.ndarray, at_s: np.ndarray, tickets: np.ndarray, wire: Updates) -> None:
        """Evaluate the samples of ``rows`` up to ``at_s`` with their old state, then install the updates of tickets."""
        self._evaluate(rows, at_s)
        updates = self._memory.decode(rows, tickets, moved(wire, self.state.device))
        self.state.put(rows, self._parts.method.install(self.state.of(rows), updates))
        self._tallies.install(rows, np.minimum(self._cutoffs.of(tickets)[:, 2], at_s))
        self._cutoffs.forget(tickets)

    def close(self, until_s: float) -> None:
        """End an interval; its remaining samples may be evaluated later."""
        self._buffer.load(until_s)
        self._tallies.close(until_s)
        waiting = self._buffer.waiting[: self.devices]
        if waiting.max() > MOST_WAITING:
            # All devices that would be full soon are included.
            many = np.flatnonzero(2 * waiting > MOST_WAITING)
            self._evaluate(many, np.full(len(many), until_s))

    def take_tallies(self) -> np.ndarray:
        """Return the tallies of all intervals closed since the last time: int64 [intervals, columns]."""
        self._settle()
        return self._tallies.take_tallies()

    def totals(self) -> np.ndarray:
        """Return what was counted of each device up to the last close: int64 [devices, columns]."""
        self._settle()
        steps = self._learnt.steps[: self.devices, None]
        return np.concatenate([self._tallies.totals, steps], axis=1) if self._parts.learns else self._tallies.totals

    def signals(self) -> dict[str, np.ndarray]:
        """Return what is watched at the end of the last interval that was closed, each [devices]."""
        self._settle()
        watch, found = self._parts.watch, self._watching.alarms(self.devices)
        at_s = np.full(self.devices, self._watching.closed_s)
        if "samples" in watch:
            found["samples"] = self._buffer.ring.count_until(self._rows, at_s, self._buffer.judged[: self.devices])
        if "gate" in watch:
            parts = [self._gate(rows, at_s[rows]) for rows in np.split(self._rows, _cuts(self.devices))]
            found["gate"] = np.concatenate(parts)
        return found

    def _gate(self, rows: np.ndarray, at_s: np.ndarray) -> np.ndarray:
        slots, there = self._windows.places(rows, at_s)
        with torch.inference_mode():
            gain = self._parts.method.gate(self.state.of(rows), self._windows.recent(at_s, slots, there))
        return np.asarray(gain.cpu().numpy(), np.float32)

    def _settle(self) -> None:
        """Evaluate all waiting samples of closed intervals."""
        if (end_s := self._tallies.end_s) > -inf:
            self._evaluate(self._rows, np.full(self.devices, end_s))
            self._tallies.settle()
            if self._parts.watch:
                self._watching.advance(end_s)

    def _evaluate(self, rows: np.ndarray, until_s: np.ndarray) -> None:
        """Predict all samples of ``rows`` up to ``until_s`` [rows] that were not predicted yet."""
        self._buffer.load(float(until_s.max(initial=0.0)))
        waiting = self._buffer.ring.count_until(rows, until_s, self._buffer.judged[rows]) - self._buffer.judged[rows]
        while len(left := np.flatnonzero(waiting)):
            # Devices with about as many samples go together: little padding.
            left = left[waiting[left].argsort(kind="stable")[::-1]]
            while len(left):
                width = self._width(int(waiting[left[0]]))
                most = max(1, self._at_once // width)
                some, left = left[:most], left[most:]
                count = np.minimum(waiting[some], width)
                self._evaluate_some(rows[some], count, width, most - len(some) if self._steady else 0)
                waiting[some] -= count

    def _width(self, samples: int) -> int:
        """Return how many of a device's waiting ``samples`` are predicted at once: in equal parts, if not all."""
        if self._steady:
            return _STEADY
        return -(-samples // -(-samples // _WIDEST))

    def _evaluate_some(self, rows: np.ndarray, count: np.ndarray, width: int, missing: int) -> None:
        parts = self._parts
        batch = SampleBatch.cut(
            self._buffer.ring, rows, self._buffer.judged[rows], count, width, missing, parts.history
        )
        state = self.state.of(np.concatenate([rows, rows[:1].repeat(missing)]) if missing else rows)
        evaluation = parts.evaluator(parts.method, state, batch, parts.features)
        self._tallies.count(batch, evaluation)
        if parts.watch:
            self._watching.note(batch, evaluation)
        self._buffer.judged[rows] += count

    def checkpoint(self) -> list[Snapshot]:
        """Return all that cannot be drawn again, block by block; only right after :meth:`close`."""
        self._settle()
        parts = self._parts_with_state()
        width = self._block_ids[0].width
        blocks = [slice(first, first + width) for first in range(0, len(self._block_ids) * width, width)]
        return [
            {
                name: values
                for prefix, part in parts.items()
                for name, values in with_prefix(prefix, part.checkpoint(rows)).items()
            }
            for rows in blocks
        ]

    def restore(self, snapshot: Sequence[Snapshot]) -> None:
        """Restore these blocks to where they were when :meth:`checkpoint` was called, in any grouping."""
        for prefix, part in self._parts_with_state().items():
            part.restore([without_prefix(prefix, one) for one in snapshot])

    def _parts_with_state(self) -> dict[str, Checkpointable]:
        return {
            "feed": self._buffer,
            "knowledge": self._cutoffs,
            "accounts": self._tallies,
            "state": self.state,
            "learnt": self._learnt,
            "codec": self._memory,
            "watching": self._watching,
        }


def _cuts(devices: int) -> np.ndarray:
    """Return where devices are cut into parts whose gates are evaluated at once."""
    return np.arange(_GATES_AT_ONCE, devices, _GATES_AT_ONCE)
