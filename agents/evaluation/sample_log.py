"""Every sample of some devices: when it came, who was right about it, and what its device was waiting for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from agents.evaluation.prequential import Evaluation
from agents.streams.sample_buffer import SampleBatch

#: Name -> values, a row a sample.
Log = dict[str, np.ndarray]


@dataclass
class SampleLog:
    """The samples of devices ``first + row`` of a group that are among ``devices``.

    Outcomes come as samples are evaluated, phases as intervals are settled; a device and a time identify a sample.
    """

    first: int
    devices: Sequence[int]
    outcomes: list[Log] = field(default_factory=list)
    phases: list[Log] = field(default_factory=list)

    def note(self, batch: SampleBatch, evaluation: Evaluation, age_s: np.ndarray) -> None:
        """Add the outcomes of evaluated samples."""
        device = self.first + np.repeat(batch.rows, batch.count)
        mine = np.isin(device, self.devices)
        columns = {
            "device": device,
            "time_s": batch.time_s,
            "due_s": batch.due_s,
            "correct": evaluation.correct,
            "correct_static": evaluation.correct_static,
            "correct_oracle": evaluation.correct_oracle,
            "age_s": age_s,
        }
        self.outcomes.append({name: np.asarray(values)[mine] for name, values in columns.items()})

    def note_phases(self, row: np.ndarray, at_s: np.ndarray, phase: np.ndarray) -> None:
        """Add what devices were waiting for when samples came."""
        device = self.first + row
        mine = np.isin(device, self.devices)
        self.phases.append({"device": device[mine], "time_s": at_s[mine], "phase": phase[mine]})

    def columns(self) -> Log:
        """Return all samples by device and time, those without a phase yet left out."""
        outcomes, phases = _joined(self.outcomes), _joined(self.phases)
        if not outcomes or not phases:
            return {}
        outcomes, phases = (_by_time(one) for one in (outcomes, phases))
        known = len(phases["time_s"])
        assert np.array_equal(outcomes["time_s"][:known], phases["time_s"]), "samples and phases are of the same run"
        return {name: values[:known] for name, values in outcomes.items()} | {"phase": phases["phase"]}


def _joined(parts: Sequence[Log]) -> Log:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}


def _by_time(log: Log) -> Log:
    order = np.lexsort((log["time_s"], log["device"]))
    return {name: values[order] for name, values in log.items()}
