"""Class prototypes of each view, and how they move: P_c <- P_c + (1 - beta) r_c (mu_c - P_c).

With n_c samples of class c in a batch, their mean mu_c and variances s_c^2 (feature by feature, over the batch), the
rate is r_c = clip(1 / (s_c^2 + 1e-6), 0.01, 0.5) / n_c. The published code multiplies P_c by beta as well, so that
prototypes decay to nothing; the law here is the one that the paper describes.
"""

from __future__ import annotations

import torch

from agents.kernels import product, sqrt, totals

_SMALL, _LEAST, _MOST = 1e-6, 0.01, 0.5


def moved(
    prototypes: torch.Tensor, rows: torch.Tensor, label: torch.Tensor, counts: torch.Tensor, beta: float, rule: str
) -> torch.Tensor:
    """Return prototypes [devices, classes, F] after a batch of ``rows`` [devices, n, F] with ``label`` [devices, n].

    ``counts`` bool [devices, n] says which rows take part. A class without one stays to the bit.
    """
    if rule == "none":
        return prototypes
    classes = torch.arange(prototypes.shape[1], device=label.device)
    mine = ((label.unsqueeze(1) == classes.view(1, -1, 1)) & counts.unsqueeze(1)).float()
    number = totals(mine).unsqueeze(2)
    mean = product(mine, rows) / number.clamp_min(1.0)
    rate = torch.ones_like(mean)
    if rule == "variance":
        square = product(mine, rows.square()) / number.clamp_min(1.0)
        variance = (square - mean.square()).clamp_min(0.0)
        rate = (1.0 / (variance + _SMALL)).clamp(_LEAST, _MOST) / number.clamp_min(1.0)
    step = (1.0 - beta) * rate * (mean - prototypes)
    return torch.where(number > 0, prototypes + step, prototypes)


def begun(rows: torch.Tensor, label: torch.Tensor, classes: int) -> torch.Tensor:
    """Return the mean of each class [1, classes, F]; of one without a row, the mean of all."""
    mine = torch.nn.functional.one_hot(label, classes).float().t()
    mean = (mine @ rows) / mine.sum(1, keepdim=True).clamp_min(1.0)
    return torch.where(mine.sum(1, keepdim=True) > 0, mean, rows.mean(0))[None]


def cosines(rows: torch.Tensor, prototypes: torch.Tensor) -> torch.Tensor:
    """Return the cosines [devices, n, classes] of ``rows`` [devices, n, F] with prototypes [devices, classes, F]."""
    return product(unit(rows), unit(prototypes).transpose(1, 2).contiguous())


def unit(rows: torch.Tensor) -> torch.Tensor:
    """Return rows [..., F] of length 1; a row of zeros stays."""
    return rows / sqrt(totals(rows.square().contiguous())).unsqueeze(-1).clamp_min(1e-12)
