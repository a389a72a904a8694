"""The head: the last dense layers of a model, the only part that methods edit, one set a device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import nn

from agents.kernels import affine, product, recorded, sigmoid, softmax, sqrt, tanh, totals

#: Stacked weights: ``w0`` [devices, in, out], ``b0`` [devices, 1, out], ``w1`` ...
Layers = dict[str, torch.Tensor]


def hardswish(x: torch.Tensor) -> torch.Tensor:
    """Return x clip(x + 3, 0, 6) / 6 (Howard et al., ICCV 2019, section 5.2)."""
    return x * (x + 3.0).clamp(0.0, 6.0) / 6.0


#: Activations between head layers.
ACTIVATIONS = {"tanh": tanh, "relu": torch.relu, "hardswish": hardswish}


def slope_of(activation: str, x: torch.Tensor, activated: torch.Tensor) -> torch.Tensor:
    """Return the slope of an activation at ``x``, where it gave ``activated``."""
    if activation == "tanh":
        return 1.0 - activated.square()
    if activation == "relu":
        return (activated > 0.0).float()
    return torch.where(x.abs() < 3.0, (2.0 * x + 3.0) / 6.0, (x > 0.0).float())


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
        """How many columns of the features, from the first, describe the context and not what is to be predicted."""
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


def zeroed(module: nn.Module) -> None:
    """Let weights begin with zeros: drawing them would change torch's own random state, which is the caller's.

    ``training.initialise`` draws them from a generator of ours.
    """
    for weights in module.parameters(recurse=False):
        nn.init.zeros_(weights)


class Dense(nn.Linear):
    """A linear layer of rows [..., in]; torch computes it while it is trained."""

    def reset_parameters(self) -> None:
        zeroed(self)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if recorded(x, self.weight):
            return super().forward(x)
        weight = self.weight.t().contiguous().unsqueeze(0)
        rows = x.reshape(1, -1, self.in_features)
        bias = x.new_zeros(self.out_features) if self.bias is None else self.bias
        return affine(rows, weight, bias.view(1, 1, -1)).view(*x.shape[:-1], self.out_features)


class Embedding(nn.Embedding):
    """A vector for each number: int64 [...] -> [..., width]."""

    def reset_parameters(self) -> None:
        zeroed(self)


class Convolution(nn.Conv2d):
    """A convolution over images [rows, channels, height, width]."""

    def reset_parameters(self) -> None:
        zeroed(self)


class Tanh(nn.Module):
    """The hyperbolic tangent."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return tanh(x)


class Gru(nn.GRU):
    """Gated recurrent units (Cho et al., 2014) over sequences [rows, steps, in]; torch computes them while trained.

    Returns the outputs [rows, steps, hidden] and the last states [layers, rows, hidden].
    """

    def __init__(self, inputs: int, hidden: int, layers: int = 1) -> None:
        super().__init__(inputs, hidden, num_layers=layers, batch_first=True)

    def reset_parameters(self) -> None:
        zeroed(self)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:  # type: ignore[override]
        if recorded(x, *self.parameters()):
            trained: tuple[torch.Tensor, torch.Tensor] = super().forward(x)
            return trained
        last = []
        for level in range(self.num_layers):
            x = self._level(x, *(getattr(self, f"{name}_l{level}") for name in _GRU_WEIGHTS))
            last.append(x[:, -1])
        return x, torch.stack(last)

    def _level(
        self, x: torch.Tensor, w_in: torch.Tensor, w_state: torch.Tensor, b_in: torch.Tensor, b_state: torch.Tensor
    ) -> torch.Tensor:
        seen = affine(x, w_in.t().unsqueeze(0), b_in.view(1, 1, -1))
        state, states = x.new_zeros(1, len(x), self.hidden_size), []
        for step in seen.unbind(1):
            state = _gated(step, affine(state, w_state.t().unsqueeze(0), b_state.view(1, 1, -1))[0], state[0])[None]
            states.append(state[0])
        return torch.stack(states, 1)


_GRU_WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def _gated(seen: torch.Tensor, known: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
    """Return the next state [rows, hidden] of what is ``seen`` and ``known`` [rows, 3 hidden]: reset, update, new."""
    (reset, update, new), (reset_known, update_known, new_known) = seen.chunk(3, 1), known.chunk(3, 1)
    share = sigmoid(update + update_known)
    fresh = tanh(new + sigmoid(reset + reset_known) * new_known)
    return (1.0 - share) * fresh + share * state


class Norm(nn.Module):
    """Layer normalisation (Ba et al., 2016); the scale is kept as its distance from 1, so that zeros are a start."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale, self.shift = nn.Parameter(torch.zeros(width)), nn.Parameter(torch.zeros(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        centred = x - (totals(x) / x.shape[-1]).unsqueeze(-1)
        deviation = sqrt(totals(centred.square()) / x.shape[-1] + 1e-5).unsqueeze(-1)
        return centred / deviation * (1.0 + self.scale) + self.shift


def attention(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    """Return what each query finds [stack, queries, n] among ``value`` [stack, steps, n], by likeness to ``key``.

    ``query`` [stack, queries, width], ``key`` [stack, steps, width]; ``real`` bool [stack, 1, steps] says which count.
    """
    likeness = product(query, key.transpose(1, 2)) / query.shape[2] ** 0.5
    return product(softmax(likeness.masked_fill(~real, -torch.inf)), value)
