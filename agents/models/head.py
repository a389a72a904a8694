"""The head: the last dense layers of a model, the only part that methods edit, one set a device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import torch

from agents.kernels import affine, softmax, tanh

#: Stacked weights: ``w0`` [devices, in, out], ``b0`` [devices, 1, out], ``w1`` ...
Layers = dict[str, torch.Tensor]

#: Activations between head layers.
ACTIVATIONS = {"tanh": tanh, "relu": torch.relu}


@dataclass(frozen=True)
class HeadShape:
    """Dense layers ``dims[0] -> dims[1] -> ... -> dims[-1]`` with ``activation`` between them.

    A head exists in two forms: *layers* (stacked, to compute with) and *packed* (float32
    [devices, params]: w0 row by row, b0, w1, ...; what is sent).
    """

    dims: tuple[int, ...]
    activation: str = "tanh"

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """(in, out) of each layer."""
        return tuple(pairwise(self.dims))

    @property
    def params(self) -> int:
        """Weights and biases of one head."""
        return sum(inputs * outputs + outputs for inputs, outputs in self.sizes)

    @property
    def context(self) -> int:
        """How many columns of the features, from the first, tell what a device sees whatever is to be predicted."""
        return self.dims[0]

    @property
    def shown(self) -> int:
        """Columns of the features of one recent sample, as methods are shown it."""
        return self.dims[0]

    def entrance(self, x: torch.Tensor) -> torch.Tensor:
        """Return what goes through the layers, [devices, rows, dims[0]], of ``x`` [devices, samples, features]."""
        return x

    def error(self, out: torch.Tensor, x: torch.Tensor, label: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
        """Return the slope of the loss by ``out``, what the last layer gave for the rows of :meth:`entrance`.

        ``label`` [devices, samples]; ``share`` [devices, samples, 1] weighs samples. Softmax minus truth here.
        """
        error = softmax(out)
        return error.scatter_add_(2, label.unsqueeze(2), error.new_full((*label.shape, 1), -1.0)).mul_(share)

    def forward(self, layers: Mapping[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        """Return logits [devices, samples, classes] of ``x`` [devices, samples, features].

        ``layers`` may hold one row for all devices.
        """
        *hidden, last = range(len(self.sizes))
        for index in hidden:
            x = ACTIVATIONS[self.activation](self.affine(layers, index, x))
        return self.affine(layers, last, x)

    def affine(self, layers: Mapping[str, torch.Tensor], index: int, x: torch.Tensor) -> torch.Tensor:
        """Return ``x w + b`` of layer ``index``."""
        return affine(x, layers[f"w{index}"], layers[f"b{index}"])

    def unpack(self, packed: torch.Tensor) -> Layers:
        """Return the layers of packed heads [devices, params]; differentiable."""
        layers: Layers = {}
        spans = [span for inputs, outputs in self.sizes for span in (inputs * outputs, outputs)]
        parts = packed.split(spans, dim=1)
        for index, (inputs, outputs) in enumerate(self.sizes):
            layers[f"w{index}"] = parts[2 * index].unflatten(1, (inputs, outputs))
            layers[f"b{index}"] = parts[2 * index + 1].unsqueeze(1)
        return layers

    def pack(self, layers: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return float32 [devices, params]: the inverse of :meth:`unpack`."""
        parts = []
        for index in range(len(self.sizes)):
            parts += [layers[f"w{index}"].flatten(1), layers[f"b{index}"][:, 0]]
        return torch.cat(parts, 1)
