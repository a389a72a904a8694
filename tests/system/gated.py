"""A method with a gate: a device asks when its model is unsure of what it sees."""

from __future__ import annotations

from typing import Any

import torch

from agents.methods.base import DeviceState, OfFeatures, Recent
from agents.methods.cloud_ft import CloudFt
from agents.methods.cloud_ft_options import CloudFtOptions
from agents.signals.values import energy


class Gated(CloudFt):
    """cloud_ft whose gate is the mean energy of the window."""

    options: Any = CloudFtOptions

    def gate(self, state: DeviceState, recent: Recent) -> torch.Tensor:
        seen = torch.arange(recent.features.shape[1]) < recent.count[:, None]
        scores = energy(self.predict(state, OfFeatures(recent.features)))
        return (scores * seen).sum(1).div(recent.count.clamp_min(1)).float()
