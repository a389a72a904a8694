"""Why accuracy was lost: the phase each device was in when its model was wrong and the oracle was right."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

import numpy as np

from agents.checkpoint_names import concatenated
from agents.contract import Phase, Snapshot
from agents.evaluation.sample_log import SampleLog
from agents.kernels.tallies import count_phases

# Looking a member up in its enumeration costs more than the comparison it is for.
_UNDETECTED, _LABELS, _UPLINK, _RESIDUAL = Phase.UNDETECTED, Phase.LABELS, Phase.UPLINK, Phase.RESIDUAL
_STRADDLING = Phase.STRADDLING
#: At one instant a change comes first.
_CHANGE, _ENTRY = range(2)


class _Record(NamedTuple):
    """Events of rows, in the order in which they were reported: parallel arrays.

    ``value``: the phase entered; ``cutoff_s``: the data cut-off of a payload; ``middle_s``: when half of its samples
    had come.
    """

    what: np.ndarray
    row: np.ndarray
    at_s: np.ndarray
    value: np.ndarray
    cutoff_s: np.ndarray
    middle_s: np.ndarray


class _Samples(NamedTuple):
    """Samples of rows, ``number`` of each by time, and what was lost on each sample."""

    rows: np.ndarray
    number: np.ndarray
    at_s: np.ndarray
    regret: np.ndarray


class PhaseTracker:
    """The phase of each device, as a function of time.

    A device is in one phase of its *latest* concept change. A change puts it back to ``UNDETECTED``; the progress of
    an exchange moves it on only if what the exchange carries was collected after that change; and once an
    update for the concept is installed the rest is ``RESIDUAL``, whether or not more is requested later. An update
    for the concept is one whose samples are new for the most part; one that has more old ones leaves the device
    ``STRADDLING``, and later exchanges move it on.

    Events are only recorded; samples are assigned to phases in one pass when one or more intervals are closed.
    """

    def __init__(self, changes_s: Sequence[np.ndarray], log: SampleLog | None = None) -> None:
        self._log = log
        self._changes_s = np.concatenate([*changes_s, np.zeros(0)])
        self._end = np.cumsum([len(times) for times in changes_s], dtype=np.int64)
        self._first = self._end - np.array([len(times) for times in changes_s], np.int64)
        # For each device the first of its changes that has not come yet, counted over all devices.
        self._coming = self._first.copy()
        self._changed_s = np.full(len(changes_s), -np.inf)
        self._phase = np.full(len(changes_s), _UNDETECTED, np.int8)
        self._records: list[_Record] = []
        self._samples: list[_Samples] = []

    def enter(
        self, row: np.ndarray, at_s: np.ndarray, phase: np.ndarray, cutoff_s: np.ndarray, middle_s: np.ndarray
    ) -> None:
        """Note that exchanges enter phases; payloads hold data up to ``cutoff_s``, half of it up to ``middle_s``.

        Arrays [entries], by time. A payload that knows nothing of the present concept does not count; but one that
        lacks nothing except labels (it knows less than the time of its uplink) shows that the device has asked, and is
        waiting for them.
        """
        self._records.append(_Record(np.full(len(row), _ENTRY, np.int8), row, at_s, phase, cutoff_s, middle_s))

    def samples(self, rows: np.ndarray, count: np.ndarray, at_s: np.ndarray, regret: np.ndarray) -> None:
        """Record samples, ``count`` of each of ``rows`` by time, with the regret of each.

        That is the oracle's success less the deployed model's; ``at_s`` and ``regret`` are [samples].
        """
        self._samples.append(_Samples(rows, count, at_s, regret))

    def close(self, *until_s: float) -> tuple[np.ndarray, np.ndarray]:
        """End one interval or several: return (regret, samples) by phase, int64 [intervals, phases] each.

        All events and all samples up to the last of ``until_s`` must have been reported, and none beyond.
        """
        events = _joined([self._changes(until_s[-1]), *self._records])
        events = _Record(*(values[np.lexsort((events.what, events.at_s, events.row))] for values in events))
        entered = self._phases(events)
        sums = self._summed(events, entered, np.array(until_s))
        self._records.clear()
        self._samples.clear()
        # The last of a row stands.
        self._phase[events.row] = entered
        return sums

    def _summed(self, events: _Record, entered: np.ndarray, ends_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return (regret, samples) of all samples by interval and phase, given the phase entered with each event."""
        regrets, counts = np.zeros((2, len(ends_s), len(Phase)), np.int64)
        first = events.row.searchsorted(np.arange(len(self._phase) + 1))
        for rows, count, at_s, regret in self._samples:
            phase, lost = np.empty(len(at_s), np.int8), regret.astype(np.int64)
            count_phases(
                rows, count, at_s, lost, first, events.at_s, entered, self._phase, ends_s, phase, regrets, counts
            )
            if self._log is not None:
                self._log.note_phases(np.repeat(rows, count), at_s, phase)
        return regrets, counts

    def checkpoint(self, rows: slice) -> Snapshot:
        """Return where the devices of one block stand; only right after :meth:`close`."""
        assert not self._records
        assert not self._samples
        records = {"passed": self._coming - self._first, "changed_s": self._changed_s, "phase": self._phase}
        return {name: values[rows].copy() for name, values in records.items()}

    def restore(self, snapshot: Sequence[Snapshot]) -> None:
        """Go to where :meth:`checkpoint` was called on clocks of the same devices."""
        whole = concatenated(snapshot)
        self._records.clear()
        self._samples.clear()
        self._coming = self._first + whole["passed"]
        self._changed_s, self._phase = whole["changed_s"], whole["phase"]

    def _changes(self, until_s: float) -> _Record:
        """Return the concept changes that have come by ``until_s``."""
        rows, times_s = [np.zeros(0, np.int64)], [np.zeros(0)]
        left = np.flatnonzero(self._coming < self._end)
        # A turn takes one change of each row: there are few that follow each other so soon.
        while len(left := left[self._changes_s[self._coming[left]] <= until_s]):
            rows.append(left)
            times_s.append(self._changes_s[self._coming[left]])
            self._coming[left] += 1
            left = left[self._coming[left] < self._end[left]]
        row, at_s = np.concatenate(rows), np.concatenate(times_s)
        return _Record(np.full(len(row), _CHANGE, np.int8), row, at_s, np.zeros(len(row), np.int8), at_s, at_s)

    def _phases(self, records: _Record) -> np.ndarray:
        """Return the phase of each row after each event, given by row and time: int8."""
        index = np.arange(len(records.row))
        new_row = np.ones(len(index), bool)
        new_row[1:] = records.row[1:] != records.row[:-1]
        # An era is the part of a row's interval under one concept.
        opens = new_row | (records.what == _CHANGE)
        era = np.maximum.accumulate(np.where(opens, index, 0))
        changed = records.what[era] == _CHANGE
        changed_s = np.where(changed, records.at_s[era], self._changed_s[records.row])
        before = np.where(changed, _UNDETECTED, self._phase[records.row])
        self._changed_s[records.row] = changed_s

        entry = records.what == _ENTRY
        counts = entry & (changed_s < records.cutoff_s)
        old = counts & (records.value == _RESIDUAL) & (records.middle_s <= changed_s)
        asks = entry & ~counts & (records.value == _UPLINK) & (records.cutoff_s < records.at_s)
        mended = (before == _RESIDUAL) | (_earlier(counts & ~old & (records.value == _RESIDUAL), era) > 0)
        moved = counts & ~mended
        waits = asks & (before == _UNDETECTED) & (_earlier(counts | asks, era) == 0)
        into = np.where(waits, _LABELS, np.where(moved, np.where(old, _STRADDLING, records.value), _UNDETECTED))
        moves = np.maximum.accumulate(np.where(moved | waits | opens, index, 0))
        opened = np.where(changed, _UNDETECTED, before)
        stays = opens & ~moved & ~waits
        return np.where(stays[moves], opened[moves], into[moves]).astype(np.int8)


