"""Clusters that follow drift: FedDrift (Jothimurugesan et al., AISTATS 2023).

A device measures all models on its newest labels and learns the best. If even that one has lost more than ``drop``
since the round before, the device founds a model of its own from what it learns; it may be merged a round later.
Devices report their accuracies: unlike in the published code, the cloud sees no data of devices.
"""

from __future__ import annotations

import torch

from agents.codecs.message import Field
from agents.methods.base import CloudState, Context, DeviceState, Payload, Recent, Updates, Who
from agents.methods.federated.averaging import in_order, shares, weighted_sum
from agents.methods.federated.client import Federated, accuracies
from agents.methods.federated.local_descent import descend
from agents.methods.federated.model_merging import merged
from agents.methods.federated.options import FedDriftOptions
from agents.models.base import Base
from agents.streams.base import History

#: The cluster of a device that founds a model.
_NEW = 255


class FedDrift(Federated):
    """See :class:`FedDriftOptions`."""

    name, together = "feddrift", True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: FedDriftOptions = context.options
        models, params = self.options.models, self.part.params
        accuracy, cluster = Field("accuracy", (models,), bound=1.0), Field("cluster", (), "uint8")
        self.payload_fields = (self.weights, accuracy, cluster, self.counted)
        self.update_fields = (Field("models", (models, params)), Field("into", (models,), "uint8"))

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        cloud, models = super().prepare(history, base, seed), self.options.models
        first = torch.zeros(models, dtype=torch.int32)
        first[0] = 1
        return {
            **cloud,
            "models": cloud["weights"].repeat(models, 1),
            # Reports that each model is made of; 0: this place is free.
            "reports": first,
            "used": torch.zeros(models, dtype=torch.int32),
            "round": torch.zeros(1, dtype=torch.int32),
            "into": torch.zeros(models, dtype=torch.uint8),
        }

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        models = cloud["models"]
        return {
            **super().start(cloud, devices),
            "models": models[None].expand(devices, -1, -1),
            "into": cloud["into"][None].expand(devices, -1),
            "cluster": torch.zeros(devices, dtype=torch.uint8, device=models.device),
            "accuracy": models.new_zeros(devices, len(models)),
            "best": models.new_full((devices,), -1.0),
        }

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        batches, models = self.batches(recent), state["models"]
        judged = [
            accuracies(self.part.forward(self.part.unpack(models[:, number]), x), label, share)
            for x, label, share in [batches.all()]
            for number in range(self.options.models)
        ]
        place = torch.arange(self.options.models, device=models.device)
        accuracy = torch.where(state["into"] == place, torch.stack(judged, 1), -1.0)
        best, cluster = accuracy.max(1)
        drifted = (state["best"] - best > self.options.drop) & (batches.count > 0)
        mine = models[torch.arange(len(models), device=models.device), cluster]
        params = descend(self.part, self.part.unpack(mine), batches, self.options)
        return {
            **params,
            "cluster": torch.where(drifted, _NEW, cluster).to(torch.uint8),
            "accuracy": accuracy.clamp_min(0.0),
            "best": torch.where(drifted, -1.0, torch.where(batches.count > 0, best, state["best"])),
            "count": batches.count.int(),
        }, self.planned(recent)

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        rest = {name: state[name] for name in ("accuracy", "cluster", "count")}
        return state, {"weights": self.part.pack(state), **rest}

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        rows = in_order(payloads, who)
        later = {**cloud, "round": cloud["round"] + 1}
        member = (rows["cluster"][None] == torch.arange(len(cloud["models"]), device=rows["count"].device)[:, None]) & (
            rows["count"] > 0
        )
        later |= self._averaged(later, rows, member)
        found = rows["weights"][(rows["cluster"] == _NEW) & (rows["count"] > 0)]
        known = later["reports"].clone()
        later |= merged(later, _measured(rows, member), known > 0, self.options.drop)
        return {**later, **_founded(later, found)}, {}

    def _averaged(self, cloud: CloudState, rows: Payload, member: torch.Tensor) -> CloudState:
        share = shares(rows["count"] * member)
        step = weighted_sum(share, rows["weights"]) - share.sum(1, keepdim=True) * cloud["models"]
        there = member.sum(1).int()
        return {
            "models": cloud["models"] + self.options.server_rate * step,
            "reports": cloud["reports"] + there,
            "used": torch.where(there > 0, cloud["round"], cloud["used"]),
        }

    def broadcast(self, cloud: CloudState, who: Who) -> Updates:
        rows = len(who)
        return {"models": cloud["models"][None].expand(rows, -1, -1), "into": cloud["into"][None].expand(rows, -1)}

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        models, into, cluster = updates["models"], updates["into"], state["cluster"].long()
        founder = cluster == _NEW
        now = into.gather(1, cluster.where(~founder, 0)[:, None])[:, 0].long()
        chosen = models[torch.arange(len(models), device=models.device), now]
        # A founder goes on with what it has: it will find its model by its accuracy.
        weights = torch.where(founder[:, None], self.part.pack(state), chosen)
        later = {"models": models, "into": into, "cluster": torch.where(founder, cluster, now).to(torch.uint8)}
        return {**self.part.unpack(weights), **later, "count": torch.zeros_like(state["count"])}


def _measured(rows: Payload, member: torch.Tensor) -> torch.Tensor:
    """Return the mean accuracy [clusters, models] of each model on the data of each cluster; -1 where unknown."""
    mean = weighted_sum(shares(rows["count"] * member), rows["accuracy"])
    return torch.where(member.any(1)[:, None], mean, -1.0)


def _founded(cloud: CloudState, found: torch.Tensor) -> CloudState:
    """Return models, reports, used and into with models that devices found; the place longest unused goes first."""
    models, reports, used, into = (cloud[name].clone() for name in ("models", "reports", "used", "into"))
    now = int(cloud["round"])
    for weights in found:
        unused = torch.where(reports > 0, used.long(), -1)
        place = int(unused.argmin())
        if int(unused[place]) >= now:
            break
        models[place], reports[place], used[place], into[place] = weights, 1, now, place
    return {"models": models, "reports": reports, "used": used, "into": into}
