"""Correction of predictions alone: samples that are alike get labels that are alike.

Boudiaf et al., "Parameter-free online test-time adaptation", CVPR 2022:
``y_i = softmax(ln p_i + weight sum_j w_ij y_j)`` until nothing changes, w = 1 among nearest neighbours. A batch of the
paper is a window that the device remembers and settles when it learns; a new sample is answered at once, beside its
neighbours there, whose labels stay.
"""

from __future__ import annotations

import torch

from agents.kernels import product, softmax
from agents.methods.base import CloudState, Context, DeviceState, Inputs, Recent
from agents.methods.local import Local
from agents.methods.test_time.entropy import log_softmax, real_rows
from agents.methods.test_time.normalising import chosen, one_step
from agents.methods.test_time.norms import require_classes
from agents.methods.test_time.options import LameOptions
from agents.methods.test_time.t3a import normalised
from agents.models.base import Base
from agents.streams.base import History

_FEATURE, _LABEL, _REAL = "memory.feature", "memory.label", "memory.real"
_STEPS, _SETTLED = 100, 1e-6


class Lame(Local):
    """See :class:`agents.methods.test_time.options.LameOptions`."""

    name, learning_steps = "lame", 1

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        require_classes(context.net)
        self.options: LameOptions = context.options
        self.window = self.options.window

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        dims, n = self.head.dims, self.window
        sizes = {_FEATURE: (1, n, dims[0]), _LABEL: (1, n, dims[-1]), _REAL: (1, n)}
        return {**base.layers, **{name: torch.zeros(size) for name, size in sizes.items()}}

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        return {name: values.expand(devices, *values.shape[1:]) for name, values in cloud.items()}

    def predict(self, state: DeviceState, inputs: Inputs) -> torch.Tensor:
        logits = self.head.forward(state, inputs.features)
        alike = likeness(normalised(inputs.features), state[_FEATURE])
        near = nearest(alike, state[_REAL].unsqueeze(1), self.options.neighbours)
        return logits + self.options.weight * product(near, state[_LABEL])

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        real, feature = real_rows(recent.count, self.window), normalised(recent.features)
        log_share = log_softmax(self.head.forward(state, recent.features))
        others = real.unsqueeze(1) * (1.0 - torch.eye(self.window, device=real.device))
        near = nearest(likeness(feature, feature), others, self.options.neighbours) * real.unsqueeze(2)
        label = settled(log_share, (near + near.transpose(1, 2)) / 2.0, self.options.weight) * real.unsqueeze(2)
        later = {_FEATURE: feature, _LABEL: label, _REAL: real}
        return chosen(recent.count > 0, later, state), one_step(recent)


def likeness(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Return the cosines [devices, n, m] of normalised rows."""
    return product(one, other.transpose(1, 2).contiguous())


def nearest(alike: torch.Tensor, among: torch.Tensor, neighbours: int) -> torch.Tensor:
    """Return 1 for the nearest of each row, float32 [devices, n, m]; ``among`` is 1 for those that may be."""
    allowed = among.expand_as(alike)
    order = alike.masked_fill(allowed == 0, -torch.inf).sort(dim=2, descending=True, stable=True)[1][..., :neighbours]
    return torch.zeros_like(alike).scatter_(2, order, 1.0) * allowed


def settled(log_share: torch.Tensor, affinity: torch.Tensor, weight: float) -> torch.Tensor:
    """Return the labels [devices, n, classes] that agree with each other; rows of a device that settle early stay."""
    label = softmax(log_share)
    moving = torch.ones(len(label), 1, 1, dtype=torch.bool, device=label.device)
    for _ in range(_STEPS):
        later = torch.where(moving, softmax(log_share + weight * product(affinity, label)), label)
        moving = moving & ((later - label).abs().amax((1, 2), keepdim=True) > _SETTLED)
        label = later
        if not moving.any():
            break
    return label
