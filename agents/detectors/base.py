"""What a detector is: pure functions on one row of state a device."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

import numpy as np

#: One array for each statistic, leading axis = device.
State = dict[str, np.ndarray]


class Detector(Protocol):
    """Watches one value a sample on every device; it holds its options, and no state."""

    def init(self, devices: int) -> State:
        """Return the state before the first sample."""
        ...

    def update(self, state: State, values: np.ndarray, valid: np.ndarray) -> tuple[State, np.ndarray]:
        """Take in samples in the order of their columns.

        ``values`` float64 [devices, samples]; ``valid`` bool of the same shape, False for padding. Returns the state
        afterwards and the samples that raised an alarm, bool [devices, samples]. What is given is not written to.
        """
        ...


class SampleBySample(ABC):
    """A detector that is written for one sample of every device.

    Attributes:
        restarts: whether it starts afresh after an alarm, as in River.
    """

    restarts = True

    @abstractmethod
    def fresh(self, devices: int) -> State:
        """Return the statistics before the first sample."""

    @abstractmethod
    def step(self, state: State, value: np.ndarray) -> np.ndarray:
        """Update ``state`` in place by one sample of every device; return alarms, bool [devices]."""

    def init(self, devices: int) -> State:
        return self.fresh(devices) | {"alarmed": np.zeros(devices, bool)}

    def update(self, state: State, values: np.ndarray, valid: np.ndarray) -> tuple[State, np.ndarray]:
        alarms = np.zeros(values.shape, bool)
        after = {name: own.copy() for name, own in state.items()}
        for column in range(values.shape[1]):
            rows = np.flatnonzero(valid[:, column])
            alarms[rows, column] = self._advance(after, rows, values[rows, column])
        return after, alarms

    def _advance(self, state: State, rows: np.ndarray, value: np.ndarray) -> np.ndarray:
        """Let some devices take in a sample each; return who alarms."""
        some = {name: values[rows] for name, values in state.items() if name != "alarmed"}
        again = state["alarmed"][rows]
        if self.restarts and again.any():
            for name, fresh in self.fresh(int(again.sum())).items():
                some[name][again] = fresh
        alarmed = self.step(some, value)
        for name, values in some.items():
            state[name][rows] = values
        state["alarmed"][rows] = alarmed
        return alarmed


def add_to_mean(state: State, value: np.ndarray) -> None:
    """Add a sample to ``count`` and the running ``mean``, in the arithmetic of River."""
    state["count"] = state["count"] + 1.0
    state["mean"] = state["mean"] + (1.0 / state["count"]) * (value - state["mean"])
