"""Prototypes in place of the last layer, without gradients.

Iwasawa and Matsuo, "Test-time classifier adjustment module for model-agnostic domain generalization", NeurIPS 2021.
Each class has supports: at first its row of weights, then the features of samples that the base gives to it, those of
lowest entropy. A prototype is the normalised sum of normalised supports; logits are products with prototypes. Their
scale is another one than the base's: do not take them for confidence.
"""

from __future__ import annotations

from math import inf

import torch

from agents.kernels import product, sqrt, totals
from agents.methods.base import CloudState, Context, DeviceState, Inputs, Recent
from agents.methods.local import Local
from agents.methods.test_time.entropy import Predictions, real_rows
from agents.methods.test_time.normalising import one_step
from agents.methods.test_time.norms import require_classes
from agents.methods.test_time.options import T3aOptions
from agents.models.base import Base
from agents.models.head import ACTIVATIONS, HeadShape
from agents.streams.base import History

_FEATURE, _ENTROPY, _PROTOTYPE = "support.feature", "support.entropy", "prototype"


class T3a(Local):
    """See :class:`agents.methods.test_time.options.T3aOptions`."""

    name, learning_steps = "t3a", 1

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        require_classes(context.net)
        self.options: T3aOptions = context.options
        self.window = self.options.window
        self._last = len(self.head.sizes) - 1

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        rows = base.layers[f"w{self._last}"].transpose(1, 2)  # [1, classes, features]
        logits = self.head.affine(base.layers, self._last, rows.contiguous())
        entropy = Predictions.of(logits, rows.new_ones(1, rows.shape[1])).entropy
        empty = rows.new_zeros(1, rows.shape[1], self.options.supports - 1, rows.shape[2])
        feature = torch.cat([rows.unsqueeze(2), empty], 2)
        surest = torch.cat([entropy.unsqueeze(2), empty[..., 0] + inf], 2)
        kept = {_FEATURE: feature, _ENTROPY: surest, _PROTOTYPE: prototypes(feature, surest)}
        return {**base.layers, **kept}

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        return {name: values.expand(devices, *values.shape[1:]) for name, values in cloud.items()}

    def predict(self, state: DeviceState, inputs: Inputs) -> torch.Tensor:
        logits = product(before_last(self.head, state, inputs.features), state[_PROTOTYPE])
        return logits + state[f"b{self._last}"] if self.options.bias else logits

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        x = before_last(self.head, state, recent.features)
        logits = self.head.affine(state, self._last, x)
        seen = Predictions.of(logits, real_rows(recent.count, self.window))
        new = (seen.real > 0) & ~_known(state, x)
        mine = torch.nn.functional.one_hot(logits.argmax(2), logits.shape[2]).transpose(1, 2).bool() & new.unsqueeze(1)
        entropy = torch.cat([state[_ENTROPY], torch.where(mine, seen.entropy.unsqueeze(1), inf)], 2)
        surest, place = entropy.sort(dim=2, stable=True)
        surest, place = surest[..., : self.options.supports], place[..., : self.options.supports]
        feature = _picked(state[_FEATURE], x, place)
        return {_FEATURE: feature, _ENTROPY: surest, _PROTOTYPE: prototypes(feature, surest)}, one_step(recent)


def before_last(head: HeadShape, layers: DeviceState, features: torch.Tensor) -> torch.Tensor:
    """Return what the last layer of a head is given, [devices, samples, inputs]."""
    x = head.entrance(features)
    for index in range(len(head.sizes) - 1):
        x = ACTIVATIONS[head.activation](head.affine(layers, index, x))
    return x


def prototypes(feature: torch.Tensor, entropy: torch.Tensor) -> torch.Tensor:
    """Return prototypes [devices, features, classes] of supports [devices, classes, supports, features].

    Supports without an entropy (infinite) do not count.
    """
    there = (entropy < inf).unsqueeze(3).float()
    summed = totals((normalised(feature) * there).transpose(2, 3).contiguous())
    return normalised(summed).transpose(1, 2).contiguous()


def normalised(rows: torch.Tensor) -> torch.Tensor:
    """Return rows of length 1; a row of zeros stays."""
    return rows / sqrt(totals(rows.square().contiguous())).unsqueeze(-1).clamp_min(1e-12)


def _known(state: DeviceState, x: torch.Tensor) -> torch.Tensor:
    """Return which rows of a window are supports already, bool [devices, window]: windows may overlap."""
    there = (state[_ENTROPY] < inf).flatten(1)
    supports = state[_FEATURE].flatten(1, 2)
    found = [((supports == row.unsqueeze(1)).all(2) & there).any(1) for row in x.unbind(1)]
    return torch.stack(found, 1)


def _picked(feature: torch.Tensor, x: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
    """Return supports by their places among the old ones of their class, then the window ``x``."""
    classes, width = place.shape[1], x.shape[2]
    both = torch.cat([feature, x.unsqueeze(1).expand(-1, classes, -1, -1)], 2)
    return both.gather(2, place.unsqueeze(3).expand(-1, -1, -1, width))
