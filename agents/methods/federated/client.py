"""What federated methods share: a part of the net that is learnt, a window of labels, and a model for all."""

from __future__ import annotations

from dataclasses import replace

import torch

from agents.codecs.message import Field
from agents.contract import Costs
from agents.kernels import totals
from agents.methods.base import CloudState, Context, Deployed, DeviceState, Inputs, Recent
from agents.methods.federated.choosing import trained
from agents.methods.federated.local_descent import Batches
from agents.methods.federated.options import LocalOptions
from agents.methods.federated.trained import Trained
from agents.models.base import Base
from agents.models.costs import PASSES, costs_of
from agents.streams.base import History

#: Names of what goes with the part that is learnt begin so.
_BESIDE = "frozen.beside."


class Federated(Deployed):
    """Devices begin with the base; the state holds the parameters of the part that is learnt, and ``count``.

    ``count`` [devices] is the number of labelled samples that the parameters were learnt from since the last install;
    0: none, and then the cloud counts the device for nothing.
    """

    needs_labels = True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.local: LocalOptions = context.options
        self.window, self.learning_steps = self.local.window, self.local.steps
        self.part: Trained = self.learnt_part()
        self.sees = self.part.sees
        self.weights = Field("weights", (self.part.params,))
        self.counted = Field("count", (), "int32", header=True)

    def learnt_part(self) -> Trained:
        """Return what is learnt."""
        return trained(self.net, self.local.trains)

    @property
    def costs(self) -> Costs:
        costs = costs_of(self.net, min(self.local.batch, self.window))
        return replace(costs, learning=PASSES * costs.inference) if self.part.sees == "raw" else costs

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        begun = self.part.begin(base)
        beside = {_BESIDE + name: values for name, values in self.part.beside(base).items()}
        return {"weights": self.part.pack(begun), **beside}

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        beside = {name.removeprefix(_BESIDE): cloud[name] for name in cloud if name.startswith(_BESIDE)}
        self.part.keep(beside)
        count = torch.zeros(devices, dtype=torch.int32, device=cloud["weights"].device)
        return {**self.part.unpack(cloud["weights"].expand(devices, -1)), "count": count}

    def predict(self, state: DeviceState, inputs: Inputs) -> torch.Tensor:
        return self.part.forward(state, self.part.inputs(inputs))

    def batches(self, recent: Recent) -> Batches:
        """Return what a device learns from."""
        return Batches.of(self.part, recent, self.local.batch)

    def planned(self, recent: Recent) -> torch.Tensor:
        """Return the steps that devices are charged for, int64 [devices]."""
        return torch.full((len(recent.label),), self.learning_steps or 0)


def losses(logits: torch.Tensor, label: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
    """Return the mean cross-entropy of each device [devices]."""
    each = -logits.log_softmax(2).gather(2, label.unsqueeze(2))
    return totals((each * share)[:, :, 0])


def accuracies(logits: torch.Tensor, label: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
    """Return the share of samples that each device has right [devices]."""
    right = (logits.argmax(2) == label).float().unsqueeze(2)
    return totals((right * share)[:, :, 0])
