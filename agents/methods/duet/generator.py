"""From codes to whole heads: DUET's generator, and the linear one of its first version."""

from __future__ import annotations

import torch
from torch import nn

from agents.kernels import affine, product, softmax, totals
from agents.methods.persona.adapter import EditGenerator, LinearTransfer, WindowEncoder
from agents.models.head import HeadShape

#: Standard deviation of the maps that make weights: small, so that training starts at the head of the base.
_FIRST_STD = 0.02


class MetaNetwork(nn.Module):
    """Windows, counts -> one code -> the head, by one affine map a layer."""

    def __init__(self, head: HeadShape, code: int, width: int, pooling: str) -> None:
        super().__init__()
        self.encoder, self.layers = WindowEncoder(head.context, width, code, pooling), len(head.sizes)
        self.generator = EditGenerator(head, code)

    def forward(self, window: torch.Tensor, count: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        code = self.encoder(window, count).unsqueeze(1).expand(-1, self.layers, -1)
        head = self.generator(code)
        return head, head

    def begin(self, head: torch.Tensor, rng: torch.Generator) -> None:
        """Draw small maps around the packed ``head`` [params]."""
        begin(self.generator, head, rng)


class StableLayer(nn.Module):
    """The stable weight adapter: several first layers, mixed by how alike they are to all.

    With them as rows of W, S = W W^T, and the shares are the softmax of the row sums of S over a temperature.
    """

    def __init__(self, generators: int, inputs: int, outputs: int, temperature: float) -> None:
        super().__init__()
        self.stack = nn.Parameter(torch.zeros(generators, inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.temperature = temperature

    def shares(self) -> torch.Tensor:
        """Return the share of each first layer, [generators]."""
        rows = self.stack.flatten(1)
        alike = product(rows.unsqueeze(0), rows.t().contiguous().unsqueeze(0))[0]
        return softmax(totals(alike) / self.temperature)

    def forward(self, code: torch.Tensor) -> torch.Tensor:
        mixed = product(self.shares().view(1, 1, -1), self.stack.flatten(1).unsqueeze(0)).view(self.stack.shape[1:])
        return affine(code.unsqueeze(0), mixed.unsqueeze(0), self.bias.view(1, 1, -1))[0]

    def first_weights(self, rng: torch.Generator) -> None:
        """Draw each first layer by itself: Glorot's bounds hold for one layer, not for the stack."""
        for one in self.stack.data:
            nn.init.xavier_uniform_(one, generator=rng)


class Duet(nn.Module):
    """Windows, counts -> one code a layer from one encoder -> bottleneck -> the head."""

    def __init__(
        self, head: HeadShape, code: int, width: int, pooling: str, hidden: int, generators: int, temperature: float
    ) -> None:
        super().__init__()
        layers = len(head.sizes)
        self.encoder = WindowEncoder(head.context, width, code, pooling)
        self.codes = LinearTransfer(layers, code)
        self.first = nn.ModuleList(StableLayer(generators, code, hidden, temperature) for _ in range(layers))
        self.second = EditGenerator(head, hidden)

    def forward(self, window: torch.Tensor, count: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        codes = self.codes(self.encoder(window, count))
        hidden = torch.stack([one(codes[:, layer]) for layer, one in enumerate(self.first)], 1)
        head = self.second(hidden)
        return head, head

    def begin(self, head: torch.Tensor, rng: torch.Generator) -> None:
        """Draw small maps around the packed ``head`` [params]."""
        for one in self.first:
            assert isinstance(one, StableLayer)
            one.first_weights(rng)
        begin(self.second, head, rng)


def begin(generator: EditGenerator, head: torch.Tensor, rng: torch.Generator) -> None:
    """Let a generator make the packed ``head`` [params] at first, with maps N(0, 0.02^2)."""
    for one in generator.maps:
        nn.init.normal_(one, std=_FIRST_STD, generator=rng)
    for one in generator.offsets:
        nn.init.zeros_(one)
    generator.move(head)
