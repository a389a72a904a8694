"""Retraining only where it is needed, after DriftGuard (2026, arXiv 2603.18872).

Devices report accuracy and what their features look like, class by class. The cloud groups them by that. If a group
errs too often, its own layer is retrained, on its devices alone; if the fleet does, the shared layers are, on all. A
device that neither concerns takes no step. There experts are local and a gate says how they are used; here the last
layer is local, and mean features of predicted classes stand for the gate.
"""

from __future__ import annotations

import torch

from agents.codecs.message import Field
from agents.kernels import product
from agents.methods.base import CloudState, Context, DeviceState, Payload, Recent, Updates, Who
from agents.methods.devices_known import DevicesKnown
from agents.methods.federated.alike_groups import Prints, grouped, prototypes
from agents.methods.federated.averaging import in_order, shares, weighted_sum
from agents.methods.federated.choosing import layered
from agents.methods.federated.client import Federated, accuracies
from agents.methods.federated.local_descent import Correct, descend
from agents.methods.federated.options import DriftGuardOptions
from agents.methods.federated.trained import DenseLayers, Params
from agents.models.base import Base
from agents.streams.base import History

#: What a device is to retrain: nothing, the layer of its group, the shared layers, or both.
_OWN, _SHARED = 1, 2
#: The fleet errs too often below this share of the accuracy at which a group does.
_FLEET = 0.9
_MODELS, _DUTY, _FEATURES, _SEEN, _GROUP = "models", "duty", "print", "print.seen", "group"


class DriftGuard(Federated):
    """See :class:`DriftGuardOptions`."""

    name, together = "driftguard", True
    part: DenseLayers

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: DriftGuardOptions = context.options
        self.learning_steps = None
        self.shared = self.part.params - self.part.last
        classes, width = self.part.shape.dims[-1], self.part.shape.dims[0]
        prints = (Field(_FEATURES, (classes, width)), Field(_SEEN, (classes,)))
        self.payload_fields = (self.weights, Field("accuracy", (1,), bound=1.0), *prints, self.counted)
        self.update_fields = (self.weights, Field(_DUTY, (), "uint8"))

    def learnt_part(self) -> DenseLayers:
        return layered(self.net, self.local.trains, self.name)

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        cloud, groups = super().prepare(history, base, seed), self.options.groups
        classes, width = self.part.shape.dims[-1], self.part.shape.dims[0]
        return {
            **cloud,
            _MODELS: cloud["weights"].repeat(groups, 1),
            _FEATURES: torch.zeros(groups, classes, width),
            _SEEN: torch.zeros(groups, classes),
            _DUTY: torch.zeros(groups, dtype=torch.uint8),
            **DevicesKnown.none(_no_group()),
        }

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        own = {name: cloud[name].new_zeros(devices, *cloud[name].shape[1:]) for name in (_FEATURES, _SEEN)}
        duty = torch.zeros(devices, dtype=torch.uint8, device=cloud[_DUTY].device)
        accuracy = cloud[_MODELS].new_zeros(devices, 1)
        return {**super().start(cloud, devices), **own, _DUTY: duty, "accuracy": accuracy}

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        batches = self.batches(recent)
        x, label, share = batches.all()
        logits = self.part.forward(state, x)
        params = descend(self.part, state, batches, self.options, self._due(state[_DUTY]))
        report = {"accuracy": accuracies(logits, label, share)[:, None], "count": batches.count.int()}
        steps = torch.where(state[_DUTY] > 0, self.local.steps, 0)
        return {**params, **report, **_prints(x, logits, share)}, steps

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        rest = {name: state[name] for name in ("accuracy", _FEATURES, _SEEN, "count")}
        return state, {"weights": self.part.pack(state), **rest}

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        device, rows = who.device.sort(stable=True).values, in_order(payloads, who)
        there = rows["count"] > 0
        if not there.any():
            return cloud, {}
        device, rows = device[there], {name: values[there] for name, values in rows.items()}
        known, prints = DevicesKnown(cloud, _no_group()), Prints(rows[_FEATURES], rows[_SEEN])
        was = known.of(device)[_GROUP]
        now = grouped(prints, Prints(cloud[_FEATURES], cloud[_SEEN]), self.options.apart, self.options.smallest)
        known.put(device, {_GROUP: now})
        member = now[None] == torch.arange(self.options.groups, device=now.device)[:, None]
        later = self._retrained(cloud, rows, member, cloud[_DUTY][was])
        return {**cloud, **later, **prototypes(prints, cloud, member), **known.cloud()}, {}

    def broadcast(self, cloud: CloudState, who: Who) -> Updates:
        group = DevicesKnown(cloud, _no_group()).of(who.device)[_GROUP]
        return {"weights": cloud[_MODELS][group], _DUTY: cloud[_DUTY][group]}

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        count = torch.zeros_like(state["count"])
        return {**self.part.unpack(updates["weights"]), _DUTY: updates[_DUTY], "count": count}

    def _due(self, duty: torch.Tensor) -> Correct:
        own = set(self.part.names[-2:])

        def correct(now: Params, slopes: Params) -> Params:
            due = {name: (duty & (_OWN if name in own else _SHARED)) > 0 for name in slopes}
            return {name: slope * due[name].float()[:, None, None] for name, slope in slopes.items()}

        return correct

    def _retrained(self, cloud: CloudState, rows: Payload, member: torch.Tensor, duty: torch.Tensor) -> CloudState:
        """Return models of groups after what their devices retrained, and what is to be retrained next."""
        models = cloud[_MODELS].clone()
        trained = shares(rows["count"] * member * ((duty & _OWN) > 0))
        step = weighted_sum(trained, rows["weights"]) - trained.sum(1, keepdim=True) * models
        models[:, self.shared :] += self.options.server_rate * step[:, self.shared :]
        of_all = shares((rows["count"] * ((duty & _SHARED) > 0))[None])
        towards = weighted_sum(of_all, rows["weights"]) - of_all.sum(1, keepdim=True) * models
        models[:, : self.shared] += self.options.server_rate * towards[:, : self.shared]
        accuracy = weighted_sum(shares(rows["count"] * member), rows["accuracy"])[:, 0]
        errs = member.any(1) & (accuracy < self.options.poor)
        fleet = weighted_sum(shares(rows["count"][None]), rows["accuracy"])[0, 0] < _FLEET * self.options.poor
        return {_MODELS: models, _DUTY: (errs * _OWN + fleet * _SHARED).to(torch.uint8)}


def _no_group() -> CloudState:
    return {_GROUP: torch.zeros(1, dtype=torch.int64)}


def _prints(x: torch.Tensor, logits: torch.Tensor, share: torch.Tensor) -> DeviceState:
    """Return mean features of each predicted class [devices, classes, F], and how many samples they are of."""
    said = torch.nn.functional.one_hot(logits.argmax(2), logits.shape[2]).float() * (share > 0)
    seen = said.sum(1)
    mean = product(said.transpose(1, 2).contiguous(), x) / seen.clamp_min(1.0)[..., None]
    return {_FEATURES: mean, _SEEN: seen}
