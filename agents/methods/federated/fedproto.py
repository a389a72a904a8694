"""Prototypes instead of weights: FedProto (Tan et al., AAAI 2022)."""

from __future__ import annotations

import torch

from agents.codecs.message import Field
from agents.kernels import product
from agents.methods.base import CloudState, Context, DeviceState, Payload, Recent, Updates, Who
from agents.methods.federated.averaging import in_order, weighted_sum
from agents.methods.federated.choosing import layered
from agents.methods.federated.client import Federated
from agents.methods.federated.local_descent import descend
from agents.methods.federated.options import FedProtoOptions
from agents.methods.federated.trained import DenseLayers, Params
from agents.models.base import Base
from agents.models.head import ACTIVATIONS, slope_of
from agents.streams.base import History


class FedProto(Federated):
    """See :class:`FedProtoOptions`.

    The features are what the last layer reads; a prototype is their mean over the samples of a class. A class without a
    prototype pulls nothing: its prototype is all zeros. Means over devices weigh by numbers of samples, as the text of
    the paper has it, or not, as its code.
    """

    name, together = "fedproto", True
    part: DenseLayers

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: FedProtoOptions = context.options
        width, classes = self.part.shape.sizes[-1]
        prototypes, number = Field("prototypes", (classes, width)), Field("number", (classes,), "int32")
        self.payload_fields, self.update_fields = (prototypes, number), (prototypes,)

    def learnt_part(self) -> DenseLayers:
        return layered(self.net, self.local.trains, self.name)

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        cloud = super().prepare(history, base, seed)
        width, classes = self.part.shape.sizes[-1]
        return {**cloud, "prototypes": cloud["weights"].new_zeros(1, classes, width)}

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        prototypes = cloud["prototypes"].expand(devices, -1, -1)
        number = torch.zeros(devices, prototypes.shape[1], dtype=torch.int32, device=prototypes.device)
        return {
            **super().start(cloud, devices),
            "prototypes": prototypes,
            "own": torch.zeros_like(prototypes),
            "number": number,
        }

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        batches, prototypes = self.batches(recent), state["prototypes"]

        def slopes(now: Params, x: torch.Tensor, label: torch.Tensor, share: torch.Tensor) -> Params:
            pulled = self._pull(now, x, label, share, prototypes)
            return {name: slope + pulled[name] for name, slope in self.part.slopes(now, x, label, share).items()}

        params = descend(self.part, state, batches, self.options, slopes=slopes)
        x, label, share = batches.all()
        member = torch.nn.functional.one_hot(label, prototypes.shape[1]).float() * (share > 0)
        number = member.sum(1)
        total = product(member.transpose(1, 2), self._features(params, x)[-1])
        own = {"own": total / number.clamp_min(1.0).unsqueeze(2), "number": number.int()}
        return {**params, **own, "count": batches.count.int()}, self.planned(recent)

    def _features(self, params: Params, x: torch.Tensor) -> list[torch.Tensor]:
        """Return what each layer reads."""
        shape, read = self.part.shape, [x]
        for index in range(len(shape.sizes) - 1):
            read.append(ACTIVATIONS[shape.activation](shape.affine(params, index, read[-1])))
        return read

    def _pull(
        self, params: Params, x: torch.Tensor, label: torch.Tensor, share: torch.Tensor, prototypes: torch.Tensor
    ) -> Params:
        """Return the gradient of ``pull`` times the mean squared distance of features from their prototypes."""
        shape, read = self.part.shape, self._features(params, x)
        mine = prototypes.gather(1, label.unsqueeze(2).expand(-1, -1, prototypes.shape[2]))
        there = (mine != 0.0).any(2, keepdim=True)
        error = 2.0 * self.options.pull / mine.shape[2] * (read[-1] - mine) * (share * there)
        found = {name: torch.zeros_like(params[name]) for name in self.part.names[-2:]}
        for index in reversed(range(len(shape.sizes) - 1)):
            out = read[index + 1]
            before = shape.affine(params, index, read[index]) if shape.activation == "hardswish" else out
            error = error * slope_of(shape.activation, before, out)
            found[f"w{index}"] = product(read[index].transpose(1, 2).contiguous(), error.contiguous())
            found[f"b{index}"] = product(error.new_ones(len(error), 1, error.shape[1]), error.contiguous())
            error = product(error.contiguous(), params[f"w{index}"].transpose(1, 2).contiguous())
        return found

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        return state, {"prototypes": state["own"], "number": state["number"]}

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        rows, before = in_order(payloads, who), cloud["prototypes"]
        number = rows["number"].float() if self.options.by_count == "yes" else (rows["number"] > 0).float()
        weighted = (rows["prototypes"] * number.unsqueeze(2)).flatten(1)
        total = weighted_sum(weighted.new_ones(1, len(weighted)), weighted).view_as(before)
        there = number.sum(0)[None, :, None]
        return {**cloud, "prototypes": torch.where(there > 0, total / there.clamp_min(1.0), before)}, {}

    def broadcast(self, cloud: CloudState, who: Who) -> Updates:
        return {"prototypes": cloud["prototypes"].expand(len(who), -1, -1)}

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        none = torch.zeros_like(state["number"])
        return {"prototypes": updates["prototypes"], "number": none, "count": torch.zeros_like(state["count"])}
