"""Entropy minimisation on sure and new samples, anchored where the past says that it matters.

Niu et al., "Efficient test-time model adaptation without forgetting", ICML 2022. A prediction is sure if H < E0 and new
if its cosine with the mean prediction is small; it weighs exp(E0 - H). The weight ``fisher`` holds the affine
parameters by their Fisher information, from the past with the labels that the base itself gives.
"""

from __future__ import annotations

from math import log

import torch

from agents.kernels import dots, sqrt, totals
from agents.methods.base import CloudState, Context, DeviceState, Recent
from agents.methods.test_time.entropy import Predictions, exponential, mean_weight, real_rows
from agents.methods.test_time.normalising import chosen, one_step
from agents.methods.test_time.norms import SOURCE
from agents.methods.test_time.options import EataOptions, RdumbOptions
from agents.methods.test_time.tent import Descending
from agents.models.base import Base
from agents.models.mixed_norm import Mixture
from agents.streams.base import History

_FISHER = "fisher."
#: Name of the mean prediction in the state of a device.
MEAN = "mean_share"
#: Share of the mean prediction that stays when a window is added.
_STAYS = 0.9


class Selecting(Descending):
    """Descends on samples that are sure and new."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.selection: EataOptions | RdumbOptions = context.options
        self.sure_below = self.selection.sure * log(self.head.dims[-1])

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        return super().prepare(history, base, seed) | {MEAN: torch.zeros(1, self.head.dims[-1])}

    def kept(self, state: DeviceState, seen: Predictions) -> torch.Tensor:
        """Return 1 for sure and new samples, float32 [devices, n]; before there is a mean, all that is sure is new."""
        mean = state[MEAN]
        length = sqrt(totals(seen.share.square())) * sqrt(totals(mean.square())).unsqueeze(1)
        new = dots(seen.share, mean) < self.selection.redundant * length
        known = totals(mean).unsqueeze(1) > 0
        return seen.real * (seen.entropy < self.sure_below) * (new | ~known)

    def weights(self, state: DeviceState, seen: Predictions) -> torch.Tensor:
        """Return the weights of entropies in the loss."""
        return mean_weight(self.kept(state, seen)) * exponential(self.sure_below - seen.entropy)

    def followed(self, state: DeviceState, seen: Predictions) -> torch.Tensor:
        """Return the mean prediction after a window of which something was kept."""
        kept = mean_weight(self.kept(state, seen)).unsqueeze(2)
        new, mean = totals((seen.share * kept).transpose(1, 2).contiguous()), state[MEAN]
        known = totals(mean).unsqueeze(1) > 0
        return torch.where(known, _STAYS * mean + (1.0 - _STAYS) * new, new)

    def selected(self, state: DeviceState, recent: Recent) -> DeviceState:
        """Return what a step changes; where nothing is kept, only statistics follow."""
        passed, seen = self.passed(state, recent, lambda seen: self.weights(state, seen))
        slopes = {name: slope + self.pull(state, name) for name, slope in passed.slopes.items()}
        later = {**self.stepped(state, slopes), MEAN: self.followed(state, seen)}
        some = totals(self.kept(state, seen)) > 0
        return {**chosen(some, later, state), **chosen(recent.count > 0, passed.statistics, state)}

    def pull(self, state: DeviceState, name: str) -> torch.Tensor:
        """Return the slope of what holds a parameter."""
        return torch.zeros_like(state[name])


class Eata(Selecting):
    """See :class:`agents.methods.test_time.options.EataOptions`; without ``fisher`` it is ETA."""

    name = "eata"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: EataOptions = context.options

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        cloud = super().prepare(history, base, seed)
        return cloud | self._information(cloud, history, base) if self.options.fisher else cloud

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        return self.selected(state, recent), one_step(recent)

    def pull(self, state: DeviceState, name: str) -> torch.Tensor:
        if not self.options.fisher:
            return super().pull(state, name)
        return 2.0 * self.options.fisher * state[_FISHER + name] * (state[name] - state[SOURCE + name])

    def _information(self, cloud: CloudState, history: History, base: Base) -> CloudState:
        """Return the mean squared slopes of the loss: rows of the past are devices with one sample each."""
        x = history.train.x[: self.options.fisher_rows].to(base.device)
        count = torch.ones(len(x), dtype=torch.int64, device=x.device)
        rows = Recent(lambda: base.features(x).unsqueeze(1), count.unsqueeze(1), count, raw=x.unsqueeze(1))
        fresh = self.start(cloud, len(x))
        passed = self.norms.forward(fresh, rows, Mixture(count.float()), _own_label_error)
        return {_FISHER + name: slope.square().mean(0, keepdim=True) for name, slope in passed.slopes.items()}


def _own_label_error(logits: torch.Tensor) -> torch.Tensor:
    """Return the slope of the cross-entropy with the label that the net itself gives."""
    share = Predictions.of(logits, real_rows(torch.ones(len(logits)), 1)).share
    return share.scatter_add(2, logits.argmax(2, keepdim=True), -torch.ones_like(logits[:, :, :1]))
