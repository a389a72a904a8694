"""AnchorFrame distribution reasoner and fast domain adaptor: from one sample to the parameters for all like it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import nn

from agents.kernels import product, softplus, sqrt, totals
from agents.methods.cdc_mmpg.options import CdcMmpgOptions
from agents.methods.duet.generator import begin
from agents.methods.persona.adapter import EditGenerator, LinearTransfer
from agents.models.head import Dense, HeadShape, Tanh

#: No feature deviates less than this; a sample without a view is so far from all others.
_LEAST, _FAR = 1e-2, 1e6


class Gaussian(NamedTuple):
    """Mean and deviation of each feature, [tickets, F]."""

    mean: torch.Tensor
    deviation: torch.Tensor

    def apart(self, other: Gaussian, there: torch.Tensor) -> torch.Tensor:
        """Return KL(self || other) a feature, plus the squared distance of means, over features that are there."""
        square = (self.mean - other.mean).square()
        ratio = (self.deviation.square() + square) / (2.0 * other.deviation.square())
        each = (other.deviation / self.deviation).log() + ratio - 0.5 + square
        return (each * there).sum() / there.sum().clamp_min(1.0)


class AnchorNetwork(nn.Module):
    """Windows [tickets, window, F], counts -> heads [tickets, params], twice, and a loss of its own.

    A window of one sample is an anchor as it was sent.
    """

    def __init__(self, head: HeadShape, views: Sequence[int], options: CdcMmpgOptions) -> None:
        super().__init__()
        features, width, layers = head.context, options.width, len(head.sizes)
        self.views, self.options = list(views), options
        self.reasons = options.reasoner == "gaussian" and options.uplink == "anchor"
        self.seen = nn.ModuleList(Dense(size, width) for size in self.views)
        self.reasoned = nn.Sequential(nn.ReLU(), Dense(width, width), nn.ReLU(), Dense(width, 2 * features))
        self.adaptor = nn.Sequential(Dense(2 * features, width), nn.ReLU(), Dense(width, options.code), Tanh())
        self.codes = LinearTransfer(layers, options.code)
        self.generator = EditGenerator(head, options.code)

    def forward(self, window: torch.Tensor, count: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        anchor = anchor_of(window, count, self.options.anchor, self.views)
        there = present(anchor, self.views)
        own, apart = Gaussian(anchor, torch.zeros_like(anchor)), anchor.new_zeros(())
        if self.options.uplink == "window":
            own = distribution(window, count)
        elif self.reasons:
            own = self.reason(anchor, there)
            apart = distribution(window, count).apart(own, there) if torch.is_grad_enabled() else apart
        code = self.adaptor(torch.cat([own.mean, own.deviation * there], 1))
        head: torch.Tensor = self.generator(self.codes(code))
        return head, head, self.options.reason * apart

    def reason(self, anchor: torch.Tensor, there: torch.Tensor) -> Gaussian:
        """Return how the samples around an anchor are distributed; a view that is missing says nothing."""
        parts = zip(self.seen, anchor.split(self.views, 1), there.split(self.views, 1), strict=True)
        seen = torch.zeros(())
        for one, view, real in parts:
            seen = seen + one(view.contiguous()) * real[:, :1]
        shift, deviation = self.reasoned(seen).chunk(2, 1)
        return Gaussian((anchor + shift) * there, softplus(deviation.contiguous()) + _LEAST)

    def begin(self, head: torch.Tensor, rng: torch.Generator) -> None:
        """Draw small maps around the packed ``head`` [params]."""
        begin(self.generator, head, rng)


def anchor_of(window: torch.Tensor, count: torch.Tensor, kind: str, views: Sequence[int]) -> torch.Tensor:
    """Return the sample [tickets, F] that stands for a window [tickets, n, F]; zeros of one that holds nothing."""
    rows = window.shape[1]
    if rows == 1 or kind == "oldest":
        place = torch.zeros_like(count)
    elif kind == "newest":
        place = (count - 1).clamp(0, rows - 1)
    else:
        place = _medoid(window, count, views)
    return window.gather(1, place.view(-1, 1, 1).expand(-1, 1, window.shape[2]))[:, 0]


def _medoid(window: torch.Tensor, count: torch.Tensor, views: Sequence[int]) -> torch.Tensor:
    """Return the place of the sample with the smallest mean distance to others, among those with the most views."""
    real = torch.arange(window.shape[1], device=count.device) < count[:, None]
    window = window.contiguous()
    square = totals(window.square())
    inner = product(window, window.transpose(1, 2).contiguous())
    apart = sqrt((square[:, :, None] + square[:, None] - 2.0 * inner).clamp_min(0.0))
    mean = totals((apart * real[:, None]).contiguous()) / count.clamp_min(1)[:, None]
    lacking = sum(1.0 - view.float() for view in _there(window, views))
    return (mean + _FAR * lacking).masked_fill(~real, torch.inf).argmin(1)


def distribution(window: torch.Tensor, count: torch.Tensor) -> Gaussian:
    """Return mean and deviation of the samples [tickets, n, F] that are there."""
    real = (torch.arange(window.shape[1], device=count.device) < count[:, None]).float().unsqueeze(1)
    number = count.clamp_min(1).float().unsqueeze(1)
    window = window.contiguous()
    mean = product(real, window)[:, 0] / number
    away = window - mean.unsqueeze(1)
    spread = product(real, away * away)[:, 0] / number
    return Gaussian(mean, sqrt(spread + _LEAST**2))


def present(sample: torch.Tensor, views: Sequence[int]) -> torch.Tensor:
    """Return which features [rows, F] belong to a view that is there: of one that is missing all are zero."""
    there = [one.float().unsqueeze(1).expand(-1, size) for one, size in zip(_there(sample, views), views, strict=True)]
    return torch.cat(there, 1)


def _there(samples: torch.Tensor, views: Sequence[int]) -> list[torch.Tensor]:
    return [(view != 0).any(-1) for view in samples.split(list(views), -1)]
