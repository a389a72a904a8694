"""Adaptation by forward passes alone: features are shifted back, and scales and shifts searched by evolution.

Niu et al., "Test-time model adaptation with only forward passes", ICML 2024. There prompts of a transformer are
searched; here the scales and shifts of a normaliser on features. The shift ``f + mean_past - mean_device`` follows a
moving mean. A generation is judged on a window, the best so far among it; the best is used from then on.
"""

from __future__ import annotations

import torch

from agents.methods.base import CloudState, Context, DeviceState, Recent
from agents.methods.test_time.evolution import Evolution
from agents.methods.test_time.forward_only import ForwardOnly
from agents.methods.test_time.normalising import chosen, one_step
from agents.methods.test_time.options import FoaOptions
from agents.models.base import Base
from agents.models.mixed_norm import Mixture
from agents.streams.base import History


class Foa(ForwardOnly):
    """See :class:`agents.methods.test_time.options.FoaOptions`."""

    name = "foa"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: FoaOptions = context.options
        self.passes = self.options.population + 1
        self.search = Evolution(self.dim, self.options.population) if self.options.population > 1 else None

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        if self.search is None:
            return self.norm.prepare(history, base)
        fresh = self.search.fresh(torch.zeros(1, self.dim), self.options.spread)
        return {**self.turning(history, base, seed, self.options.population), **fresh}

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        keep = torch.full((len(recent.count),), 1.0 - self.options.follow, device=recent.count.device)
        mean = {"norm.mean": self.norm.mixed_in(state, recent, Mixture(keep))["norm.mean"]}
        later = {**mean, **(self._searched({**state, **mean}, recent) if self.search else {})}
        return chosen(recent.count > 0, later, state), one_step(recent)

    def _searched(self, state: DeviceState, recent: Recent) -> dict[str, torch.Tensor]:
        """Return the search after a generation, and the best scales and shifts."""
        assert self.search is not None
        own, directions = dict(state), self.directions(state)
        candidates = torch.cat([self.search.candidates(own, directions), self.packed(state).unsqueeze(1)], 1)
        loss = self.losses(state, recent, candidates)
        best = loss.sort(dim=1, stable=True)[1][:, :1].unsqueeze(2).expand(-1, -1, self.dim)
        found = self.unpacked(candidates.gather(1, best)[:, 0], state)
        return {**self.search.updated(own, directions, loss[:, :-1]), **found, **self.turned(state)}
