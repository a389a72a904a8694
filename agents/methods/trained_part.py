"""What is trained on a device: the head on features, or a whole net on raw input. A gradient for each device."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import torch

from agents.methods.base import CloudState, DeviceState, Inputs, Recent
from agents.models.base import Base, Net
from agents.models.batched import DenseNet, ModuleNet
from agents.models.costs import PASSES, costs_of
from agents.models.fitting import backward
from agents.models.head import HeadShape

Tensors = dict[str, torch.Tensor]
#: Returns the slope of a loss by the logits [devices, n, classes] that it is given.
ErrorOf = Callable[[torch.Tensor], torch.Tensor]


class TrainedPart(Protocol):
    """Part of a net that is trained.

    Attributes:
        sees: what a method with it must see.
        names: of the tensors that are trained.
        learning_macs: of one step, for each sample.
    """

    sees: str
    names: tuple[str, ...]
    learning_macs: float

    def prepare(self, base: Base) -> CloudState:
        """Return the tensors of a fresh device, one row each."""
        ...

    def inputs(self, of: Inputs | Recent) -> torch.Tensor:
        """Return what goes in, [devices, n, ...]."""
        ...

    def past(self, base: Base, x: torch.Tensor) -> torch.Tensor:
        """Return what goes in for raw input ``x`` [n, *input_shape]."""
        ...

    def logits(self, state: DeviceState, x: torch.Tensor) -> torch.Tensor:
        """Return logits [devices, n, classes]."""
        ...

    def slopes(self, state: DeviceState, x: torch.Tensor, error_of: ErrorOf) -> Tensors:
        """Return the gradient of each device's loss by what is trained."""
        ...


class Head:
    """The head, on features of the frozen trunk."""

    sees = "features"

    def __init__(self, net: Net) -> None:
        self.head = net.head
        self.names: tuple[str, ...] = tuple(f"{kind}{index}" for index in range(len(net.head.sizes)) for kind in "wb")
        self.learning_macs = costs_of(net, 1).learning

    def prepare(self, base: Base) -> CloudState:
        return dict(base.layers)

    def inputs(self, of: Inputs | Recent) -> torch.Tensor:
        return of.features

    def past(self, base: Base, x: torch.Tensor) -> torch.Tensor:
        return base.features(x)

    def logits(self, state: DeviceState, x: torch.Tensor) -> torch.Tensor:
        return self.head.forward(state, x)

    def slopes(self, state: DeviceState, x: torch.Tensor, error_of: ErrorOf) -> Tensors:
        return backward(self.head, state, x, error_of)[0]


class Whole:
    """All weights, on raw input; statistics of normalisation stay those of the past."""

    sees = "raw"

    def __init__(self, net: Net) -> None:
        self.net: DenseNet | ModuleNet = net.batched
        self.names: tuple[str, ...] = self.net.trainable("all")
        self.learning_macs = PASSES * costs_of(net, 1).inference

    def prepare(self, base: Base) -> CloudState:
        return self.net.params(base.trunk, base.layers) | self.net.buffers(base.trunk)

    def inputs(self, of: Inputs | Recent) -> torch.Tensor:
        return of.raw

    def past(self, base: Base, x: torch.Tensor) -> torch.Tensor:
        return x

    def logits(self, state: DeviceState, x: torch.Tensor) -> torch.Tensor:
        return self.net.forward(state, x, self._buffers(state), training=False)[0]

    def slopes(self, state: DeviceState, x: torch.Tensor, error_of: ErrorOf) -> Tensors:
        if isinstance(self.net, DenseNet):
            return self.net.named(backward(self.net.whole, self.net.layers(state), x.flatten(2), error_of)[0])
        params = {name: state[name].detach().clone().requires_grad_() for name in self.names}
        with torch.enable_grad():
            logits = self.net.forward({**params}, x, self._buffers(state), training=False)[0]
        return dict(zip(self.names, torch.autograd.grad(logits, list(params.values()), error_of(logits)), strict=True))

    def _buffers(self, state: Mapping[str, torch.Tensor]) -> Tensors:
        return {name: state[name] for name in state if name.endswith(("running_mean", "running_var", "tracked"))}


def trained_part(net: Net, which: str) -> TrainedPart:
    """Return the ``head`` of a net, or ``all`` of it.

    Raises:
        ValueError: a whole net that ranks items.
    """
    if which == "head":
        return Head(net)
    if type(net.head) is not HeadShape:
        raise ValueError(f"learns: '{net.name}' ranks items: its head alone is learnt; write 'learns: head'")
    return Whole(net)
