"""Entropy minimisation on sure samples, towards flat places, with recovery from collapse.

Niu et al., "Towards stable test-time adaptation in dynamic wild world", ICLR 2023. The slope is taken where the loss is
steepest nearby (Foret et al., ICLR 2021), of samples that are sure here and there; the norm of a slope is that of one
device. A moving mean of the entropy that falls below ``reset`` says that the model has collapsed.
"""

from __future__ import annotations

from math import log

import torch

from agents.kernels import sqrt, totals
from agents.methods.base import CloudState, Context, DeviceState, Recent
from agents.methods.test_time.entropy import Predictions, mean_weight
from agents.methods.test_time.normalising import chosen, one_step
from agents.methods.test_time.norms import Tensors
from agents.methods.test_time.options import SarOptions
from agents.methods.test_time.tent import Descending
from agents.models.base import Base
from agents.streams.base import History

_MOVING = "moving_entropy"
#: Stands for no entropy yet.
_NONE = -1.0
_STAYS = 0.9


class Sar(Descending):
    """See :class:`agents.methods.test_time.options.SarOptions`."""

    name, forwards, backwards = "sar", 2, 2

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: SarOptions = context.options
        scale = log(self.head.dims[-1])
        self.sure_below, self.reset_below = self.options.sure * scale, self.options.reset * scale

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        return super().prepare(history, base, seed) | {_MOVING: torch.full((1, 1), _NONE)}

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        here, seen = self.passed(state, recent, lambda seen: mean_weight(self._sure(seen)))
        sure = self._sure(seen)
        away = {**state, **self._steepest(state, here.slopes)}
        there, found = self.passed(away, recent, lambda found: mean_weight(sure * self._sure(found)))
        later = self.stepped(state, there.slopes)
        moves = totals(sure * self._sure(found)) > 0
        moving = self._moving(state[_MOVING], sure, found)
        own = {**chosen(moves, later, state), **chosen(recent.count > 0, here.statistics, state), _MOVING: moving}
        collapsed = (moving[:, 0] >= 0.0) & (moving[:, 0] < self.reset_below)
        first = {**self.as_first(state), _MOVING: torch.full_like(moving, _NONE)}
        return chosen(collapsed, first, own), one_step(recent)

    def _sure(self, seen: Predictions) -> torch.Tensor:
        return seen.real * (seen.entropy < self.sure_below)

    def _steepest(self, state: DeviceState, slopes: Tensors) -> Tensors:
        """Return the affine parameters a radius up the slope."""
        squares = torch.cat([slope.flatten(1) for slope in slopes.values()], 1).square()
        reach = self.options.radius / (sqrt(totals(squares)) + 1e-12)
        return {
            name: state[name] + slope * reach.view(-1, *(1 for _ in slope.shape[1:])) for name, slope in slopes.items()
        }

    def _moving(self, before: torch.Tensor, sure: torch.Tensor, found: Predictions) -> torch.Tensor:
        """Return the moving mean [devices, 1] of the entropy of sure samples."""
        mean = totals(found.entropy * mean_weight(sure)).unsqueeze(1)
        after = torch.where(before < 0.0, mean, _STAYS * before + (1.0 - _STAYS) * mean)
        return torch.where(totals(sure).unsqueeze(1) > 0, after, before)
