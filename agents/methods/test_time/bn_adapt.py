"""Adaptation of the statistics of normalisation, without labels or gradients.

Schneider et al., "Improving robustness against common corruptions by covariate shift adaptation", NeurIPS 2020: a
window of n samples is mixed into statistics that count for N: ``mean' = a mean + (1 - a) mean_window``, where
a = N / (N + n), and variances alike. N = 0 takes the window alone, as AdaBN (Li et al., 2016). Where a window has few
of the classes, what it replaces was better: see ``scenarios/test_time``.
"""

from __future__ import annotations

import torch

from agents.methods.base import DeviceState, Recent
from agents.methods.test_time.normalising import Normalising, chosen, one_step


class BnAdapt(Normalising):
    """See :class:`agents.methods.test_time.options.BnAdaptOptions`."""

    name, backwards = "bn_adapt", 0

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        passed = self.norms.forward(self.mixed_into(state), recent, self.mixture(recent.count))
        return chosen(recent.count > 0, passed.statistics, state), one_step(recent)
