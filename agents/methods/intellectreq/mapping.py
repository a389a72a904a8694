"""The distribution mapper: a conditional VAE of what follows a window; the spread of its draws is the uncertainty."""

from __future__ import annotations

import torch
from torch import nn

from agents.kernels import sigmoid, totals
from agents.models.head import Dense, Tanh

#: Logarithms of variances are kept within this.
_WIDEST = 6.0


def exponential(x: torch.Tensor) -> torch.Tensor:
    """Return exp(x) of small ``x``, by the sigmoid, whose bits show no batch."""
    below = sigmoid(x)
    return below / (1.0 - below)


class Gaussian(nn.Module):
    """A vector -> mean and logarithm of the variance of a normal distribution, [rows, latent] each."""

    def __init__(self, inputs: int, latent: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(Dense(inputs, latent), Tanh())
        self.mean, self.log_variance = Dense(latent, latent), Dense(latent, latent)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        inner = self.inner(x)
        return self.mean(inner), self.log_variance(inner).clamp(-_WIDEST, _WIDEST)


class DistributionMapper(nn.Module):
    """From the state of a window to the sample that follows it.

    The prior p(e | x) sees the window, the posterior q(e | x, target) the target as well; what is decoded of e predicts
    the target together with x. Corrected: noise is normal, variances are taken over the draws, the divergence has the
    one scale that it is defined with, and no wrong target pushes it away.
    """

    def __init__(self, state: int, target: int, width: int, latent: int) -> None:
        super().__init__()
        self.state = nn.Sequential(Dense(state, width), Tanh(), Dense(width, width))
        self.prior, self.posterior = Gaussian(width, latent), Gaussian(width + target, latent)
        self.decode, self.predict = Dense(latent, width), Dense(2 * width, target)

    def draws(self, state: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Return predictions [rows, draws, target] of the prior, with ``noise`` [draws, latent] of every row."""
        x = self.state(state)
        mean, log_variance = self.prior(x)
        latent = mean.unsqueeze(1) + exponential(0.5 * log_variance).unsqueeze(1) * noise
        return self._predicted(x.unsqueeze(1).expand(-1, len(noise), -1), latent)

    def spread(self, state: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Return the uncertainty of windows [rows]: the variance over draws, on average over what is predicted."""
        draws = self.draws(state, noise).movedim(1, 2)
        away = draws - (totals(draws.contiguous()) / draws.shape[2]).unsqueeze(2)
        variance = totals(away.square()) / (draws.shape[2] - 1)
        return totals(variance) / variance.shape[1]

    def loss(self, state: torch.Tensor, target: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Return the bound on the evidence [nats a row], for a target of unit variance."""
        x = self.state(state)
        mean, log_variance = self.posterior(torch.cat([x, target], 1))
        latent = mean + exponential(0.5 * log_variance) * noise
        error = 0.5 * (self._predicted(x, latent) - target).square().sum(1)
        return (error + divergence(mean, log_variance, *self.prior(x))).mean()

    def _predicted(self, x: torch.Tensor, latent: torch.Tensor) -> torch.Tensor:
        predicted: torch.Tensor = self.predict(torch.cat([x, self.decode(latent)], -1))
        return predicted


def divergence(
    mean: torch.Tensor, log_variance: torch.Tensor, prior_mean: torch.Tensor, prior_log_variance: torch.Tensor
) -> torch.Tensor:
    """Return the Kullback-Leibler divergence of two diagonal normal distributions, [rows]."""
    ratio = log_variance - prior_log_variance
    away = (mean - prior_mean).square() / torch.exp(prior_log_variance)
    return 0.5 * (torch.exp(ratio) + away - 1.0 - ratio).sum(1)
