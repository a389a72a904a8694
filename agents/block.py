"""A block: a fixed group of devices whose streams, states and tallies are stacked tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf, sqrt

import numpy as np
import torch

from agents.arrivals import Arrivals
from agents.attribution import PhaseClock
from agents.codecs import roundtrip
from agents.contract import COHORT_COLUMNS, Kept, Phase
from agents.features import Features
from agents.judging import Judge, Verdict
from agents.methods.base import DeviceState, Method, Payload, Recent, Updates
from agents.samples import SampleRing
from agents.seeding import Purpose, rng
from agents.tasks.base import Cell, Place, Task

# Looking a member up in its enumeration costs more than the comparison it is for.
_LABELS, _UPLINK = Phase.LABELS, Phase.UPLINK


_SAMPLES = COHORT_COLUMNS.index("samples")


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
        """What is counted of each device."""
        return COHORT_COLUMNS + self.judge.measure.columns


class Block:
    """Devices ``0 .. devices - 1`` of one block; rows beyond them are ghosts that only keep shapes fixed."""

    def __init__(self, parts: BlockParts, place: Place, devices: int, state: DeviceState) -> None:
        self._parts, self._place, self.devices = parts, place, devices
        self.state = state
        self._rows = np.arange(devices)
        self._width = _judged_width(parts)
        self._ring = SampleRing(place.width, _capacity(parts))
        self._cells = 0
        self._judged = np.zeros(place.width, np.int64)
        self._knows_until_s: dict[int, float] = {}
        self._phases = PhaseClock(parts.task.changes(place)[:devices])
        self.totals = np.zeros((devices, len(parts.columns)), np.int64)
        self._tally = np.zeros_like(self.totals)

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
        self._ring.load(cell.time_s, due_s, self._parts.task.draw(cell, draw))
        self._cells += 1

    def collect(self, rows: np.ndarray, at_s: np.ndarray, tickets: Sequence[int]) -> Payload:
        """Return the payloads of ``rows`` at ``at_s`` [s], stacked in the order given."""
        method, ring = self._parts.method, self._ring
        self.load(float(at_s.max()))
        newest = ring.newest_labelled if method.needs_labels else ring.newest
        slots, count = newest(rows, at_s, method.window)
        self._knows_until_s.update(zip(tickets, self._carries_s(rows, at_s, slots, count), strict=True))
        payload = method.collect(self._rows_of(rows), self._recent(rows, at_s, slots, count))
        return roundtrip(method.codec, method.payload_fields, payload)

    def _carries_s(self, rows: np.ndarray, at_s: np.ndarray, slots: np.ndarray, count: np.ndarray) -> list[float]:
        """Return up to when each payload knows the world: its newest label, or simply the time of the request."""
        if not self._parts.method.needs_labels:
            return at_s.tolist()
        time_s = np.where(np.arange(slots.shape[1]) < count[:, None], self._ring.time_s[rows[:, None], slots], -inf)
        return time_s.max(axis=1, initial=-inf).tolist()

    def _recent(self, rows: np.ndarray, at_s: np.ndarray, slots: np.ndarray, count: np.ndarray) -> Recent:
        samples = self._samples(rows, slots)
        valid = np.arange(slots.shape[1]) < count[:, None]
        known = valid & (self._ring.due_s[rows[:, None], slots] <= at_s[:, None])
        features, label = self._parts.features.recent(samples, known)
        features = features * torch.from_numpy(valid[:, :, None])
        return Recent(features=features, label=torch.from_numpy(label.astype(np.int64)), count=torch.from_numpy(count))

    def note(self, row: int, ticket: int, at_s: float, phase: Phase) -> None:
        """Note that the exchange of ``ticket`` enters ``phase``: what regret is attributed to."""
        knows_until_s = self._knows_until_s.get(ticket, inf)
        if phase is _UPLINK and knows_until_s < at_s:
            self._phases.enter(row, at_s, _LABELS, knows_until_s)
        self._phases.enter(row, at_s, phase, knows_until_s)

    def forget(self, ticket: int) -> None:
        """Forget an exchange that is over."""
        self._knows_until_s.pop(ticket, None)

    def install(self, rows: np.ndarray, at_s: np.ndarray, updates: Updates) -> None:
        """Judge what ``rows`` saw up to ``at_s`` with their old state, then put their updates in force."""
        self.judge(rows, at_s)
        changed = self._parts.method.install(self._rows_of(rows), updates)
        if not self._parts.method.shared_rows:
            index = torch.from_numpy(rows)
            for name, values in changed.items():
                self.state[name][index] = values

    def judge(self, rows: np.ndarray, until_s: np.ndarray) -> None:
        """Predict all samples of ``rows`` up to ``until_s`` [rows] that were not predicted yet."""
        self.load(float(until_s.max(initial=0.0)))
        upto = self._ring.count_until(rows, until_s)
        while (unseen := self._judged[rows] < upto).any():
            rows, upto = rows[unseen], upto[unseen]
            self._judge_some(rows, upto)

    def _judge_some(self, rows: np.ndarray, upto: np.ndarray) -> None:
        ordinals = self._judged[rows][:, None] + np.arange(self._width)
        valid = ordinals < upto[:, None]
        slots = self._ring.slots(ordinals)
        samples = self._samples(rows, slots)
        verdict = self._parts.judge(self._parts.method, self._rows_of(rows), samples, self._parts.features)
        labelled = np.isfinite(self._ring.due_s[rows[:, None], slots])
        phases = self._phases.phases(rows, self._ring.time_s[rows[:, None], slots])
        self._tally[rows] += _counted(verdict, valid, labelled, phases)
        self._judged[rows] += valid.sum(axis=1)

    def _rows_of(self, rows: np.ndarray) -> DeviceState:
        """Return the state of some rows, or all of it where rows share it or are all there are."""
        if self._parts.method.shared_rows or len(rows) == self._place.width:
            return self.state
        index = torch.from_numpy(rows)
        return {name: values.index_select(0, index) for name, values in self.state.items()}

    def _samples(self, rows: np.ndarray, slots: np.ndarray) -> dict[str, np.ndarray]:
        return {name: values[rows[:, None], slots] for name, values in self._ring.fields.items()}

    def close(self, until_s: float) -> np.ndarray:
        """Judge everything up to ``until_s`` and return the tallies since the last close, int64 [columns]."""
        self._phases.tell_changes(until_s)
        self.judge(self._rows, np.full(self.devices, until_s))
        self._phases.close()
        tally = self._tally.sum(axis=0)
        self.totals += self._tally
        self._tally[:] = 0
        return tally

    def checkpoint(self) -> Kept:
        """Return all that cannot be drawn again; only right after :meth:`close`."""
        assert not self._tally.any()
        kept = {
            "cells": np.array(self._cells),
            "loaded": self._ring.loaded.copy(),
            "judged": self._judged.copy(),
            "totals": self.totals.copy(),
            "tickets": np.array(list(self._knows_until_s), np.int64),
            "knows_until_s": np.array(list(self._knows_until_s.values())),
        }
        kept |= {f"phases.{name}": values for name, values in self._phases.checkpoint().items()}
        return kept | {f"state.{name}": values.numpy().copy() for name, values in self.state.items()}

    def restore(self, kept: Kept) -> None:
        """Go back, or ahead, to where :meth:`checkpoint` was called on this block or on one with the same parts."""
        self._judged, self.totals = kept["judged"].copy(), kept["totals"].copy()
        self._tally = np.zeros_like(self.totals)
        self._knows_until_s = dict(zip(kept["tickets"].tolist(), kept["knows_until_s"].tolist(), strict=True))
        self._phases.restore(_under("phases.", kept))
        self.state = {name: torch.from_numpy(values) for name, values in _under("state.", kept).items()}
        self._reload(int(kept["cells"]), kept["loaded"])

    def _reload(self, cells: int, loaded: np.ndarray) -> None:
        """Fill the ring as it was when ``cells`` cells were in: draw the last of them again."""
        self._ring = SampleRing(self._place.width, self._ring.capacity)
        first, before = cells, loaded.copy()
        while first and (loaded - before).min() < self._ring.capacity:
            first -= 1
            before -= self._parts.arrivals.cell(self._place, first)[0].valid.sum(axis=1)
        self._cells, self._ring.loaded = first, before
        while self._cells < cells:
            self._load_cell()

    @property
    def seen(self) -> np.ndarray:
        """Samples seen by each device so far, int64 [devices]."""
        return self.totals[:, _SAMPLES]


def _under(prefix: str, kept: Kept) -> Kept:
    return {name.removeprefix(prefix): values.copy() for name, values in kept.items() if name.startswith(prefix)}


def _counted(verdict: Verdict, valid: np.ndarray, labelled: np.ndarray, phases: np.ndarray) -> np.ndarray:
    """Sum over the samples of each row: int64 [rows, columns]."""
    regret = np.where(valid, verdict.regret, 0)
    columns = [valid, valid & labelled]
    columns += [valid & column for column in (verdict.correct, verdict.correct_static, verdict.correct_oracle)]
    sums = [column.sum(axis=1) for column in columns]
    sums.append(np.where(valid, verdict.loss_micro, 0).sum(axis=1))
    sums += [np.where(phases == phase, regret, 0).sum(axis=1) for phase in Phase]
    counts = np.where(valid[:, :, None], verdict.counts, 0).sum(axis=1)
    return np.concatenate([np.stack(sums, axis=1), counts], axis=1)


def _judged_width(parts: BlockParts) -> int:
    """Return how many samples of a device are predicted at once: fixed, a multiple of 16 (see ``models``)."""
    expected = min(parts.tick_s / parts.arrivals.cell_s * 16 if not parts.arrivals.silent else 0.0, 64.0)
    return max(16, ceil((expected + sqrt(expected)) / 16) * 16)


def _capacity(parts: BlockParts) -> int:
    """Return the ring's size: the window, one tick's samples, and slack for two cells at their fullest."""
    if parts.arrivals.silent:
        return max(parts.history, 1)
    # Up to two cells beyond the tick may be in.
    return parts.history + parts.arrivals.most_within(parts.tick_s + 2 * parts.arrivals.cell_s) + 16
