"""The head: the last dense layers of a model, the only part that methods edit, one set a device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch.nn import functional

#: Stacked weights: ``w0`` [devices, in, out], ``b0`` [devices, 1, out], ``w1`` ...; outs padded (see below).
Layers = dict[str, torch.Tensor]

#: On CPU the bits of a batched product depend neither on batch size nor on a sample's place if the number of
#: columns is a multiple of this, and samples come by fours and are not too few; so columns are padded with zeros.
COLUMNS = 16
#: Products of fewer multiplications than this are computed in another way, with other last bits.
_SMALL_PRODUCT = 400


@dataclass(frozen=True)
class HeadShape:
    """Dense layers ``dims[0] -> dims[1] -> ... -> dims[-1]`` with ``activation`` between them.

    A head exists in two forms: *layers* (stacked and padded, to compute with) and *packed* (float32
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
    def fewest(self) -> int:
        """How many samples of a device must be predicted at once, at least, so that bits show no batch."""
        return max(4, -(-_SMALL_PRODUCT // (COLUMNS * self.dims[0])))

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

        ``label`` [devices, samples]; ``share`` [devices, samples, 1] weighs samples. Softmax minus truth here, and
        zero in the padding.
        """
        out[..., self.dims[-1] :] = -torch.inf
        error = torch.softmax(out, 2)
        return error.scatter_add_(2, label.unsqueeze(2), error.new_full((*label.shape, 1), -1.0)).mul_(share)

    def forward(self, layers: Mapping[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        """Return logits [devices, samples, classes] of ``x`` [devices, samples, features].

        ``layers`` may hold one row for all devices.
        """
        *hidden, last = range(len(self.sizes))
        for index in hidden:
            x = ACTIVATIONS[self.activation](self.affine(layers, index, x))
        return self.affine(layers, last, x)[..., : self.dims[-1]]

    def affine(self, layers: Mapping[str, torch.Tensor], index: int, x: torch.Tensor) -> torch.Tensor:
        """Return ``x w + b`` of layer ``index``, with its padding columns."""
        weight, bias = layers[f"w{index}"], layers[f"b{index}"]
        return torch.baddbmm(bias, x, weight.expand(len(x), -1, -1))

    def unpack(self, packed: torch.Tensor) -> Layers:
        """Return the layers of packed heads [devices, params]; differentiable."""
        layers: Layers = {}
        spans = [span for inputs, outputs in self.sizes for span in (inputs * outputs, outputs)]
        parts = packed.split(spans, dim=1)
        for index, (inputs, outputs) in enumerate(self.sizes):
            rows = (0, _padding(inputs)) if index else (0, 0)
            weight = parts[2 * index].view(-1, inputs, outputs)
            layers[f"w{index}"] = functional.pad(weight, (0, _padding(outputs), *rows))
            layers[f"b{index}"] = functional.pad(parts[2 * index + 1].unsqueeze(1), (0, _padding(outputs)))
        return layers

    def pack(self, layers: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return float32 [devices, params]: the inverse of :meth:`unpack`."""
        parts = []
        for index, (inputs, outputs) in enumerate(self.sizes):
            parts += [layers[f"w{index}"][:, :inputs, :outputs].flatten(1)]
            parts += [layers[f"b{index}"][:, 0, :outputs]]
        return torch.cat(parts, 1)


def _padding(columns: int) -> int:
    return -columns % COLUMNS


def quick_tanh(x: torch.Tensor) -> torch.Tensor:
    """Return tanh of ``x``; on a processor and without gradients by numpy, which takes a tenth of torch's time.

    The bits of an element depend neither on its place nor on how many there are.
    """
    if (torch.is_grad_enabled() and x.requires_grad) or x.device.type != "cpu" or type(x) is not torch.Tensor:
        return torch.tanh(x)
    return torch.from_numpy(np.tanh(x.detach().numpy()))


#: Activations between head layers; all leave the zeros of the padding columns at zero.
ACTIVATIONS = {"tanh": quick_tanh, "relu": torch.relu}
