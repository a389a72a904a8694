"""Codebooks: the nearest of a few vectors stands for a vector, and gradients pass as if it did not.

Vector quantisation with a straight-through gradient and a codebook that is a moving average of what it stands for: van
den Oord et al., "Neural Discrete Representation Learning", NeurIPS 2017, appendix A.
"""

from __future__ import annotations

import torch
from torch import nn

from agents.kernels import product, totals

#: Share of a code's average that a batch leaves as it was.
_DECAY = 0.99


class Centres(nn.Module):
    """The clusters of the past, which never move: vectors [..., size] -> codes int64 [...]."""

    table: torch.Tensor

    def __init__(self, codes: int, size: int) -> None:
        super().__init__()
        self.register_buffer("table", torch.zeros(codes, size))

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        return nearest(vectors, self.table)

    def of(self, codes: torch.Tensor) -> torch.Tensor:
        """Return the vectors [..., size] of ``codes`` int64 [...]."""
        return self.table[codes]


class MovingBook(nn.Module):
    """Vectors that follow those which choose them: vectors [..., size] -> the nearest ones, and their codes."""

    sums: torch.Tensor
    weight: torch.Tensor

    def __init__(self, codes: int, size: int, moves: bool) -> None:
        super().__init__()
        self.moves = moves
        self.register_buffer("sums", torch.zeros(codes, size))
        self.register_buffer("weight", torch.ones(codes))

    @property
    def table(self) -> torch.Tensor:
        """The vectors, [codes, size]."""
        return self.sums / self.weight[:, None]

    def forward(self, vectors: torch.Tensor, real: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """``real`` bool [...] says which vectors count; codes are int64 [...]."""
        codes = nearest(vectors.detach(), self.table)
        chosen = self.table[codes]
        if not torch.is_grad_enabled():
            return chosen, codes
        if self.training and self.moves:
            self._follow(vectors.detach()[real], codes[real])
        return vectors + (chosen - vectors).detach(), codes

    @torch.no_grad()
    def _follow(self, vectors: torch.Tensor, codes: torch.Tensor) -> None:
        number = torch.bincount(codes, minlength=len(self.weight)).float()
        sums = torch.zeros_like(self.sums).index_add_(0, codes, vectors)
        used = number > 0
        # What nobody chooses stays where it is.
        self.weight[used] += (1.0 - _DECAY) * (number - self.weight)[used]
        self.sums[used] += (1.0 - _DECAY) * (sums - self.sums)[used]


def nearest(vectors: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
    """Return which row of ``table`` [codes, size] is nearest to each of ``vectors`` [..., size]: int64 [...]."""
    rows = vectors.reshape(1, -1, vectors.shape[-1]).contiguous()
    # |v - c|^2 without |v|^2, which is the same for all rows.
    apart = totals(table.square().contiguous()) - 2.0 * product(rows, table.t().contiguous()[None])[0]
    return apart.argmin(1).view(vectors.shape[:-1])
