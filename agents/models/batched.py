"""Nets as functions of their weights, which are stacked over devices: what whole nets are learnt with on devices.

A forward pass takes parameters by name, ``trunk.*`` and ``head.*``, each [devices, ...] or one row for all, and
buffers (the statistics of batch normalisation) in the same way. Rows of one device never touch those of another.
Dense nets are one product for all devices. Other nets run device by device, each alone in its call: ``vmap`` refuses
images whose channels lie last, which convolutions on a processor are quicker on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import torch
from torch import nn
from torch.func import functional_call

from agents.models.head import HeadShape
from agents.models.mixed_norm import Mixture, set_mixture, with_mixed_norms

#: Tensors by name, leading axis = device, or one row for all.
Stacked = Mapping[str, torch.Tensor]
#: What may be learnt on a device: the head, the scales and shifts of normalisation, or everything.
TRAINABLE = ("head", "norm", "all")

_TRUNK, _HEAD = "trunk.", "head."
#: Images of a device that go through a net at once.
_IMAGES = 8
_NORMS = (nn.modules.batchnorm._BatchNorm, nn.LayerNorm, nn.GroupNorm)


class BatchedNet(Protocol):
    """A net whose weights and statistics are arguments."""

    def params(self, trunk: nn.Module, head: Stacked) -> dict[str, torch.Tensor]:
        """Return the parameters of one net, [1, ...] each, from its trained ``trunk`` and the layers of its head."""
        ...

    def buffers(self, trunk: nn.Module) -> dict[str, torch.Tensor]:
        """Return the statistics that a forward pass reads and, while training, writes: [1, ...] each."""
        ...

    def trainable(self, which: str) -> tuple[str, ...]:
        """Return the names of the parameters in ``head``, ``norm`` or ``all``.

        Raises:
            ValueError: there is no such set, or this net has nothing in it.
        """
        ...

    def forward(
        self, params: Stacked, x: torch.Tensor, buffers: Stacked, training: bool, count: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Return logits [devices, n, classes] of ``x`` [devices, n, *input_shape], and the buffers afterwards.

        While ``training``, normalisation uses the statistics of each device's own rows. Of these only the first
        ``count`` [devices] are real (default: all); logits of the others are zeros then.
        """
        ...


