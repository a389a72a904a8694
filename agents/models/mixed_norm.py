"""Batch normalisation by a mixture of the statistics that were learnt and those of the rows at hand.

Schneider et al., "Improving robustness against common corruptions by covariate shift adaptation", NeurIPS 2020: what a
layer sees was normalised by mixtures in the layers before it, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True)
class Mixture:
    """How statistics are mixed.

    Attributes:
        keep: float32 [devices], the share of the statistics that are there already.
        exact: whether the variance is that of the mixture, which the distance of the two means widens; the published
            form mixes variances linearly.
    """

    keep: torch.Tensor
    exact: bool = False


def mixed(
    mean: torch.Tensor, var: torch.Tensor, new_mean: torch.Tensor, new_var: torch.Tensor, mixture: Mixture
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return mean and variance of a mixture; ``mixture.keep`` must be of a shape that multiplies them."""
    keep, rest = mixture.keep, 1.0 - mixture.keep
    wider = keep * rest * (mean - new_mean).square() if mixture.exact else 0.0
    return keep * mean + rest * new_mean, keep * var + rest * new_var + wider


class MixedNorm(nn.Module):
    """Batch normalisation that normalises by a mixture, and leaves it in its buffers."""

    def __init__(self, norm: nn.modules.batchnorm._BatchNorm) -> None:
        super().__init__()
        self.weight, self.bias, self.eps = norm.weight, norm.bias, norm.eps
        for name, values in norm.named_buffers():
            self.register_buffer(name, values)
        self.mixture = Mixture(torch.ones(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        axes = [axis for axis in range(x.dim()) if axis != 1]
        shape = [1, -1, *(1 for _ in axes[1:])]
        mean, var = x.mean(axes), x.var(axes, unbiased=False)
        known = (self.get_buffer("running_mean"), self.get_buffer("running_var"))
        mean, var = mixed(*known, mean, var, self.mixture)
        for before, after in zip(known, (mean, var), strict=True):
            before.copy_(after.detach())
        centred = (x - mean.view(shape)) / (var + self.eps).sqrt().view(shape)
        return centred * self.weight.view(shape) + self.bias.view(shape)


def with_mixed_norms(net: nn.Module) -> nn.Module:
    """Put a :class:`MixedNorm` in place of each batch normalisation of ``net``; return it."""
    for parent in list(net.modules()):
        for name, part in list(parent.named_children()):
            if isinstance(part, nn.modules.batchnorm._BatchNorm):
                setattr(parent, name, MixedNorm(part))
    return net


def set_mixture(net: nn.Module, keep: float, exact: bool) -> nn.Module:
    """Let every :class:`MixedNorm` of ``net`` keep the share ``keep``; return it, ready to train."""
    for part in net.modules():
        if isinstance(part, MixedNorm):
            part.mixture = Mixture(torch.tensor(keep), exact)
    return net.train()
