"""Federated averaging (McMahan et al., AISTATS 2017), and with a proximal term (Li et al., MLSys 2020)."""

from __future__ import annotations

import torch

from agents.methods.base import CloudState, Context, DeviceState, Payload, Recent, Updates, Who
from agents.methods.federated.averaging import in_order, shares, weighted_sum
from agents.methods.federated.client import Federated
from agents.methods.federated.local_descent import Correct, descend, towards
from agents.methods.federated.options import FedAvgOptions, FedProxOptions
from agents.methods.federated.squared_loss import squared_slopes


class FedAvg(Federated):
    """See :class:`FedAvgOptions`: ``w += server_rate * (sum n_i w_i / sum n_i - w)`` over the reports of a round."""

    name, together = "fedavg", True
    options: FedAvgOptions

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options = context.options
        self.payload_fields, self.update_fields = (self.weights, self.counted), (self.weights,)
        self.slopes = squared_slopes(self.part) if self.options.loss == "squared" else None

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        batches = self.batches(recent)
        params = descend(self.part, state, batches, self.options, self.correction(state), self.slopes)
        return {**params, "count": batches.count.int()}, self.planned(recent)

    def correction(self, state: DeviceState) -> Correct | None:
        """Return what changes the slopes of local steps."""
        return None

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        return state, {"weights": self.part.pack(state), "count": state["count"]}

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        rows, now = in_order(payloads, who), cloud["weights"]
        share = shares(rows["count"][None])
        step = weighted_sum(share, rows["weights"] - now)
        return {**cloud, "weights": now + self.options.server_rate * step}, {}

    def broadcast(self, cloud: CloudState, who: Who) -> Updates:
        return {"weights": cloud["weights"].expand(len(who), -1)}

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        return {**self.part.unpack(updates["weights"]), "count": torch.zeros_like(state["count"])}


class FedProx(FedAvg):
    """See :class:`FedProxOptions`."""

    name = "fedprox"
    options: FedProxOptions

    def correction(self, state: DeviceState) -> Correct | None:
        return towards(self.options.prox, self.part.unpack(self.part.pack(state)))
