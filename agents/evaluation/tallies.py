"""What is counted of a stack: interval by interval, device by device, and what accuracy was lost to."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np

from agents.checkpoint_names import concatenated, with_prefix, without_prefix
from agents.contract import AGE_EDGES_S, CLOUD_PHASES, COHORT_COLUMNS, DEVICE_COLUMNS, Phase, Snapshot
from agents.evaluation.prequential import Evaluation
from agents.evaluation.regret_phases import PhaseTracker
from agents.evaluation.sample_log import SampleLog
from agents.streams.sample_buffer import SampleBatch

_LOSS, _REGRET = COHORT_COLUMNS.index("loss_micro"), COHORT_COLUMNS.index("regret_undetected")
_PHASES, _AGES = COHORT_COLUMNS.index("samples_undetected"), COHORT_COLUMNS.index("samples_age_00")
_EDGES_S = np.array(AGE_EDGES_S)
#: What a sample counts for is four bits: labelled, correct, correct_static, correct_oracle, from the highest.
_BITS = np.arange(16)
#: By those bits: what they add to the first columns of a cohort, and (another first bit: is it odd) to a device's.
_OF_COHORT = np.stack([np.ones(16, np.int64), _BITS >> 3, _BITS >> 2 & 1, _BITS >> 1 & 1, _BITS & 1], axis=1)
_OF_DEVICE = np.concatenate(
    [_OF_COHORT[:, [0, 2, 3, 4]], (_BITS >> 3)[:, None], ((_BITS >> 3) * (_BITS >> 2 & 1))[:, None]], axis=1
)


class TallyCounter:
    """Counts of the intervals that were closed and not reported yet, and of the open one.

    Samples may be counted late, and in any order: each finds its interval by its time. All samples
    of an interval must be counted before it is reported.
    """

    def __init__(
        self,
        changes_s: Sequence[np.ndarray],
        devices: int,
        columns: int,
        *,
        learns: bool = False,
        log: SampleLog | None = None,
    ) -> None:
        self._learns, self._log = learns, log
        self.totals = np.zeros((devices, len(DEVICE_COLUMNS)), np.int64)
        self.phases = PhaseTracker(changes_s, log)
        # When the data behind the deployed model of each device were collected.
        self._data_s = np.zeros(devices)
        self._ends_s: list[float] = []
        # A row for each interval: those settled, those closed, and the open one.
        self._settled = np.zeros((0, columns), np.int64)
        self._tallies = np.zeros((1, columns), np.int64)

    @property
    def columns(self) -> int:
        """How many things are counted of an interval."""
        return self._tallies.shape[1]

    @property
    def end_s(self) -> float:
        """End of the last interval that was closed and is not settled [s]; minus infinity if there is none."""
        return self._ends_s[-1] if self._ends_s else -inf

    def count(self, batch: SampleBatch, evaluation: Evaluation) -> None:
        """Add what became of samples."""
        interval = np.array(self._ends_s).searchsorted(batch.time_s)
        flags = ((batch.due_s < inf), evaluation.correct, evaluation.correct_static, evaluation.correct_oracle)
        labelled, correct, static, oracle = (flag.view(np.uint8) for flag in flags)
        bits = labelled << 3 | correct << 2 | static << 1 | oracle
        self._count_devices(batch, bits & 7)
        self._count_intervals(interval, bits, evaluation)
        row = np.repeat(batch.rows, batch.count)
        age_s = batch.time_s - self._data_s[row]
        self._count_ages(interval, age_s, evaluation.regret)
        if self._log is not None:
            self._log.note(batch, evaluation, age_s)
        self.phases.samples(row, batch.time_s, evaluation.regret)

    def install(self, rows: np.ndarray, collected_s: np.ndarray) -> None:
        """Note that devices have another model from now on, made of data that were collected then."""
        self._data_s[rows] = collected_s

    def _count_devices(self, batch: SampleBatch, bits: np.ndarray) -> None:
        devices = len(batch.rows)
        ends = batch.count.cumsum()
        # Samples of a device come in order: the next one's number is how many there were.
        number = np.arange(len(bits)) + np.repeat(self.totals[batch.rows, 0] - (ends - batch.count), batch.count)
        of = np.repeat(np.arange(devices) * 16, batch.count) + bits + 8 * (1 - number % 2)
        self.totals[batch.rows] += np.bincount(of, minlength=devices * 16).reshape(devices, 16) @ _OF_DEVICE

    def _count_ages(self, interval: np.ndarray, age_s: np.ndarray, regret: np.ndarray) -> None:
        bins = len(_EDGES_S)
        place = interval * bins + _EDGES_S.searchsorted(age_s, side="right") - 1
        size, intervals = len(self._tallies) * bins, len(self._tallies)
        for first, sums in (
            (_AGES, np.bincount(place, minlength=size)),
            (_AGES + bins, np.bincount(place, regret, size)),
        ):
            self._tallies[:, first : first + bins] += sums.astype(np.int64).reshape(intervals, bins)

    def _count_intervals(self, interval: np.ndarray, bits: np.ndarray, evaluation: Evaluation) -> None:
        intervals = len(self._tallies)
        counts = np.bincount(interval * 16 + bits, minlength=intervals * 16).reshape(intervals, 16)
        self._tallies[:, : _OF_COHORT.shape[1]] += counts @ _OF_COHORT
        # Sums of integers below 2^53: exact as floats too.
        self._tallies[:, _LOSS] += np.bincount(interval, evaluation.loss_micro, intervals).astype(np.int64)
        if evaluation.counts.shape[1]:
            counted = slice(len(COHORT_COLUMNS), len(COHORT_COLUMNS) + evaluation.counts.shape[1])
            np.add.at(self._tallies[:, counted], interval, evaluation.counts)

    def close(self, until_s: float) -> None:
        """End the open interval; its samples may still be counted."""
        self._ends_s.append(until_s)
        self._tallies = np.concatenate([self._tallies, np.zeros((1, self.columns), np.int64)])

    def settle(self) -> None:
        """Complete all closed intervals: their samples have been counted, and those of no later ones."""
        if self._ends_s:
            done, self._tallies = self._tallies[:-1], self._tallies[-1:]
            phases = len(CLOUD_PHASES)
            regret, samples = self.phases.close(*self._ends_s)
            done[:, _REGRET : _REGRET + phases] += regret[:, :phases]
            done[:, _PHASES : _PHASES + phases] += samples[:, :phases]
            if self._learns:
                done[:, -2] += regret[:, Phase.LEARNING]
                done[:, -1] += samples[:, Phase.LEARNING]
            self._settled = np.concatenate([self._settled, done])
            self._ends_s = []

    def take_tallies(self) -> np.ndarray:
        """Return the tallies of all settled intervals that were not reported yet: int64 [intervals, columns]."""
        settled, self._settled = self._settled, self._settled[:0]
        return settled

    def checkpoint(self, rows: slice) -> Snapshot:
        """Return what is kept of one block; only right after :meth:`settle`.

        What was settled of all blocks together is with the first of them.
        """
        settled = self._settled if rows.start == 0 else np.zeros_like(self._settled)
        snapshot = {
            "totals": self.totals[rows].copy(),
            "data_s": self._data_s[rows].copy(),
            "settled": settled[None].copy(),
        }
        return snapshot | with_prefix("phases", self.phases.checkpoint(rows))

    def restore(self, snapshot: Sequence[Snapshot]) -> None:
        """Go to where :meth:`checkpoint` was called."""
        whole = concatenated(snapshot)
        self.totals, self._settled = whole["totals"], whole["settled"].sum(axis=0)
        self._data_s = whole["data_s"]
        self._ends_s = []
        self._tallies = np.zeros((1, self.columns), np.int64)
        self.phases.restore([without_prefix("phases", one) for one in snapshot])
