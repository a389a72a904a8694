"""Dense layers of a trunk."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from agents.models.head import COLUMNS


class Dense(nn.Linear):
    """A linear layer whose bits do not depend on the place of a row among others, if there are always as many rows.

    On CPU that is so where columns come by sixteens: others are computed with columns of zeros beside them.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        missing = -self.out_features % COLUMNS
        if not missing:
            return super().forward(x)
        weight, bias = functional.pad(self.weight, (0, 0, 0, missing)), functional.pad(self.bias, (0, missing))
        return functional.linear(x, weight, bias)[..., : self.out_features].contiguous()
