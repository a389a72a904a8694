"""Why accuracy was lost: the phase each device was in when its model was wrong and the oracle was right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from agents.contract import Kept, Phase
from agents.keeping import joined

# Looking a member up in its enumeration costs more than the comparison it is for.
_UNDETECTED, _LABELS, _UPLINK, _RESIDUAL = Phase.UNDETECTED, Phase.LABELS, Phase.UPLINK, Phase.RESIDUAL
#: At one instant samples come first: what happens then takes effect strictly after.
_SAMPLE, _CHANGE, _ENTRY = range(3)


class _Told(NamedTuple):
    """Things that happened to rows, in the order in which they were told: parallel arrays.

    ``value``: the phase entered, or the regret of a sample; ``knows_s``: up to when a payload knows the world.
    """

    what: np.ndarray
    row: np.ndarray
    at_s: np.ndarray
    value: np.ndarray
    knows_s: np.ndarray


class PhaseClock:
    """The phase of each device, as a function of time.

    A device is in one phase of its *latest* concept change. A change puts it back to ``UNDETECTED``; the progress of
    an exchange moves it on only if what the exchange carries was collected after that change; and once an
    update for the concept is installed the rest is ``RESIDUAL``, whatever is asked later.

    What happens is only noted, and told apart in one go when an interval, or several, are closed.
    """

    def __init__(self, changes_s: Sequence[np.ndarray]) -> None:
        self._changes_s = np.concatenate([*changes_s, np.zeros(0)])
        self._end = np.cumsum([len(times) for times in changes_s], dtype=np.int64)
        self._first = self._end - np.array([len(times) for times in changes_s], np.int64)
        # For each device the first of its changes that has not come yet, counted over all devices.
        self._coming = self._first.copy()
        self._changed_s = np.full(len(changes_s), -np.inf)
        self._phase = np.full(len(changes_s), _UNDETECTED, np.int8)
        self._told: list[_Told] = []

    def enter(self, row: np.ndarray, at_s: np.ndarray, phase: np.ndarray, knows_s: np.ndarray) -> None:
        """Note that exchanges enter phases; their payloads know the world up to ``knows_s``. Arrays [entries], by time.

        A payload that knows nothing of the present concept does not count; but one that lacks nothing except labels
        (it knows less than the time of its uplink) shows that the device has asked, and is waiting for them.
        """
        self._told.append(_Told(np.full(len(row), _ENTRY, np.int8), row, at_s, phase, knows_s))

    def regret(self, row: np.ndarray, at_s: np.ndarray, regret: np.ndarray) -> None:
        """Note samples that the oracle judged otherwise than the deployed model: arrays [samples]."""
        self._told.append(_Told(np.full(len(row), _SAMPLE, np.int8), row, at_s, regret, at_s))

    def close(self, *until_s: float) -> np.ndarray:
        """End one interval or several: return the regret of all rows in each, by phase: int64 [intervals, phases].

        All that happened and all samples up to the last of ``until_s`` must have been told, and nothing beyond.
        """
        told = _joined([self._changes(until_s[-1]), *self._told])
        self._told.clear()
        moving = np.zeros(len(self._phase), bool)
        moving[told.row[told.what != _SAMPLE]] = True
        moved = moving[told.row]
        still, ends_s = _only(told, ~moved), np.array(until_s)
        regret = _by_phase(self._phase[still.row], still, ends_s)
        return regret + self._told_apart(_only(told, moved), ends_s) if moved.any() else regret

    def _told_apart(self, told: _Told, ends_s: np.ndarray) -> np.ndarray:
        """Return the regret of rows to which something happened, and leave them in the phase in which they end."""
        told = _only(told, np.lexsort((told.what, told.at_s, told.row)))
        phase, samples = self._phases(told), told.what == _SAMPLE
        # The last of a row stands.
        self._phase[told.row] = phase
        return _by_phase(phase[samples], _only(told, samples), ends_s)

    def checkpoint(self, rows: slice) -> Kept:
        """Return where the devices of one block stand; only right after :meth:`close`."""
        assert not self._told
        told = {"passed": self._coming - self._first, "changed_s": self._changed_s, "phase": self._phase}
        return {name: values[rows].copy() for name, values in told.items()}

    def restore(self, kept: Sequence[Kept]) -> None:
        """Go to where :meth:`checkpoint` was called on clocks of the same devices."""
        whole = joined(kept)
        self._told.clear()
        self._coming = self._first + whole["passed"]
        self._changed_s, self._phase = whole["changed_s"], whole["phase"]

    def _changes(self, until_s: float) -> _Told:
        """Return the concept changes that have come by ``until_s``."""
        rows, times_s = [np.zeros(0, np.int64)], [np.zeros(0)]
        left = np.flatnonzero(self._coming < self._end)
        for row in left[self._changes_s[self._coming[left]] <= until_s].tolist():
            coming = self._changes_s[self._coming[row] : self._end[row]]
            times_s.append(coming[: coming.searchsorted(until_s, side="right")])
            rows.append(np.full(len(times_s[-1]), row))
            self._coming[row] += len(times_s[-1])
        row, at_s = np.concatenate(rows), np.concatenate(times_s)
        return _Told(np.full(len(row), _CHANGE, np.int8), row, at_s, np.zeros(len(row), np.int8), at_s)

    def _phases(self, told: _Told) -> np.ndarray:
        """Return the phase of each row after each thing that happened, given by row and time: int8."""
        place = np.arange(len(told.row))
        new_row = np.ones(len(place), bool)
        new_row[1:] = told.row[1:] != told.row[:-1]
        # An era is the part of a row's interval under one concept.
        opens = new_row | (told.what == _CHANGE)
        era = np.maximum.accumulate(np.where(opens, place, 0))
        changed = told.what[era] == _CHANGE
        changed_s = np.where(changed, told.at_s[era], self._changed_s[told.row])
        before = np.where(changed, _UNDETECTED, self._phase[told.row])
        self._changed_s[told.row] = changed_s

        entry = told.what == _ENTRY
        counts = entry & (changed_s < told.knows_s)
        asks = entry & ~counts & (told.value == _UPLINK) & (told.knows_s < told.at_s)
        mended = (before == _RESIDUAL) | (_earlier(counts & (told.value == _RESIDUAL), era) > 0)
        moved = counts & ~mended
        waits = asks & (before == _UNDETECTED) & (_earlier(counts | asks, era) == 0)
        into = np.where(waits, _LABELS, np.where(moved, told.value, _UNDETECTED))
        moves = np.maximum.accumulate(np.where(moved | waits | opens, place, 0))
        opened = np.where(changed, _UNDETECTED, before)
        stays = opens & ~moved & ~waits
        return np.where(stays[moves], opened[moves], into[moves]).astype(np.int8)


def _joined(parts: Sequence[_Told]) -> _Told:
    return _Told(*map(np.concatenate, zip(*parts, strict=True)))


def _only(told: _Told, which: np.ndarray) -> _Told:
    return _Told(*(values[which] for values in told))


def _by_phase(phase: np.ndarray, samples: _Told, ends_s: np.ndarray) -> np.ndarray:
    """Return the regret of samples, each in its ``phase``, by interval (given by their ends) and phase."""
    cell = ends_s.searchsorted(samples.at_s) * len(Phase) + phase
    sums = np.bincount(cell, samples.value, len(ends_s) * len(Phase))
    return sums.astype(np.int64).reshape(len(ends_s), len(Phase))


def _earlier(what: np.ndarray, era: np.ndarray) -> np.ndarray:
    """Return how many of ``what`` lie before each place within its era (given by its first place)."""
    upto = np.cumsum(what) - what
    return np.asarray(upto - upto[era])
