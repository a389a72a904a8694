"""Why accuracy was lost: the phase each device was in at each sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.contract import Phase, in_force

# Looking a member up in its enumeration costs more than the comparison it is for.
_UNDETECTED, _LABELS, _RESIDUAL = Phase.UNDETECTED, Phase.LABELS, Phase.RESIDUAL


class PhaseClock:
    """The phase of each device of a block, as a function of time.

    A device is in one phase of its *latest* concept change. A change puts it back to ``UNDETECTED``; the progress of
    an exchange moves it on only if what the exchange carries was collected after that change; and once an
    update for the concept is installed the rest is ``RESIDUAL``, whatever is asked later.
    """

    def __init__(self, changes_s: Sequence[np.ndarray]) -> None:
        self._changes_s = changes_s
        self._told = [0] * len(changes_s)
        self._changed_s = np.full(len(changes_s), -np.inf)
        self._next_s = np.array([times[0] if len(times) else np.inf for times in changes_s])
        self._phase = np.full(len(changes_s), _UNDETECTED, np.int8)
        self._latest = self._phase.copy()
        self._moves: dict[int, list[tuple[float, int]]] = {}

    def enter(self, row: int, at_s: float, phase: Phase, knows_until_s: float) -> None:
        """Note that an exchange enters ``phase`` at ``at_s``; its payload knows the world up to ``knows_until_s``.

        A payload that knows nothing of the present concept does not count; but one that lacks nothing except labels
        shows that the device has asked, and is waiting for them.
        """
        if self._next_s[row] <= at_s:
            self._tell_changes(row, at_s)
        if in_force(self._changed_s[row], knows_until_s):
            if self._latest[row] != _RESIDUAL:
                self._move(row, at_s, phase)
        elif phase is _LABELS and self._latest[row] == _UNDETECTED:
            self._move(row, at_s, phase)

    def tell_changes(self, until_s: float) -> None:
        """Bring the concept changes of all devices up to date."""
        for row in np.flatnonzero(self._next_s <= until_s):
            self._tell_changes(int(row), until_s)

    def phases(self, rows: np.ndarray, time_s: np.ndarray) -> np.ndarray:
        """Return the phase at each sample, int8 of the shape of ``time_s`` [rows, samples].

        Samples must lie within the open interval, and all that happened before them must have been told.
        """
        phases = np.repeat(self._phase[rows, None], time_s.shape[1], axis=1)
        if self._moves:
            for index, row in enumerate(rows.tolist()):
                for at_s, phase in self._moves.get(row, ()):
                    phases[index, in_force(at_s, time_s[index])] = phase
        return phases

    def close(self) -> None:
        """End the interval: every move told so far lies in the past of all samples to come."""
        for row, moves in self._moves.items():
            self._phase[row] = moves[-1][1]
        self._moves.clear()

    def checkpoint(self) -> dict[str, np.ndarray]:
        """Return where every device stands, by name; only right after :meth:`close`."""
        assert not self._moves
        return {
            "told": np.array(self._told),
            "changed_s": self._changed_s.copy(),
            "next_s": self._next_s.copy(),
            "phase": self._phase.copy(),
            "latest": self._latest.copy(),
        }

    def restore(self, kept: dict[str, np.ndarray]) -> None:
        """Go to where :meth:`checkpoint` was called on a clock of the same devices; takes the arrays over."""
        self._told, self._moves = kept["told"].tolist(), {}
        self._changed_s, self._next_s = kept["changed_s"], kept["next_s"]
        self._phase, self._latest = kept["phase"], kept["latest"]

    def _tell_changes(self, row: int, until_s: float) -> None:
        times = self._changes_s[row]
        while self._told[row] < len(times) and times[self._told[row]] <= until_s:
            self._changed_s[row] = times[self._told[row]]
            self._told[row] += 1
            self._move(row, float(self._changed_s[row]), _UNDETECTED)
        left = self._told[row] < len(times)
        self._next_s[row] = times[self._told[row]] if left else np.inf

    def _move(self, row: int, at_s: float, phase: Phase) -> None:
        self._latest[row] = phase
        self._moves.setdefault(row, []).append((at_s, int(phase)))
