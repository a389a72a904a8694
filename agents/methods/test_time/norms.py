"""Normalisation as devices adapt it: all of a net's, or one normaliser on the features of any frozen trunk.

Each keeps statistics (mean, variance) and an affine map (scale, shift) for each device. At first both are those of the
past, and predictions are those of the base.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch

from agents.kernels import sqrt, totals
from agents.methods.base import CloudState, DeviceState, Inputs, Recent
from agents.methods.test_time.entropy import real_rows
from agents.models.base import Base, Net
from agents.models.batched import ModuleNet
from agents.models.costs import costs_of
from agents.models.fitting import backward
from agents.models.head import HeadShape
from agents.models.mixed_norm import Mixture, mixed
from agents.streams.base import History

#: Rows of the past from which statistics of features are taken, at most.
_ROWS = 4096
_EPS = 1e-5
#: What the past made of a tensor stands under this and its name.
SOURCE = "source."

#: Returns the slope of a loss by the logits [devices, n, classes] that it is given.
ErrorOf = Callable[[torch.Tensor], torch.Tensor]
Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Passed:
    """A window that went through: its ``logits``, the ``statistics`` it leaves, the ``slopes`` of the affine map."""

    logits: torch.Tensor
    statistics: Tensors
    slopes: Tensors


class Norms(Protocol):
    """Normalisation that is adapted.

    Attributes:
        sees: what a method with it must see.
        affine, statistics: names of its tensors in the state of a device.
        forward_macs, backward_macs: of one sample.
    """

    sees: str
    affine: tuple[str, ...]
    statistics: tuple[str, ...]
    forward_macs: float
    backward_macs: float

    def prepare(self, history: History, base: Base) -> CloudState:
        """Return the tensors of a fresh device, one row each; affine and statistics also as they were, ``source.*``."""
        ...

    def predict(self, state: DeviceState, inputs: Inputs) -> torch.Tensor:
        """Return logits [devices, samples, classes] by the statistics kept."""
        ...

    def forward(self, state: DeviceState, recent: Recent, mixture: Mixture, error_of: ErrorOf | None = None) -> Passed:
        """Let a window through, normalised by the ``mixture`` of the statistics in ``state`` with its own."""
        ...


class FeatureNorm:
    """One normaliser on the features of a frozen trunk, before the head: it works with any net, on features alone.

    Features f become ``gamma (f - mean) s0 / s + beta + mean0``: standardised by the device, and given back the
    mean and the deviation of the past, mean0 and s0, on which the head was trained.
    """

    sees = "features"
    affine: tuple[str, ...] = ("norm.gamma", "norm.beta")
    statistics: tuple[str, ...] = ("norm.mean", "norm.var")

    def __init__(self, net: Net) -> None:
        self.head = net.head
        self.width = net.head.dims[0]
        head = float(sum(inputs * outputs for inputs, outputs in net.head.sizes))
        self.forward_macs, self.backward_macs = head + 2 * self.width, head + 2 * self.width

    def prepare(self, history: History, base: Base) -> CloudState:
        features = base.features(history.train.x[:_ROWS].to(base.device))
        return self.started(dict(base.layers), features.mean(0), features.var(0, unbiased=False))

    def started(self, layers: Tensors, mean: torch.Tensor, var: torch.Tensor) -> CloudState:
        """Return the tensors of a fresh device with this head, and the statistics [features] of the past."""
        shape = (1, 1, self.width)
        values = (mean.new_ones(shape), mean.new_zeros(shape), mean.reshape(shape), var.reshape(shape))
        own = dict(zip((*self.affine, *self.statistics), values, strict=True))
        return {**layers, **own, **{SOURCE + name: kept.clone() for name, kept in own.items()}}

    def fresh(self, cloud: CloudState, devices: int) -> Tensors:
        """Return the tensors of fresh devices, [devices, ...]: what :meth:`started` gave, of all in a cloud."""
        own = {name: values for name, values in cloud.items() if name.startswith(("w", "b", "norm.", SOURCE))}
        return {name: values.expand(devices, *values.shape[1:]) for name, values in own.items()}

    def predict(self, state: DeviceState, inputs: Inputs) -> torch.Tensor:
        return self.head.forward(state, self.normalised(state, inputs.features))

    def forward(self, state: DeviceState, recent: Recent, mixture: Mixture, error_of: ErrorOf | None = None) -> Passed:
        later = self.mixed_in(state, recent, mixture)
        x = self.normalised({**state, **later}, recent.features)
        if error_of is None:
            return Passed(self.head.forward(state, x), later, {})
        seen: list[torch.Tensor] = []

        def error(logits: torch.Tensor) -> torch.Tensor:
            seen.append(logits)
            return error_of(logits)

        slope = backward(self.head, state, x, error)[1]().transpose(1, 2).contiguous()
        plain = self._standard({**state, **later}, recent.features).transpose(1, 2)
        slopes = totals(slope * plain).unsqueeze(1), totals(slope).unsqueeze(1)
        return Passed(seen[0], later, dict(zip(self.affine, slopes, strict=True)))

    def mixed_in(self, state: DeviceState, recent: Recent, mixture: Mixture) -> Tensors:
        """Return the statistics of ``state`` after those of a window were mixed in."""
        real = real_rows(recent.count, recent.features.shape[1]).unsqueeze(1)
        count = recent.count.clamp_min(1).view(-1, 1)
        columns = recent.features.transpose(1, 2)
        mean = totals((columns * real).contiguous()) / count
        var = totals(((columns - mean.unsqueeze(2)).square() * real).contiguous()) / count
        share = Mixture(mixture.keep.view(-1, 1, 1), mixture.exact)
        known = state["norm.mean"], state["norm.var"]
        after = mixed(*known, mean.unsqueeze(1), var.unsqueeze(1), share)
        return dict(zip(self.statistics, after, strict=True))

    def normalised(self, state: DeviceState, features: torch.Tensor) -> torch.Tensor:
        """Return features as the head is given them."""
        scale = self._spread(state) * state["norm.gamma"]
        return features * scale + (state["source.norm.mean"] - scale * state["norm.mean"] + state["norm.beta"])

    def _spread(self, state: DeviceState) -> torch.Tensor:
        return sqrt((state["source.norm.var"] + _EPS).contiguous()) / sqrt((state["norm.var"] + _EPS).contiguous())

    def _standard(self, state: DeviceState, features: torch.Tensor) -> torch.Tensor:
        """Return what gamma multiplies."""
        return (features - state["norm.mean"]) * self._spread(state)


class WholeNorm:
    """All batch normalisation of a net, from raw input; device by device."""

    sees = "raw"

    def __init__(self, net: Net) -> None:
        batched = net.batched
        if not isinstance(batched, ModuleNet):
            raise ValueError(f"norm: '{net.name}' has no normalisation; write 'norm: features'")
        self.net = batched
        self.affine = batched.trainable("norm")
        self.statistics = batched.moments
        if not self.statistics:
            raise ValueError(f"norm: '{net.name}' keeps no statistics of what it normalises; write 'norm: features'")
        self.forward_macs = costs_of(net, 1).inference
        self.backward_macs = 2.0 * self.forward_macs

    def prepare(self, history: History, base: Base) -> CloudState:
        whole = self.net.params(base.trunk, base.layers) | self.net.buffers(base.trunk)
        return whole | {SOURCE + name: whole[name].clone() for name in (*self.affine, *self.statistics)}

    def predict(self, state: DeviceState, inputs: Inputs) -> torch.Tensor:
        return self.net.forward(state, inputs.raw, self._moments(state), training=False)[0]

    def forward(self, state: DeviceState, recent: Recent, mixture: Mixture, error_of: ErrorOf | None = None) -> Passed:
        affine = {name: state[name].clone().requires_grad_(error_of is not None) for name in self.affine}
        given = {**{name: state[name] for name in state if not name.startswith(SOURCE)}, **affine}
        with torch.set_grad_enabled(error_of is not None):
            passed = self.net.forward(given, recent.raw, self._moments(state), True, recent.count, mixture)
        logits, later = passed[0], {name: passed[1][name] for name in self.statistics}
        if error_of is None or not logits.requires_grad:
            return Passed(logits, later, {name: torch.zeros_like(values) for name, values in affine.items()})
        error = error_of(logits.detach())
        slopes = torch.autograd.grad(logits, list(affine.values()), error)
        return Passed(logits.detach(), later, dict(zip(self.affine, slopes, strict=True)))

    def _moments(self, state: DeviceState) -> Tensors:
        return {name: state[name] for name in self.statistics}


def norms_of(net: Net, which: str) -> Norms:
    """Return ``features`` or ``all`` of the normalisation of a net.

    Raises:
        ValueError: this net has none of that.
    """
    require_classes(net)
    return WholeNorm(net) if which == "all" else FeatureNorm(net)


def require_classes(net: Net) -> None:
    """Check that a net predicts classes.

    Raises:
        ValueError: it ranks items.
    """
    if type(net.head) is not HeadShape:
        raise ValueError(f"adapter: test-time adaptation needs classes; '{net.name}' ranks items")
