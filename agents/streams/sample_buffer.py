"""The recent samples of some blocks: drawn cell by cell into a ring, and kept while they may be needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf

import numpy as np

from agents.checkpoint_names import concatenated
from agents.contract import Snapshot
from agents.kernels.rings import append_rows, count_until, cut_samples
from agents.seeding import Purpose, rng
from agents.streams.arrivals import Arrivals
from agents.streams.base import BlockId, Chunk, Content, Task


class SampleRing:
    """The last ``capacity`` samples of each device, addressed by ordinal (0 is a device's first sample).

    Every field is an array [devices, capacity, ...]; the sample of ordinal n sits in slot n mod capacity. A *place* is
    a row and slot as one number, ``row * capacity + slot``.
    """

    def __init__(self, width: int, capacity: int) -> None:
        self.width, self.capacity = width, capacity
        self.loaded = np.zeros(width, np.int64)
        self.time_s = np.full((width, capacity), inf)
        self.due_s = np.full((width, capacity), inf)
        self.fields: dict[str, np.ndarray] = {}

    def load(self, first: int, time_s: np.ndarray, due_s: np.ndarray, content: Content) -> None:
        """Append one cell of the devices from ``first`` on, [devices, samples] each; behind a row +inf is padding."""
        # Padding is behind the samples of a row, so that counting says which are there.
        count, mine = np.count_nonzero(np.isfinite(time_s), axis=1), slice(first, first + len(time_s))
        # The schedule knows which concept was in force; it is not read here, and costs memory per device.
        named = {name: values for name, values in vars(content).items() if values is not None and name != "concept"}
        fields = [(self._field(name, values), values) for name, values in named.items()]
        for ring, values in ((self.time_s, time_s), (self.due_s, due_s), *fields):
            # The widest words that a sample is made of, of any type.
            nbytes = ring[0, 0].nbytes
            word = f"u{min(nbytes & -nbytes, 8)}"
            held, new = _as_words(ring, word), _as_words(values.astype(ring.dtype, copy=False), word)
            append_rows(held, first, self.loaded[mine], new, count, held.shape[1] // self.capacity)
        self.loaded[mine] += count

    def _field(self, name: str, values: np.ndarray) -> np.ndarray:
        if name not in self.fields:
            self.fields[name] = np.zeros((self.width, self.capacity, *values.shape[2:]), values.dtype)
        return self.fields[name]

    def grow(self, samples: int) -> None:
        """Remember at least so many samples of each device from now on."""
        if samples <= self.capacity:
            return
        wider = SampleRing(self.width, samples)
        rows = np.arange(self.width)
        ordinals = np.maximum(self.loaded - self.capacity, 0)[:, None] + np.arange(self.capacity)
        there = np.flatnonzero(ordinals < self.loaded[:, None])
        old, new = self.slots(rows, ordinals), wider.slots(rows, ordinals).reshape(-1)[there]
        for name, values in self.fields.items():
            _put(wider._field(name, values), new, values.reshape(-1, *values.shape[2:])[old], there)
        for name in ("time_s", "due_s"):
            _put(getattr(wider, name), new, getattr(self, name).take(old), there)
        self.capacity, self.time_s, self.due_s, self.fields = wider.capacity, wider.time_s, wider.due_s, wider.fields

    def slots(self, rows: np.ndarray, ordinals: np.ndarray) -> np.ndarray:
        """Return the places of samples by their ``ordinals`` [rows, n]."""
        return rows[:, None] * self.capacity + ordinals % self.capacity

    def count_until(self, rows: np.ndarray, until_s: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Return how many samples each of ``rows`` had seen by ``until_s`` (inclusive), int64 [rows].

        ``known`` is a lower bound of it that lies within the ring: counting starts there.
        """
        seen = np.empty(len(rows), np.int64)
        count_until(self.time_s, self.loaded, rows, until_s, known, seen)
        return seen

    def newest(self, rows: np.ndarray, seen: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the newest ``n`` of ``seen`` samples: (places [rows, n], count [rows]), oldest first, right padded."""
        count = np.minimum(seen, n)
        return self.slots(rows, (seen - count)[:, None] + np.arange(n)), count

    def newest_labelled(
        self, rows: np.ndarray, seen: np.ndarray, at_s: np.ndarray, n: int, back: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the newest ``n`` whose label is due by ``at_s`` of the last ``back`` samples; as :meth:`newest`."""
        column = np.arange(back)
        ordinals = seen[:, None] - 1 - column
        due = (self.due_s.take(self.slots(rows, ordinals)) <= at_s[:, None]) & (ordinals >= 0)
        count = np.minimum(np.count_nonzero(due, axis=1), n)
        # The newest known come first, then anything; turned round, padding is behind.
        chosen = np.argsort(~due, axis=1, kind="stable")[:, :n]
        turned = (count[:, None] - 1 - np.arange(n)) % max(min(n, back), 1)
        return self.slots(rows, np.take_along_axis(ordinals, np.take_along_axis(chosen, turned, 1), 1)), count


class StreamBuffer:
    """The streams of some blocks, one behind the other, and how far they were evaluated.

    Attributes:
        ring: at least the last ``history`` samples of each device that were judged, and all that come after them.
        judged: how many samples of each device were evaluated, int64 [devices]: the evaluator writes it.
    """

    def __init__(
        self, seed: int, task: Task, arrivals: Arrivals, block_ids: Sequence[BlockId], history: int, capacity: int
    ) -> None:
        self._seed, self._task, self._arrivals, self._block_ids = seed, task, arrivals, block_ids
        self._history, self._chunks = history, 0
        self._width = len(block_ids) * block_ids[0].width
        self.ring = SampleRing(self._width, capacity)
        self.judged = np.zeros(self._width, np.int64)

    @property
    def waiting(self) -> np.ndarray:
        """How many samples of each device were drawn and not evaluated, int64 [devices]."""
        return self.ring.loaded - self.judged

    def load(self, until_s: float) -> None:
        """Draw all samples up to ``until_s``; what is there already stays as it is."""
        if not self.ring.fields:
            self._load_nothing()
        while not self._arrivals.silent and self._chunks * self._arrivals.chunk_s < until_s:
            self._load_chunk()

    def _load_nothing(self) -> None:
        """Give the ring its fields: a device may ask before its first sample, or never have one."""
        block = self._block_ids[0]
        nothing_s = np.full((block.width, 1), inf)
        nothing = Chunk(block, 0, nothing_s, nothing_s < inf, np.zeros(nothing_s.shape, np.int64))
        self.ring.load(0, nothing_s, nothing_s, self._task.draw(nothing, self._uniform(block, 0)))

    def _load_chunk(self) -> None:
        chunks = [self._arrivals.chunk(block, self._chunks) for block in self._block_ids]
        coming = np.concatenate([np.count_nonzero(chunk.valid, axis=1) for chunk, _ in chunks])
        self.ring.grow(self._history + int((self.waiting + coming).max()))
        for number, (chunk, due_s) in enumerate(chunks):
            content = self._task.draw(chunk, self._uniform(chunk.block, self._chunks))
            self.ring.load(number * chunk.block.width, chunk.time_s, due_s, content)
        self._chunks += 1

    def _uniform(self, block: BlockId, chunk: int) -> np.random.Generator:
        return rng(self._seed, Purpose.CONTENT, block.cohort, block.block, chunk)

    def checkpoint(self, rows: slice) -> Snapshot:
        """Return how far the streams of one block were drawn and evaluated."""
        counts = {"loaded": self.ring.loaded[rows].copy(), "judged": self.judged[rows].copy()}
        return counts | {"cells": np.array([self._chunks]), "capacity": np.array([self.ring.capacity])}

    def restore(self, snapshot: Sequence[Snapshot]) -> None:
        """Go to where :meth:`checkpoint` was called; the ring is filled again: its last cells are redrawn."""
        whole = concatenated(snapshot)
        self.judged, loaded = whole["judged"], whole["loaded"]
        # All blocks of a cohort are drawn up to the same time when an interval is closed.
        [chunks] = np.unique(whole["cells"]).tolist()
        capacity = int(whole["capacity"].max())
        self.ring = SampleRing(self._width, capacity)
        first, before = chunks, loaded.copy()
        while first and (loaded - before).min() < capacity:
            first -= 1
            drawn = [self._arrivals.chunk(block, first)[0].valid for block in self._block_ids]
            before -= np.concatenate([np.count_nonzero(valid, axis=1) for valid in drawn])
        self._chunks, self.ring.loaded = first, before
        while self._chunks < chunks:
            self._load_chunk()


class FieldView(Mapping[str, np.ndarray]):
    """The fields of some samples of a ring, [*places] each; a field is gathered only when it is read."""

    def __init__(self, ring: SampleRing, slots: np.ndarray) -> None:
        self._fields, self._slots = ring.fields, slots
        self._gathered: dict[str, np.ndarray] = {}

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._gathered:
            values = self._fields[name]
            flat = values.reshape(-1, *values.shape[2:])
            self._gathered[name] = flat.take(self._slots) if flat.ndim == 1 else flat[self._slots]
        return self._gathered[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


@dataclass(frozen=True)
class SampleBatch:
    """Consecutive samples of some devices: side by side with padding behind, and those really there in one row.

    Attributes:
        rows, count: int64 [rows], the devices and how many samples of each.
        padded: fields [rows, width, ...].
        flat: fields [samples, ...], row by row.
        kept: which of the padded are there, as places in the flattened [rows, width]: int64 [samples].
        time_s, due_s: float64 [samples].
        due_label: returns the newest label that was due at the time of each sample, or -1: int64 [samples].
    """

    rows: np.ndarray
    count: np.ndarray
    padded: FieldView
    flat: FieldView
    kept: np.ndarray
    time_s: np.ndarray
    due_s: np.ndarray
    due_label: Callable[[], np.ndarray]

    @classmethod
    def cut(
        cls,
        ring: SampleRing,
        rows: np.ndarray,
        first: np.ndarray,
        count: np.ndarray,
        width: int,
        missing: int = 0,
        history: int = 0,
    ) -> SampleBatch:
        """Return ``count`` samples of each of ``rows`` from ordinal ``first`` on, padded to ``width``.

        The first row is ``missing`` times more among the padded: where their number must always be the same.
        """
        slots = np.empty((len(rows), width), np.int64)
        kept, there = np.empty((2, int(count.sum())), np.int64)
        cut_samples(ring.capacity, rows, first, count, slots, kept, there)
        times_s = ring.time_s.take(there), ring.due_s.take(there)
        padded = np.concatenate([slots, slots[:1].repeat(missing, axis=0)]) if missing else slots
        newest = partial(_due_label, ring, rows, first, count, times_s[0], history)
        return cls(rows, count, FieldView(ring, padded), FieldView(ring, there), kept, *times_s, newest)


def _due_label(
    ring: SampleRing, rows: np.ndarray, first: np.ndarray, count: np.ndarray, time_s: np.ndarray, history: int
) -> np.ndarray:
    """Return of each sample the newest label among the ``history`` before it that was due at its time, or -1."""
    row, ends = rows.repeat(count), count.cumsum()
    ordinal = np.arange(len(row)) + (first - (ends - count)).repeat(count)
    found, left = np.full(len(row), -1), np.arange(len(row))
    labels = ring.fields["label"].reshape(-1)
    for back in range(1, history + 1):
        left = left[ordinal[left] >= back]
        slots = ring.slots(row[left], (ordinal[left] - back)[:, None])[:, 0]
        due = ring.due_s.take(slots) <= time_s[left]
        found[left[due]] = labels.take(slots[due])
        left = left[~due]
        if not len(left):
            break
    return found


def _put(target: np.ndarray, slots: np.ndarray, values: np.ndarray, kept: np.ndarray) -> None:
    target.reshape(-1, *target.shape[2:])[slots] = values.reshape(-1, *values.shape[2:])[kept]


def _as_words(samples: np.ndarray, word: str) -> np.ndarray:
    """Return ``samples`` [rows, samples, ...] as words of a type [rows, all of a row]."""
    return np.ascontiguousarray(samples).reshape(len(samples), -1).view(word)
