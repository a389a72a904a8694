"""Asynchronous federated learning: FedAsync (Xie et al., 2019) and FedBuff (Nguyen et al., AISTATS 2022).

Devices learn when ``method.learning`` says so and hand over when ``method.trigger`` does; what comes down is the newest
model. Staleness counts the versions of the cloud between the model that a device started from and the one it meets. A
payload whose answer is lost has counted all the same.
"""

from __future__ import annotations

import torch

from agents.codecs.message import Field
from agents.methods.base import CloudState, Context, DeviceState, Payload, Recent, Updates, Who
from agents.methods.federated.client import Federated
from agents.methods.federated.local_descent import Correct, descend, towards
from agents.methods.federated.options import FedAsyncOptions, FedBuffOptions
from agents.models.base import Base
from agents.streams.base import History


class Asynchronous(Federated):
    """What both share: each payload names the version it started from, each is answered by the newest model."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        version = Field("version", (), "int32", header=True)
        self.payload_fields, self.update_fields = (self.weights, self.counted, version), (self.weights, version)

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        return {**super().prepare(history, base, seed), "version": torch.zeros(1, dtype=torch.int32)}

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        began, version = cloud["weights"].expand(devices, -1), cloud["version"].expand(devices)
        return {**super().start(cloud, devices), "began": began, "version": version}

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        batches = self.batches(recent)
        params = descend(self.part, state, batches, self.local, self.correction(state))
        return {**params, "count": batches.count.int()}, self.planned(recent)

    def correction(self, state: DeviceState) -> Correct | None:
        """Return what changes the slopes of local steps."""
        return None

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        answers: list[torch.Tensor] = []
        versions: list[torch.Tensor] = []
        # Each model depends on the one before: this is a chain, whatever it is computed with.
        for row in range(len(who)):
            if int(payloads["count"][row]) > 0:
                stale = int(cloud["version"]) - int(payloads["version"][row])
                cloud = self.taken(cloud, payloads["weights"][row : row + 1], stale)
            answers.append(cloud["weights"])
            versions.append(cloud["version"])
        return cloud, {"weights": torch.cat(answers), "version": torch.cat(versions)}

    def taken(self, cloud: CloudState, weights: torch.Tensor, stale: int) -> CloudState:
        """Return the cloud after what one device has learnt, [1, params], which is so many versions stale."""
        raise NotImplementedError

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        weights, none = updates["weights"], torch.zeros_like(state["count"])
        return {**self.part.unpack(weights), "count": none, "began": weights, "version": updates["version"]}


class FedAsync(Asynchronous):
    """See :class:`FedAsyncOptions`: ``w <- (1 - m s) w + m s w_i`` as the model of device i arrives."""

    name = "fedasync"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: FedAsyncOptions = context.options

    def correction(self, state: DeviceState) -> Correct | None:
        return towards(self.options.prox, self.part.unpack(state["began"])) if self.options.prox else None

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        return state, {"weights": self.part.pack(state), "count": state["count"], "version": state["version"]}

    def taken(self, cloud: CloudState, weights: torch.Tensor, stale: int) -> CloudState:
        now, share = cloud["weights"], self.options.mix * fresh_share(self.options, stale)
        return {**cloud, "weights": now + share * (weights - now), "version": cloud["version"] + 1}


class FedBuff(Asynchronous):
    """See :class:`FedBuffOptions`: ``w += server_rate / K * sum (1 + t_k)^-decay (w_k - start_k)`` every K steps."""

    name = "fedbuff"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: FedBuffOptions = context.options

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        cloud = super().prepare(history, base, seed)
        return {**cloud, "sum": torch.zeros_like(cloud["weights"]), "buffered": torch.zeros(1, dtype=torch.int32)}

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        step = self.part.pack(state) - state["began"]
        return state, {"weights": step, "count": state["count"], "version": state["version"]}

    def taken(self, cloud: CloudState, weights: torch.Tensor, stale: int) -> CloudState:
        total = cloud["sum"] + float((1 + stale) ** -self.options.decay) * weights
        buffered = cloud["buffered"] + 1
        if int(buffered) < self.options.buffer:
            return {**cloud, "sum": total, "buffered": buffered}
        step = self.options.server_rate / self.options.buffer * total
        emptied = {"sum": torch.zeros_like(total), "buffered": torch.zeros_like(buffered)}
        return {**cloud, **emptied, "weights": cloud["weights"] + step, "version": cloud["version"] + 1}


def fresh_share(options: FedAsyncOptions, stale: int) -> float:
    """Return the weight of a model that is so many versions stale, of that of a fresh one."""
    if options.staleness == "constant":
        return 1.0
    if options.staleness == "polynomial":
        return float((1 + stale) ** -options.decay)
    return 1.0 if stale <= options.grace else 1.0 / (options.decay * (stale - options.grace) + 1.0)
