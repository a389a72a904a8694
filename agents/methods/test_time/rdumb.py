"""Entropy minimisation that starts again every so many steps.

Press et al., "RDumb: A simple approach that questions our progress in continual test-time adaptation", NeurIPS 2023:
ETA, reset to the base. Devices count their own steps.
"""

from __future__ import annotations

import torch

from agents.methods.base import CloudState, Context, DeviceState, Recent
from agents.methods.test_time.eata import MEAN, Selecting
from agents.methods.test_time.normalising import chosen, one_step
from agents.methods.test_time.options import RdumbOptions
from agents.models.base import Base
from agents.streams.base import History

_AGE = "age"


class Rdumb(Selecting):
    """See :class:`agents.methods.test_time.options.RdumbOptions`."""

    name = "rdumb"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: RdumbOptions = context.options

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        return super().prepare(history, base, seed) | {_AGE: torch.zeros(1, 1, dtype=torch.int64)}

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        age = state[_AGE] + 1
        first = {**self.as_first(state), MEAN: torch.zeros_like(state[MEAN]), _AGE: torch.zeros_like(age)}
        later = {**self.selected(state, recent), _AGE: age}
        return chosen(age[:, 0] >= self.options.every, first, later), one_step(recent)