class PayloadCutoffs:
    """What is known of the data behind each ticket under way, and the device it is of, kept sorted by ticket.

    Three times [s] each: the data cut-off, when half of the window's samples had come, and when it was collected.
    """

    def __init__(self) -> None:
        self._ticket, self._row, self._times_s = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 3))

    def note(self, ticket: np.ndarray, row: np.ndarray, times_s: np.ndarray) -> None:
        """Record the times [tickets, 3] of the payloads of some tickets; a ticket may be recorded again."""
        self.forget(ticket)
        self._set(
            np.concatenate([self._ticket, ticket]),
            np.concatenate([self._row, row]),
            np.concatenate([self._times_s, times_s]),
        )

    def of(self, ticket: np.ndarray) -> np.ndarray:
        """Return the times [tickets, 3] of the payloads of some tickets; infinity if never recorded."""
        if not len(self._ticket):
            return np.full((len(ticket), 3), inf)
        at = self._positions(ticket)
        return np.where((self._ticket[at] == ticket)[:, None], self._times_s[at], inf)

    def forget(self, ticket: np.ndarray) -> None:
        """Forget some tickets, whether recorded or not."""
        if len(self._ticket):
            at = self._positions(ticket)
            left = np.ones(len(self._ticket), bool)
            left[at[self._ticket[at] == ticket]] = False
            self._ticket, self._row, self._times_s = self._ticket[left], self._row[left], self._times_s[left]

    def checkpoint(self, rows: slice) -> Snapshot:
        """Return the times of one block; devices are counted from its first."""
        mine = (self._row >= rows.start) & (self._row < rows.stop)
        columns = {"tickets": self._ticket, "times_s": self._times_s, "rows": self._row - rows.start}
        return {name: values[mine] for name, values in columns.items()} | {"width": np.array([rows.stop - rows.start])}

    def restore(self, snapshot: Sequence[Snapshot]) -> None:
        """Restore the state at :meth:`checkpoint`."""
        whole = concatenated(snapshot)
        firsts = whole["width"].cumsum() - whole["width"]
        row = whole["rows"] + firsts.repeat([len(one["rows"]) for one in snapshot])
        self._set(whole["tickets"], row, whole["times_s"])

    def _set(self, ticket: np.ndarray, row: np.ndarray, times_s: np.ndarray) -> None:
        order = ticket.argsort(kind="stable")
        self._ticket, self._row, self._times_s = ticket[order], row[order], times_s[order]

    def _positions(self, ticket: np.ndarray) -> np.ndarray:
        return np.minimum(self._ticket.searchsorted(ticket), len(self._ticket) - 1)


def _joined(parts: Sequence[_Record]) -> _Record:
    return _Record(*map(np.concatenate, zip(*parts, strict=True)))


def _earlier(what: np.ndarray, era: np.ndarray) -> np.ndarray:
    """Return how many of ``what`` lie before each place within its era (given by its first place)."""
    upto = np.cumsum(what) - what
    return np.asarray(upto - upto[era])
