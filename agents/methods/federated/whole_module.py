"""A whole net that is not all dense, such as a convolutional one, learnt device by device.

The statistics of batch normalisation stay those of the base, as they do whenever such a net answers on a device.
"""

from __future__ import annotations

from functools import cached_property
from math import prod

import torch
from torch.func import functional_call
from torch.nn import functional

from agents.methods.base import Inputs, Recent
from agents.methods.federated.trained import Params
from agents.models.base import Base, Net
from agents.models.training import one_thread

_TRUNK, _HEAD = "trunk.", "head."


class WholeModule:
    """All weights of trunk and head; rows of a device go through its own weights in one pass."""

    sees = "raw"

    def __init__(self, net: Net) -> None:
        self._net, self._batched, self._head = net, net.batched, net.head
        self._trunk = net.build_trunk().eval()
        self._buffers: dict[str, torch.Tensor] = {}

    @cached_property
    def _shapes(self) -> dict[str, tuple[int, ...]]:
        """Name of each parameter -> its shape on one device, in the order in which they are packed."""
        trunk = {_TRUNK + name: tuple(values.shape) for name, values in self._trunk.named_parameters()}
        head: dict[str, tuple[int, ...]] = {}
        for number, (inputs, outputs) in enumerate(self._head.sizes):
            head |= {f"{_HEAD}w{number}": (inputs, outputs), f"{_HEAD}b{number}": (1, outputs)}
        return trunk | head

    @property
    def params(self) -> int:
        return sum(prod(shape) for shape in self._shapes.values())

    def begin(self, base: Base) -> dict[str, torch.Tensor]:
        return self._batched.params(base.trunk, base.layers)

    def beside(self, base: Base) -> dict[str, torch.Tensor]:
        return self._batched.buffers(base.trunk)

    def keep(self, beside: dict[str, torch.Tensor]) -> None:
        self._buffers = dict(beside)

    def pack(self, state: Params) -> torch.Tensor:
        return torch.cat([state[name].reshape(len(state[name]), -1) for name in self._shapes], 1)

    def unpack(self, packed: torch.Tensor) -> dict[str, torch.Tensor]:
        parts = packed.split([prod(shape) for shape in self._shapes.values()], 1)
        named = zip(self._shapes.items(), parts, strict=True)
        return {name: part.reshape(len(packed), *shape) for (name, shape), part in named}

    def inputs(self, samples: Inputs | Recent) -> torch.Tensor:
        return samples.raw

    def forward(self, state: Params, x: torch.Tensor) -> torch.Tensor:
        return self._batched.forward({name: state[name] for name in self._shapes}, x, self._buffers, training=False)[0]

    def slopes(self, state: Params, x: torch.Tensor, label: torch.Tensor, share: torch.Tensor) -> Params:
        """Return the gradients, one device after the other: their bits do not depend on who else learns."""
        found = {name: torch.empty(len(x), *shape, device=x.device) for name, shape in self._shapes.items()}
        with one_thread():
            for device in range(len(x)):
                for name, slope in self._of_one(state, device, x, label, share).items():
                    found[name][device] = slope
        return found

    def _of_one(
        self, state: Params, device: int, x: torch.Tensor, label: torch.Tensor, share: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        own = {name: _laid_out(state[name][device]).requires_grad_() for name in self._shapes}
        named = {name.removeprefix(_TRUNK): values for name, values in own.items() if name.startswith(_TRUNK)}
        buffers = {name.removeprefix(_TRUNK): values[0] for name, values in self._buffers.items()}
        with torch.enable_grad():
            features = functional_call(self._trunk, named | buffers, (x[device].clone(),))
            head = {name.removeprefix(_HEAD): own[name][None] for name in own if name.startswith(_HEAD)}
            logits = self._head.forward(head, features[None])[0]
            loss = (functional.cross_entropy(logits, label[device], reduction="none") * share[device, :, 0]).sum()
            found = torch.autograd.grad(loss, list(own.values()))
        return dict(zip(own, found, strict=True))


def _laid_out(values: torch.Tensor) -> torch.Tensor:
    """Return a copy laid out as filters are quickest, always the same way: bits depend on it."""
    last = values.dim() == 4
    return values.detach().clone(memory_format=torch.channels_last if last else torch.contiguous_format)
