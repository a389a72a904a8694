"""A model on a device: a frozen trunk that turns raw input into features, and a head on top of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from agents.models.head import HeadShape, Layers


@dataclass(frozen=True)
class Net:
    """An architecture, without weights.

    Attributes:
        build_trunk: makes the trunk, raw [rows, *input_shape] -> features [rows, head.dims[0]].
        feature_bound: no feature is larger than this, or None if features are unbounded.
        options: everything that made the net what it is; goes into cache keys.
    """

    name: str
    input_shape: tuple[int, ...]
    head: HeadShape
    build_trunk: Callable[[], nn.Module]
    feature_bound: float | None
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Base:
    """A trained net: what every device starts with. Its trunk never changes; ``layers`` has one row."""

    net: Net
    trunk: nn.Module
    layers: Layers

    @property
    def head(self) -> HeadShape:
        return self.net.head

    @torch.no_grad()
    def features(self, raw: torch.Tensor) -> torch.Tensor:
        """Return trunk features float32 [..., features] of raw input [..., *input_shape]."""
        leading = raw.shape[: raw.dim() - len(self.net.input_shape)]
        rows: torch.Tensor = self.trunk(raw.reshape(-1, *self.net.input_shape))
        return rows.view(*leading, self.head.dims[0])

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
