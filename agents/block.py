"""A block: a fixed group of devices whose streams, states and tallies are stacked tensors."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
import torch

from agents.arrivals import Arrivals
from agents.attribution import PhaseClock
from agents.codecs import roundtrip
from agents.contract import COHORT_COLUMNS, DEVICE_COLUMNS, Kept
from agents.device_rows import DeviceRows
from agents.features import Features
from agents.judging import Judge, Verdict
from agents.keeping import below, under
from agents.knowledge import Knowledge
from agents.methods.base import DeviceState, Method, Payload, Recent, Updates
from agents.samples import Picked, SampleRing
from agents.seeding import Purpose, rng
from agents.tasks.base import Cell, Place, Task

#: Samples of a device that are predicted at once: a multiple, so that bits show no batch (see ``models.head``), and
#: not so many that they leave the cache.
_QUANTUM, _WIDEST = 4, 64
_REGRET = COHORT_COLUMNS.index("regret_undetected")


@dataclass(frozen=True)
class BlockParts:
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


class Block:
    """Devices ``0 .. devices - 1`` of one block; rows beyond them are ghosts that only keep shapes fixed."""

    def __init__(self, parts: BlockParts, place: Place, devices: int, state: DeviceState) -> None:
        self._parts, self._place, self.devices = parts, place, devices
        self.state = DeviceRows(state, place.width, shared=parts.method.shared_rows)
        self._rows = np.arange(devices)
        self._ring = SampleRing(place.width, _capacity(parts))
        self._cells = 0
        self._judged = np.zeros(place.width, np.int64)
        self._knowledge = Knowledge()
        self._phases = PhaseClock(parts.task.changes(place)[:devices])
        self.totals = np.zeros((devices, len(DEVICE_COLUMNS)), np.int64)
        self._tally = np.zeros(len(parts.columns), np.int64)

    @property
    def columns(self) -> int:
        """How many things are counted of a cohort."""
        return len(self._tally)

    def load(self, until_s: float) -> None:
        """Draw the stream up to ``until_s``; blocks may be asked in any order and any steps."""
        arrivals = self._parts.arrivals
        if not self._ring.fields:
            self._load_nothing()
        while not arrivals.silent and self._cells * arrivals.cell_s < until_s:
            self._load_cell()

    def _load_nothing(self) -> None:
        """Give the ring its fields: a device may ask before its first sample, or never have one."""
        nothing_s = np.full((self._place.width, 1), inf)
        draw = rng(self._parts.seed, Purpose.CONTENT, self._place.cohort, self._place.block, 0)
        nothing = Cell(self._place, 0, nothing_s, nothing_s < inf, np.zeros(nothing_s.shape, np.int64))
        self._ring.load(nothing_s, nothing_s, self._parts.task.draw(nothing, draw))

    def _load_cell(self) -> None:
        cell, due_s = self._parts.arrivals.cell(self._place, self._cells)
        draw = rng(self._parts.seed, Purpose.CONTENT, self._place.cohort, self._place.block, self._cells)
        unjudged = self._ring.loaded + np.count_nonzero(cell.valid, axis=1) - self._judged
        self._ring.make_room(self._parts.history + int(unjudged.max()))
        self._ring.load(cell.time_s, due_s, self._parts.task.draw(cell, draw))
        self._cells += 1

    def collect(self, rows: np.ndarray, at_s: np.ndarray, tickets: np.ndarray) -> Payload:
        """Return the payloads of ``rows`` at ``at_s`` [s], stacked in the order given."""
        method, ring = self._parts.method, self._ring
        self.load(float(at_s.max()))
        seen = ring.count_until(rows, at_s, self._judged[rows])
        if method.needs_labels:
            places, count = ring.newest_labelled(rows, seen, at_s, method.window, self._parts.history)
        else:
            places, count = ring.newest(rows, seen, method.window)
        there = np.arange(places.shape[1]) < count[:, None]
        self._knowledge.note(tickets, self._known_until_s(at_s, places, there))
        payload = method.collect(self.state.of(rows), self._recent(at_s, places, there))
        return roundtrip(method.codec, method.payload_fields, payload)

    def _known_until_s(self, at_s: np.ndarray, places: np.ndarray, there: np.ndarray) -> np.ndarray:
        """Return up to when each payload knows the world: its newest label, or simply the time of the request."""
        if not self._parts.method.needs_labels:
            return at_s
        time_s = np.where(there, self._ring.time_s.take(places), -inf)
        return np.asarray(time_s.max(axis=1, initial=-inf))

    def _recent(self, at_s: np.ndarray, places: np.ndarray, there: np.ndarray) -> Recent:
        known = there & (self._ring.due_s.take(places) <= at_s[:, None])
        features, label = self._parts.features.recent(Picked(self._ring, places), known)
        features = features * torch.from_numpy(there[:, :, None])
        count = torch.from_numpy(np.count_nonzero(there, axis=1))
        return Recent(features=features, label=torch.from_numpy(label.astype(np.int64)), count=count)

    def note(self, rows: np.ndarray, at_s: np.ndarray, tickets: np.ndarray, phases: np.ndarray) -> None:
        """Note that exchanges enter phases, in virtual-time order: what regret is attributed to."""
        self._phases.enter(rows, at_s, phases, self._knowledge.of(tickets))

    def forget(self, tickets: np.ndarray) -> None:
        """Forget exchanges that are over."""
        self._knowledge.forget(tickets)

    def install(self, rows: np.ndarray, at_s: np.ndarray, updates: Updates) -> None:
        """Judge what ``rows`` saw up to ``at_s`` with their old state, then put their updates in force."""
        self.judge(rows, at_s)
        self.state.put(rows, self._parts.method.install(self.state.of(rows), updates))

    def judge(self, rows: np.ndarray, until_s: np.ndarray) -> None:
        """Predict all samples of ``rows`` up to ``until_s`` [rows] that were not predicted yet."""
        self.load(float(until_s.max(initial=0.0)))
        waiting = self._ring.count_until(rows, until_s, self._judged[rows]) - self._judged[rows]
        while len(unseen := np.flatnonzero(waiting)):
            # A few rows without samples cost less than taking the state of the others out.
            if 4 * len(unseen) < 3 * len(rows):
                rows, waiting = rows[unseen], waiting[unseen]
            count = np.minimum(waiting, _WIDEST)
            self._judge_some(rows, count)
            waiting = waiting - count

    def _judge_some(self, rows: np.ndarray, count: np.ndarray) -> None:
        width = max(int(count.max()), self._parts.method.head.fewest)
        column = np.arange(-(-width // _QUANTUM) * _QUANTUM)
        there = column < count[:, None]
        places = self._ring.places(rows, self._judged[rows][:, None] + column)
        parts, samples = self._parts, Picked(self._ring, places)
        verdict = parts.judge(parts.method, self.state.of(rows), samples, parts.features, there)
        self._judged[rows] += count
        self._count(rows, count, verdict, places[there])

    def _count(self, rows: np.ndarray, count: np.ndarray, verdict: Verdict, places: np.ndarray) -> None:
        """Add what became of samples to the tallies; samples come row by row, ``count`` of each."""
        labelled = np.count_nonzero(self._ring.due_s.take(places) < inf)
        end = count.cumsum()
        right = np.stack([verdict.correct, verdict.correct_static, verdict.correct_oracle])
        some = np.flatnonzero(count)
        sums = np.add.reduceat(right, (end - count)[some], axis=1, dtype=np.int64)
        self.totals[rows[some]] += np.stack([count[some], *sums], axis=1)
        self._tally[:_REGRET] += np.array([end[-1], labelled, *np.count_nonzero(right, 1), verdict.loss_micro.sum()])
        self._tally[len(COHORT_COLUMNS) :] += verdict.counts.sum(axis=0)
        lost = np.flatnonzero(verdict.regret)
        if len(lost):
            row = rows[end.searchsorted(lost, side="right")]
            self._phases.regret(row, self._ring.time_s.take(places[lost]), verdict.regret[lost])

    def close(self, until_s: float) -> np.ndarray:
        """Judge everything up to ``until_s`` and return the tallies since the last close: int64 [columns]."""
        self.judge(self._rows, np.full(self.devices, until_s))
        tally = self._tally
        tally[_REGRET : len(COHORT_COLUMNS)] += self._phases.close(until_s)
        self._tally = np.zeros_like(tally)
        return tally

    def checkpoint(self) -> Kept:
        """Return all that cannot be drawn again; only right after :meth:`close`."""
        kept = {
            "cells": np.array(self._cells),
            "capacity": np.array(self._ring.capacity),
            "loaded": self._ring.loaded.copy(),
            "judged": self._judged.copy(),
            "totals": self.totals.copy(),
        }
        kept |= self._knowledge.checkpoint()
        return kept | below("phases", self._phases.checkpoint()) | below("state", self.state.checkpoint())

    def restore(self, kept: Kept) -> None:
        """Go back, or ahead, to where :meth:`checkpoint` was called on this block or on one with the same parts."""
        # Arrays may come out of memory that others read.
        kept = {name: values.copy() for name, values in kept.items()}
        self._judged, self.totals = kept["judged"], kept["totals"]
        self._tally[:] = 0
        self._knowledge.restore(kept)
        self._phases.restore(under("phases", kept))
        self.state.restore(under("state", kept))
        self._reload(int(kept["capacity"]), int(kept["cells"]), kept["loaded"])

    def _reload(self, capacity: int, cells: int, loaded: np.ndarray) -> None:
        """Fill the ring as it was when ``cells`` cells were in: draw the last of them again."""
        self._ring = SampleRing(self._place.width, capacity)
        first, before = cells, loaded.copy()
        while first and (loaded - before).min() < capacity:
            first -= 1
            before -= self._parts.arrivals.cell(self._place, first)[0].valid.sum(axis=1)
        self._cells, self._ring.loaded = first, before
        while self._cells < cells:
            self._load_cell()


def _capacity(parts: BlockParts) -> int:
    """Return the ring's size at first: the window, and the samples of a tick and of the cell that reaches beyond it."""
    if parts.arrivals.silent:
        return max(parts.history, 1)
    return parts.history + parts.arrivals.most_within(parts.tick_s + parts.arrivals.cell_s) + 1
