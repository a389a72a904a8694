"""What federated devices learn and send: the head, or the whole net; packed, one row of numbers a device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch

from agents.methods.base import Inputs, Recent
from agents.models.base import Base
from agents.models.batched import DenseNet
from agents.models.fitting import gradient
from agents.models.head import HeadShape

#: Parameters by name, [devices, ...] each.
Params = Mapping[str, torch.Tensor]


class Trained(Protocol):
    """A part of the net that is learnt, as functions of its parameters, which are stacked over devices.

    Attributes:
        params: how many numbers it is.
        sees: ``features`` of the frozen trunk, or ``raw`` input.
    """

    @property
    def params(self) -> int: ...

    @property
    def sees(self) -> str: ...

    def begin(self, base: Base) -> dict[str, torch.Tensor]:
        """Return its parameters in the base model: [1, ...] each."""
        ...

    def beside(self, base: Base) -> dict[str, torch.Tensor]:
        """Return what it needs besides and no device ever changes: [1, ...] each."""
        ...

    def keep(self, beside: dict[str, torch.Tensor]) -> None:
        """Take in what :meth:`beside` returned, before it is applied."""
        ...

    def pack(self, state: Params) -> torch.Tensor:
        """Return float32 [devices, params]."""
        ...

    def unpack(self, packed: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the parameters of :meth:`pack`."""
        ...

    def inputs(self, samples: Inputs | Recent) -> torch.Tensor:
        """Return what it is applied to, [devices, n, ...]."""
        ...

    def forward(self, state: Params, x: torch.Tensor) -> torch.Tensor:
        """Return logits [devices, n, classes]."""
        ...

    def slopes(self, state: Params, x: torch.Tensor, label: torch.Tensor, share: torch.Tensor) -> Params:
        """Return the gradient of each device's loss; ``share`` [devices, n, 1] weighs its samples."""
        ...


@dataclass(frozen=True)
class DenseLayers:
    """Dense layers: the head on features, or all layers of a dense net on raw input."""

    shape: HeadShape
    whole: DenseNet | None = None

    @property
    def params(self) -> int:
        return self.shape.params

    @property
    def sees(self) -> str:
        return "features" if self.whole is None else "raw"

    def begin(self, base: Base) -> dict[str, torch.Tensor]:
        if self.whole is None:
            return dict(base.layers)
        return self.whole.layers(self.whole.params(base.trunk, base.layers))

    def beside(self, base: Base) -> dict[str, torch.Tensor]:
        return {}

    def keep(self, beside: dict[str, torch.Tensor]) -> None:
        pass

    def pack(self, state: Params) -> torch.Tensor:
        return self.shape.pack(state)

    def unpack(self, packed: torch.Tensor) -> dict[str, torch.Tensor]:
        return self.shape.unpack(packed)

    def inputs(self, samples: Inputs | Recent) -> torch.Tensor:
        return samples.features if self.whole is None else samples.raw.flatten(2)

    def forward(self, state: Params, x: torch.Tensor) -> torch.Tensor:
        return self.shape.forward(state, x)

    def slopes(self, state: Params, x: torch.Tensor, label: torch.Tensor, share: torch.Tensor) -> Params:
        layers = {name: state[name].contiguous() for name in self.names}
        return gradient(self.shape, layers, x, label, share)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters, in the order in which they are packed."""
        return tuple(f"{kind}{number}" for number in range(len(self.shape.sizes)) for kind in "wb")

    @property
    def last(self) -> int:
        """How many numbers the last layer is; it is packed last."""
        inputs, outputs = self.shape.sizes[-1]
        return inputs * outputs + outputs
