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
from agents.kernels.tallies import count_samples
from agents.streams.sample_buffer import SampleBatch

_LOSS, _REGRET = COHORT_COLUMNS.index("loss_micro"), COHORT_COLUMNS.index("regret_undetected")
_PHASES, _AGES = COHORT_COLUMNS.index("samples_undetected"), COHORT_COLUMNS.index("samples_age_00")
_EDGES_S = np.array(AGE_EDGES_S)


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
        flags = np.stack([evaluation.correct, evaluation.correct_static, evaluation.correct_oracle])
        count_samples(
            batch.rows,
            batch.count,
            batch.time_s,
            batch.due_s,
            flags,
            evaluation.regret,
            evaluation.loss_micro,
            evaluation.counts,
            np.array(self._ends_s, np.float64),
            self._data_s,
            _EDGES_S,
            _LOSS,
            _AGES,
            len(COHORT_COLUMNS),
            self._tallies,
            self.totals,
        )
        if self._log is not None:
            self._log.note(batch, evaluation, batch.time_s - np.repeat(self._data_s[batch.rows], batch.count))
        self.phases.samples(batch.rows, batch.count, batch.time_s, evaluation.regret)

    def install(self, rows: np.ndarray, collected_s: np.ndarray) -> None:
        """Note that devices have another model from now on, made of data that were collected then."""
        self._data_s[rows] = collected_s

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
