"""Rounds without a network, in which every device takes part; and clients whose losses are parabolas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from quick_methods import whose

from agents.methods.base import CloudState, DeviceState, Method, Payload, Recent
from agents.methods.federated.trained import Params
from agents.methods.making import make_method
from agents.models.base import Net


class Parabolas:
    """One number w is learnt; a sample (a, b) costs ``a / 2 (w - b)^2``."""

    params, sees = 1, "features"

    def begin(self, base: Any) -> dict[str, torch.Tensor]:
        return {"w": torch.zeros(1, 1)}

    def beside(self, base: Any) -> dict[str, torch.Tensor]:
        return {}

    def keep(self, beside: dict[str, torch.Tensor]) -> None:
        pass

    def pack(self, state: Params) -> torch.Tensor:
        return state["w"]

    def unpack(self, packed: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"w": packed}

    def inputs(self, samples: Any) -> torch.Tensor:
        features: torch.Tensor = samples.features
        return features

    def forward(self, state: Params, x: torch.Tensor) -> torch.Tensor:
        return state["w"][:, None].expand(-1, x.shape[1], 1)

    def slopes(self, state: Params, x: torch.Tensor, label: torch.Tensor, share: torch.Tensor) -> Params:
        a, b = x[..., 0], x[..., 1]
        return {"w": (a * (state["w"] - b) * share[:, :, 0]).sum(1, keepdim=True)}


class Clients:
    """Devices with their windows, and the cloud that calls all of them."""

    def __init__(self, method: Method, cloud: CloudState, recent: Recent) -> None:
        self.method, self.cloud, self.recent = method, cloud, recent
        self.state: dict[str, torch.Tensor] = dict(method.start(cloud, len(recent.label)))

    def learn(self) -> Payload:
        """Let all devices learn; return what they hand over."""
        self._put(self.method.learn(self.state, self.recent)[0])
        later, payload = self.method.collect(self.state, self.recent)
        self._put(later)
        return payload

    def round(self) -> None:
        """Call all devices once."""
        who = whose(len(self.recent.label))
        self._put(self.method.install(self.state, self.method.broadcast(self.cloud, who)))
        self.cloud, _ = self.method.adapt(self.cloud, self.learn(), who)

    def rounds(self, number: int) -> None:
        """Call them several times."""
        for _ in range(number):
            self.round()

    def _put(self, changed: DeviceState) -> None:
        self.state = {**self.state, **changed}


def parabolas(name: str, a: Sequence[float], b: Sequence[float], net: Net, **options: Any) -> Clients:
    """Return clients, each with one sample (a, b)."""
    method: Any = make_method(name, {"window": 1, "batch": 1, **options}, "fp32", net, devices=len(a))
    method.part = Parabolas()
    x = torch.stack([torch.tensor(a), torch.tensor(b)], 1)[:, None]
    recent = Recent(x, torch.zeros(len(a), 1, dtype=torch.int64), torch.ones(len(a), dtype=torch.int64))
    return Clients(method, method.prepare(None, None, 3), recent)
