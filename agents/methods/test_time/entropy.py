"""The entropy of predictions, its slope, and which predictions are sure; reductions in a fixed order."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from agents.kernels import applies, log_loss, sigmoid, softmax, totals


@dataclass(frozen=True)
class Predictions:
    """What a net says of windows: ``share`` and ``log_share`` [devices, n, classes], ``entropy`` [devices, n] [nats].

    ``real`` float32 [devices, n] is 1 for samples and 0 for padding.
    """

    share: torch.Tensor
    log_share: torch.Tensor
    entropy: torch.Tensor
    real: torch.Tensor

    @classmethod
    def of(cls, logits: torch.Tensor, real: torch.Tensor) -> Predictions:
        """Return what ``logits`` [devices, n, classes] say."""
        share, log_share = softmax(logits), log_softmax(logits)
        return cls(share, log_share, -totals(share * log_share), real)

    def slope(self, weight: torch.Tensor) -> torch.Tensor:
        """Return the slope by the logits of ``sum_i weight_i H_i``; ``weight`` [devices, n] is held fixed.

        dH/dz_j = -p_j (ln p_j + H).
        """
        return -self.share * (self.log_share + self.entropy.unsqueeze(2)) * weight.unsqueeze(2)


def log_softmax(logits: torch.Tensor) -> torch.Tensor:
    """Return the logarithms of the softmax along the last axis."""
    if not applies(logits):
        return torch.log_softmax(logits, -1)
    rows = logits.detach().reshape(-1, logits.shape[-1])
    of_class = [log_loss(rows, torch.full((len(rows),), one))[1] for one in range(logits.shape[-1])]
    return -torch.stack(of_class, 1).view(logits.shape)


def mean_weight(chosen: torch.Tensor) -> torch.Tensor:
    """Return the weights [devices, n] that make a sum the mean over ``chosen``; zeros where nothing is."""
    return chosen / totals(chosen).unsqueeze(1).clamp_min(1.0)


def exponential(x: torch.Tensor) -> torch.Tensor:
    """Return exp(x) of small ``x``: by the logistic function, whose bits show no batch."""
    share = sigmoid(x)
    return share / (1.0 - share)


def real_rows(count: torch.Tensor, window: int) -> torch.Tensor:
    """Return 1 for samples and 0 for padding, float32 [devices, window]."""
    return (torch.arange(window, device=count.device) < count.unsqueeze(1)).float()
