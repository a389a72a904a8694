"""Separable evolution strategy with covariance matrix adaptation, a search for each device.

Ros and Hansen, "A simple modification in CMA-ES achieving linear time and space complexity", PPSN 2008: the covariance
is diagonal, its learning rate (dim + 2) / 3 times as large. Directions are drawn once and shared: a device's n-th
generation looks the same way as any other's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch

from agents.kernels import product, sqrt, totals
from agents.methods.test_time.entropy import exponential

Tensors = dict[str, torch.Tensor]
#: Names of the state of a search; rows are devices.
MEAN, STEP, SPREAD, PATH, STEP_PATH = "search.mean", "search.step", "search.spread", "search.path", "search.step_path"


@dataclass(frozen=True)
class Evolution:
    """A search over ``dim`` numbers with ``population`` candidates a generation."""

    dim: int
    population: int

    @cached_property
    def weights(self) -> torch.Tensor:
        """Weights of the better half, best first, float32 [parents]; they add up to 1."""
        parents = self.population // 2
        raw = ((self.population + 1) / 2.0 / torch.arange(1, parents + 1).double()).log()
        return (raw / raw.sum()).float()

    @cached_property
    def effective(self) -> float:
        """How many parents the weights are worth."""
        return 1.0 / float(self.weights.double().square().sum())

    def fresh(self, mean: torch.Tensor, step: float) -> Tensors:
        """Return the state of searches that start at ``mean`` [devices, dim]."""
        ones, zeros = torch.ones_like(mean), torch.zeros_like(mean)
        return {MEAN: mean.clone(), STEP: ones[:, :1] * step, SPREAD: ones, PATH: zeros, STEP_PATH: zeros.clone()}

    def candidates(self, state: Tensors, directions: torch.Tensor) -> torch.Tensor:
        """Return candidates [devices, population, dim] along standard normal ``directions`` of that shape."""
        scale = (state[STEP] * sqrt(state[SPREAD].contiguous())).unsqueeze(1)
        return state[MEAN].unsqueeze(1) + scale * directions

    def updated(self, state: Tensors, directions: torch.Tensor, loss: torch.Tensor) -> Tensors:
        """Return the state after a generation whose candidates had these losses [devices, population]."""
        order = loss.sort(dim=1, stable=True)[1][:, : len(self.weights)]
        best = directions.gather(1, order.unsqueeze(2).expand(-1, -1, self.dim))
        deviation = sqrt(state[SPREAD].contiguous())
        towards = self._weighted(best)
        step_path, step = self._step(state, towards)
        move = deviation * towards
        path = (1.0 - self._rate) * state[PATH] + (self._rate * (2.0 - self._rate) * self.effective) ** 0.5 * move
        spread = self._spread(state, path, self._weighted(best.square()) * state[SPREAD])
        mean = state[MEAN] + state[STEP] * move
        return {MEAN: mean, STEP: step, SPREAD: spread, PATH: path, STEP_PATH: step_path}

    @property
    def _rate(self) -> float:
        """How fast the path of the covariance forgets."""
        share = self.effective / self.dim
        return (4.0 + share) / (self.dim + 4.0 + 2.0 * share)

    def _weighted(self, best: torch.Tensor) -> torch.Tensor:
        """Return weighted means [devices, dim] of the parents [devices, parents, dim]."""
        weights = self.weights.to(best.device).view(1, 1, -1).expand(len(best), -1, -1)
        return product(weights, best.contiguous())[:, 0]

    def _step(self, state: Tensors, towards: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return path and size of the step: longer if steps go one way, shorter if they undo each other."""
        rate = (self.effective + 2.0) / (self.dim + self.effective + 5.0)
        damping = 1.0 + 2.0 * max(0.0, ((self.effective - 1.0) / (self.dim + 1.0)) ** 0.5 - 1.0) + rate
        path = (1.0 - rate) * state[STEP_PATH] + (rate * (2.0 - rate) * self.effective) ** 0.5 * towards
        usual = self.dim**0.5 * (1.0 - 1.0 / (4.0 * self.dim) + 1.0 / (21.0 * self.dim**2))
        longer = sqrt(totals(path.square())).unsqueeze(1) / usual - 1.0
        return path, state[STEP] * exponential((rate / damping * longer).clamp(-1.0, 1.0))

    def _spread(self, state: Tensors, path: torch.Tensor, parents: torch.Tensor) -> torch.Tensor:
        """Return the variances along the axes: of one path, and of all parents."""
        one = 2.0 / ((self.dim + 1.3) ** 2 + self.effective)
        worth = self.effective - 2.0 + 1.0 / self.effective
        all_of = min(1.0 - one, 2.0 * worth / ((self.dim + 2.0) ** 2 + self.effective))
        faster = (self.dim + 2.0) / 3.0
        one, all_of = min(0.5, one * faster), min(0.5, all_of * faster)
        spread = (1.0 - one - all_of) * state[SPREAD] + one * path.square() + all_of * parents
        return spread.clamp_min(1e-12)