@dataclass(frozen=True)
class DenseNet:
    """Dense layers from input to logits: the last of them are the ``head``, all of them ``whole``."""

    whole: HeadShape
    head: HeadShape

    @property
    def _cut(self) -> int:
        return len(self.whole.sizes) - len(self.head.sizes)

    @cached_property
    def _names(self) -> dict[str, str]:
        """The name of each parameter of the whole: as it is in the layers of ``whole``."""
        names: dict[str, str] = {}
        for index in range(len(self.whole.sizes)):
            part, number = (_TRUNK, index) if index < self._cut else (_HEAD, index - self._cut)
            names |= {f"{part}{kind}{number}": f"{kind}{index}" for kind in "wb"}
        return names

    def params(self, trunk: nn.Module, head: Stacked) -> dict[str, torch.Tensor]:
        dense = [part for part in trunk.modules() if isinstance(part, nn.Linear)]
        first = HeadShape((*self.whole.dims[: self._cut], self.head.dims[0])) if dense else None
        packed = [part for layer in dense for part in (layer.weight.detach().T.reshape(-1), layer.bias.detach())]
        layers = {} if first is None else first.unpack(torch.cat(packed).unsqueeze(0))
        known = {_TRUNK + name: values for name, values in layers.items()}
        return known | {_HEAD + name: values for name, values in head.items()}

    def buffers(self, trunk: nn.Module) -> dict[str, torch.Tensor]:
        return {}

    def trainable(self, which: str) -> tuple[str, ...]:
        return _chosen(which, {"all": tuple(self._names), "head": _below(_HEAD, self._names)})

    def layers(self, params: Stacked) -> dict[str, torch.Tensor]:
        """Return the parameters as layers of :attr:`whole`, for :func:`agents.models.fitting.gradient`."""
        return {layer: params[name] for name, layer in self._names.items()}

    def named(self, layers: Stacked) -> dict[str, torch.Tensor]:
        """Return layers of :attr:`whole`, or their slopes, under the names of the parameters."""
        return {name: layers[layer] for name, layer in self._names.items()}

    def forward(
        self, params: Stacked, x: torch.Tensor, buffers: Stacked, training: bool, count: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        logits = self.whole.forward(self.layers(params), x.flatten(2))
        return _cleared(logits, count), {}


class ModuleNet:
    """Any trunk: a module that is called device by device, with the weights of that device put into it.

    Unless it is training, always so many images go through it: a convolution may round a row by how many there are.
    """

    def __init__(self, build_trunk: Callable[[], nn.Module], head: HeadShape) -> None:
        self._build, self._head = build_trunk, head

    @cached_property
    def _trunk(self) -> nn.Module:
        """The skeleton into which weights are put; its own are never read."""
        return self._build()

    @cached_property
    def _mixing(self) -> nn.Module:
        """The same skeleton, whose normalisation mixes statistics."""
        return with_mixed_norms(self._build())

    def params(self, trunk: nn.Module, head: Stacked) -> dict[str, torch.Tensor]:
        own = {_TRUNK + name: values.detach().unsqueeze(0) for name, values in trunk.named_parameters()}
        return own | {_HEAD + name: values for name, values in head.items()}

    def buffers(self, trunk: nn.Module) -> dict[str, torch.Tensor]:
        return {_TRUNK + name: values.detach().unsqueeze(0) for name, values in trunk.named_buffers()}

    @property
    def moments(self) -> tuple[str, ...]:
        """Names of the means and variances by which batch normalisation standardises."""
        names = [name for name, _ in self._trunk.named_buffers()]
        return tuple(_TRUNK + name for name in names if name.endswith(("running_mean", "running_var")))

    def trainable(self, which: str) -> tuple[str, ...]:
        trunk = [_TRUNK + name for name, _ in self._trunk.named_parameters()]
        head = [f"{_HEAD}{kind}{number}" for number in range(len(self._head.sizes)) for kind in "wb"]
        norms = [name for name, part in self._trunk.named_modules() if isinstance(part, _NORMS)]
        norm = tuple(name for name in trunk if any(name.startswith(f"{_TRUNK}{one}.") for one in norms))
        return _chosen(which, {"all": (*trunk, *head), "head": tuple(head), "norm": norm})

    def forward(
        self,
        params: Stacked,
        x: torch.Tensor,
        buffers: Stacked,
        training: bool,
        count: torch.Tensor | None = None,
        mixture: Mixture | None = None,
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """As in :class:`BatchedNet`; with a ``mixture``, training normalises by what it mixes, and leaves that."""
        weights, seen = _OneByOne(_under(_TRUNK, params)), _OneByOne(_under(_TRUNK, buffers))
        counts = [x.shape[1]] * len(x) if count is None else count.tolist()
        features, later = [], []
        for device, real in enumerate(counts):
            after = {name: values.clone() for name, values in seen.of(device).items()}
            # A copy lies where vectors begin, wherever in the stack the device is.
            rows = x[device, :real].clone()
            kept = None if mixture is None else (float(mixture.keep[device]), mixture.exact)
            tensors = {**weights.of(device), **after}
            features.append(self._features(tensors, rows, training, x.shape[1] - real, kept))
            later.append(after)
        logits = self._head.forward(_under(_HEAD, params), torch.stack(features))
        known = {_TRUNK + name: torch.stack([one[name] for one in later]) for name in later[0]} if training else {}
        return _cleared(logits, count), known or dict(buffers)

    def _features(
        self, tensors: Stacked, x: torch.Tensor, training: bool, missing: int, kept: tuple[float, bool] | None
    ) -> torch.Tensor:
        """Return the features of one device's rows, and as many rows of zeros behind them as are ``missing``."""
        trunk = self._trunk.train(training) if kept is None else set_mixture(self._mixing, *kept)
        parts = [x] if training else [_padded(part) for part in x.split(_IMAGES)]
        found = [functional_call(trunk, dict(tensors), (part,)) for part in parts if len(part)]
        found = [torch.cat(found)[: len(x)]] if found else found
        return torch.cat([*found, x.new_zeros(missing, self._head.dims[0])])


def _padded(images: torch.Tensor) -> torch.Tensor:
    """Return a copy of some images, with images of zeros behind them up to as many as go through at once."""
    missing = _IMAGES - len(images) if len(images) else 0
    return torch.cat([images, images.new_zeros(missing, *images.shape[1:])])


class _OneByOne:
    """Stacked tensors, device by device; what is one row for all is taken out once."""

    def __init__(self, stacked: Stacked) -> None:
        self._own = {name: values for name, values in stacked.items() if not _is_one_row(values)}
        self._alike = {name: _laid_out(values[0]) for name, values in stacked.items() if _is_one_row(values)}

    def of(self, device: int) -> dict[str, torch.Tensor]:
        """Return the tensors of one device."""
        return {**self._alike, **{name: _laid_out(values[device]) for name, values in self._own.items()}}


def _laid_out(values: torch.Tensor) -> torch.Tensor:
    """Return a copy that lies in memory as all its like do: bits of convolutions depend on alignment and strides."""
    last = values.dim() == 4
    return values.clone(memory_format=torch.channels_last if last else torch.contiguous_format)


def _is_one_row(values: torch.Tensor) -> bool:
    return len(values) == 1 or values.stride(0) == 0


def _cleared(logits: torch.Tensor, count: torch.Tensor | None) -> torch.Tensor:
    if count is None:
        return logits
    real = torch.arange(logits.shape[1], device=logits.device) < count.unsqueeze(1)
    return torch.where(real.unsqueeze(2), logits, 0.0)


def _under(prefix: str, tensors: Stacked) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): values for name, values in tensors.items() if name.startswith(prefix)}


def _below(prefix: str, names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(name for name in names if name.startswith(prefix))


def _chosen(which: str, sets: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    if which not in TRAINABLE:
        raise ValueError(f"trainable: {which!r} is no set of parameters; known are {', '.join(TRAINABLE)}")
    if not sets.get(which):
        raise ValueError(f"trainable: {which!r} is empty: this net has no normalisation; use head or all")
    return sets[which]
