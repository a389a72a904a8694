"""A model on a device: a frozen trunk that turns raw input into features, and a head on top of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn

from agents.metrics import Metric, Top1
from agents.models.batched import DenseNet, ModuleNet
from agents.models.head import HeadShape, Layers
from agents.torch_device import device_of, moved


@dataclass(frozen=True)
class Net:
    """An architecture, without weights.

    Attributes:
        build_trunk: makes the trunk, raw [rows, *input_shape] -> features [rows, head.dims[0]].
        feature_bound: no feature is larger than this, or None if features are unbounded.
        options: everything that made the net what it is; goes into cache keys.
        metric: what counts as a correct prediction.
        rows: how many rows go through the trunk at once, so that large activations fit; None: all of them.
        weights: sets the weights of a trunk and of a packed head [1, params] in place, before they are trained; None:
            they stay as drawn.
        whole: all layers from input to logits, where they are all dense; None for any other trunk.
        views: how many columns of the features each view of the data fills; empty where features are one thing.
    """

    name: str
    input_shape: tuple[int, ...]
    head: HeadShape
    build_trunk: Callable[[], nn.Module]
    feature_bound: float | None
    options: Mapping[str, Any]
    metric: Metric = field(default_factory=Top1)
    rows: int | None = None
    weights: Callable[[nn.Module, torch.Tensor], None] | None = None
    whole: HeadShape | None = None
    views: tuple[int, ...] = ()

    @property
    def batched(self) -> DenseNet | ModuleNet:
        """The net as a function of weights stacked over devices."""
        return ModuleNet(self.build_trunk, self.head) if self.whole is None else DenseNet(self.whole, self.head)


@dataclass(frozen=True)
class Base:
    """A trained net: what every device starts with. Its trunk never changes; ``layers`` has one row."""

    net: Net
    trunk: nn.Module
    layers: Layers

    @property
    def head(self) -> HeadShape:
        return self.net.head

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        return device_of(self.layers)

    def on(self, device: torch.device) -> Base:
        """Return the base with its weights on ``device``, copied."""
        return replace(self, trunk=deepcopy(self.trunk).to(device), layers=moved(self.layers, device))

    @torch.no_grad()
    def features(self, raw: torch.Tensor, at_once: int | None = None) -> torch.Tensor:
        """Return trunk features float32 [..., features] of raw input [..., *input_shape].

        ``at_once`` rows go through a trunk that wants passes of its own, where ``net.rows`` do otherwise.
        """
        leading = raw.shape[: raw.dim() - len(self.net.input_shape)]
        rows = raw.reshape(-1, *raw.shape[len(leading) :])
        whole = self.net.rows is None
        features: torch.Tensor = self.trunk(rows) if whole else self._in_passes(rows, at_once or self.net.rows or 1)
        return features.view(*leading, features.shape[1])

    def _in_passes(self, raw: torch.Tensor, rows: int) -> torch.Tensor:
        """Run the trunk on always so many rows, the last pass padded with zeros: one shape, one set of bits."""
        features = raw.new_empty(len(raw), self.head.dims[0])
        for first in range(0, len(raw), rows):
            part = raw[first : first + rows]
            missing = raw.new_zeros(rows - len(part), *raw.shape[1:])
            features[first : first + rows] = self.trunk(torch.cat([part, missing]))[: len(part)]
        return features

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return all weights by name, as a cache keeps them."""
        trunk = {f"trunk.{name}": value for name, value in self.trunk.state_dict().items()}
        return {**trunk, **{f"head.{name}": value for name, value in self.layers.items()}}

    @classmethod
    def load(cls, net: Net, tensors: Mapping[str, torch.Tensor]) -> Base:
        """Return the base with these :meth:`tensors`, copied."""
        trunk = net.build_trunk()
        trunk.load_state_dict(_under("trunk.", tensors))
        layers = {name: value.clone() for name, value in _under("head.", tensors).items()}
        return cls(net, trunk.eval().requires_grad_(False), layers)

    def digest(self) -> str:
        """Return a SHA-256 of the weights."""
        sha = hashlib.sha256()
        for name, value in sorted(self.tensors().items()):
            sha.update(name.encode() + value.contiguous().numpy().tobytes())
        return sha.hexdigest()


def _under(prefix: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
