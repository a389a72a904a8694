"""Clustered federated learning by loss: IFCA (Ghosh et al., NeurIPS 2020)."""

from __future__ import annotations

import torch

from agents.codecs.message import Field
from agents.methods.base import CloudState, Context, DeviceState, Payload, Recent, Updates, Who
from agents.methods.federated.averaging import in_order, shares, weighted_sum
from agents.methods.federated.client import Federated, losses
from agents.methods.federated.local_descent import descend
from agents.methods.federated.options import IfcaOptions
from agents.models.base import Base
from agents.models.training import generator
from agents.seeding import Purpose
from agents.streams.base import History


class Ifca(Federated):
    """See :class:`IfcaOptions`; a device answers with the model that it chose last, in its newest version."""

    name, together = "ifca", True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: IfcaOptions = context.options
        cluster = Field("cluster", (), "uint8")
        self.payload_fields = (self.weights, cluster, self.counted)
        self.update_fields = (Field("models", (self.options.models, self.part.params)),)

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        cloud = super().prepare(history, base, seed)
        weights, rng = cloud["weights"], generator(seed, Purpose.METHOD, 0)
        size = weights.square().mean().sqrt()
        away = torch.randn(self.options.models, self.part.params, generator=rng)
        # One model is the base itself, so that fresh devices answer as it does.
        away[0] = 0.0
        return {**cloud, "models": weights + self.options.spread * size * away}

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        models = cloud["models"][None].expand(devices, -1, -1)
        cluster = torch.zeros(devices, dtype=torch.uint8, device=models.device)
        return {**super().start(cloud, devices), "models": models, "cluster": cluster}

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        batches, models = self.batches(recent), state["models"]
        x, label, share = batches.all()
        each = [
            losses(self.part.forward(self.part.unpack(models[:, number]), x), label, share)
            for number in range(self.options.models)
        ]
        known = batches.count > 0
        cluster = torch.where(known, torch.stack(each).argmin(0), state["cluster"].long())
        mine = models[torch.arange(len(models), device=models.device), cluster]
        params = descend(self.part, self.part.unpack(mine), batches, self.options)
        return {**params, "cluster": cluster.to(torch.uint8), "count": batches.count.int()}, self.planned(recent)

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        return state, {"weights": self.part.pack(state), "cluster": state["cluster"], "count": state["count"]}

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        rows, models = in_order(payloads, who), cloud["models"]
        number = torch.arange(len(models), device=models.device)[:, None]
        share = shares(rows["count"] * (rows["cluster"][None] == number))
        mean = weighted_sum(share, rows["weights"]) - share.sum(1, keepdim=True) * models
        return {**cloud, "models": models + self.options.server_rate * mean}, {}

    def broadcast(self, cloud: CloudState, who: Who) -> Updates:
        return {"models": cloud["models"][None].expand(len(who), -1, -1)}

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        models, cluster = updates["models"], state["cluster"].long()
        mine = models[torch.arange(len(models), device=models.device), cluster]
        return {**self.part.unpack(mine), "models": models, "count": torch.zeros_like(state["count"])}
