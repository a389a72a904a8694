"""The detector of wrong recommendations: will the parameters of the last request be right on what is seen now?"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from agents.kernels import tanh
from agents.models.head import Dense, Tanh


class MistakeDetector(nn.Module):
    """(window of the last request, window now, uncertainty) -> logit of being right: m1 = tanh(a [phi(u'); phi(u)]).

    Then b [m1; U]; without ``uncertain`` the uncertainty is left out.
    """

    def __init__(self, state: int, width: int, uncertain: bool) -> None:
        super().__init__()
        self.state = nn.Sequential(Dense(state, width), Tanh(), Dense(width, width))
        self.compare = nn.Sequential(Dense(2 * width, width), Tanh(), Dense(width, 1))
        self.weigh = Dense(1 + uncertain, 1)

    def forward(self, asked: torch.Tensor, state: torch.Tensor, spread: torch.Tensor) -> torch.Tensor:
        both = torch.cat([self.state(asked), self.state(state)], 1)
        known = tanh(self.compare(both))
        uncertain = [spread[:, None]][: self.weigh.in_features - 1]
        return self.weigh(torch.cat([known, *uncertain], 1))[:, 0]


def right_loss(logit: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Return the mean cross-entropy of how much was ``right``, a share for each window."""
    return functional.binary_cross_entropy_with_logits(logit, right)
