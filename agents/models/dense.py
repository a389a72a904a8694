"""Layers of trunks and adapters, whose outputs depend on no row beside their own."""

from __future__ import annotations

import torch
from torch import nn

from agents.kernels import affine, product, recorded, sigmoid, softmax, sqrt, tanh, totals


class Dense(nn.Linear):
    """A linear layer of rows [..., in]; torch computes it while it is trained."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if recorded(x, self.weight):
            return super().forward(x)
        weight = self.weight.t().contiguous().unsqueeze(0)
        rows = x.reshape(1, -1, self.in_features)
        bias = x.new_zeros(self.out_features) if self.bias is None else self.bias
        return affine(rows, weight, bias.view(1, 1, -1)).view(*x.shape[:-1], self.out_features)


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
