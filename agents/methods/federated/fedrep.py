"""Shared layers below heads of one's own: FedRep (Collins et al., ICML 2021)."""

from __future__ import annotations

from dataclasses import replace

import torch

from agents.codecs.message import Field
from agents.methods.base import CloudState, Context, DeviceState, Payload, Recent, Updates, Who
from agents.methods.federated.averaging import in_order, shares, weighted_sum
from agents.methods.federated.choosing import layered
from agents.methods.federated.client import Federated
from agents.methods.federated.local_descent import Correct, descend
from agents.methods.federated.options import FedRepOptions
from agents.methods.federated.trained import DenseLayers, Params


class FedRep(Federated):
    """See :class:`FedRepOptions`: first the last layer learns alone, then those below it."""

    name, together = "fedrep", True
    part: DenseLayers

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: FedRepOptions = context.options
        self.learning_steps = self.options.own_steps + self.options.steps
        self.shared = self.part.params - self.part.last
        body = Field("body", (self.shared,))
        self.payload_fields, self.update_fields = (body, self.counted), (body,)

    def learnt_part(self) -> DenseLayers:
        return layered(self.net, self.local.trains, self.name)

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        batches = self.batches(recent)
        own, below = self.part.names[-2:], self.part.names[:-2]
        first = replace(self.options, steps=self.options.own_steps)
        params = descend(self.part, state, batches, first, _only(own))
        params = descend(self.part, params, batches, self.options, _only(below))
        return {**params, "count": batches.count.int()}, self.planned(recent)

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        return state, {"body": self.part.pack(state)[:, : self.shared], "count": state["count"]}

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        rows, now = in_order(payloads, who), cloud["weights"]
        step = weighted_sum(shares(rows["count"][None]), rows["body"] - now[:, : self.shared])
        later = torch.cat([now[:, : self.shared] + self.options.server_rate * step, now[:, self.shared :]], 1)
        return {**cloud, "weights": later}, {}

    def broadcast(self, cloud: CloudState, who: Who) -> Updates:
        return {"body": cloud["weights"][:, : self.shared].expand(len(who), -1)}

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        packed = torch.cat([updates["body"], self.part.pack(state)[:, self.shared :]], 1)
        return {**self.part.unpack(packed), "count": torch.zeros_like(state["count"])}


def _only(names: tuple[str, ...]) -> Correct:
    def correct(now: Params, slopes: Params) -> Params:
        return {name: slopes[name] for name in names}

    return correct
