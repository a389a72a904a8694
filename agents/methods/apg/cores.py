"""Layers ``x -> (x U C V) + b``, of which U, V and b are shared and the small core C is generated."""

from __future__ import annotations

import torch
from torch import nn

from agents.kernels import affine, product
from agents.methods.persona.adapter import LinearTransfer, WindowEncoder
from agents.models.head import HeadShape

#: Standard deviation of the maps that make cores: small, so that training starts at cores that are the identity.
_FIRST_STD = 0.02


class Factors(nn.Module):
    """What all devices share of low-rank layers: U [in, rank], V [rank, out] and b of each."""

    def __init__(self, head: HeadShape, rank: int) -> None:
        super().__init__()
        self.head, self.ranks = head, ranks_of(head, rank)
        sides = list(zip(head.sizes, self.ranks, strict=True))
        self.left = nn.ParameterList(nn.Parameter(torch.zeros(inputs, own)) for (inputs, _), own in sides)
        self.right = nn.ParameterList(nn.Parameter(torch.zeros(own, outputs)) for (_, outputs), own in sides)
        self.bias = nn.ParameterList(nn.Parameter(torch.zeros(outputs)) for _, outputs in head.sizes)

    def forward(self, cores: torch.Tensor) -> torch.Tensor:
        """Return packed heads [tickets, params] of packed cores [tickets, sum of squared ranks]."""
        layers = {}
        for index, core in enumerate(cores.split([own * own for own in self.ranks], dim=1)):
            left = self.left[index].unsqueeze(0).expand(len(cores), -1, -1)
            inner = product(left, core.unflatten(1, (self.ranks[index], -1)))
            layers[f"w{index}"] = product(inner, self.right[index].unsqueeze(0))
            layers[f"b{index}"] = self.bias[index].view(1, 1, -1).expand(len(cores), -1, -1)
        return self.head.pack(layers)

    @torch.no_grad()
    def begin(self, packed: torch.Tensor) -> None:
        """Take the best factors of a packed head [1, params], so that identities as cores give nearly that head."""
        layers = self.head.unpack(packed)
        for index, own in enumerate(self.ranks):
            left, strength, right = torch.linalg.svd(layers[f"w{index}"][0], full_matrices=False)
            root = strength[:own].sqrt()
            self.left[index].copy_(left[:, :own] * root)
            self.right[index].copy_(root[:, None] * right[:own])
            self.bias[index].copy_(layers[f"b{index}"][0, 0])


class CoreNetwork(nn.Module):
    """Windows, counts -> one code a layer -> cores, and the heads that they make."""

    def __init__(self, head: HeadShape, code: int, width: int, pooling: str, rank: int) -> None:
        super().__init__()
        self.encoder = WindowEncoder(head.context, width, code, pooling)
        self.codes = LinearTransfer(len(head.sizes), code)
        squares = [own * own for own in ranks_of(head, rank)]
        self.maps = nn.ParameterList(nn.Parameter(torch.zeros(code, size)) for size in squares)
        self.offsets = nn.ParameterList(nn.Parameter(torch.zeros(size)) for size in squares)
        self.factors = Factors(head, rank)

    def forward(self, window: torch.Tensor, count: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        cores = self.cores(self.codes(self.encoder(window, count)))
        return cores, self.factors(cores)

    def cores(self, codes: torch.Tensor) -> torch.Tensor:
        """Return packed cores of codes [tickets, layers, code]."""
        made = [
            affine(codes[None, :, layer], one.unsqueeze(0), offset.view(1, 1, -1))[0]
            for layer, (one, offset) in enumerate(zip(self.maps, self.offsets, strict=True))
        ]
        return torch.cat(made, 1)

    @torch.no_grad()
    def begin(self, head: torch.Tensor, rng: torch.Generator) -> None:
        """Begin with the packed ``head`` [1, params] as far as the ranks allow, and small maps."""
        self.factors.begin(head)
        for one, offset, own in zip(self.maps, self.offsets, self.factors.ranks, strict=True):
            nn.init.normal_(one, std=_FIRST_STD, generator=rng)
            offset.copy_(torch.eye(own).flatten())


def ranks_of(head: HeadShape, rank: int) -> list[int]:
    """Return the rank of each layer: no layer has more than it has inputs or outputs."""
    return [min(rank, inputs, outputs) for inputs, outputs in head.sizes]
