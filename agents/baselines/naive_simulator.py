"""The design that would come to mind first: a SimPy process and a model for each device, one torch call a sample.

It plays part of the very scenario that the simulator plays: the same images, drift, links, base and adapter. In
doubt it does less: no static model and no oracle beside the deployed one, no losses, no labels, no codec, no
phases, no tables.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Generator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import simpy
import torch
from torch import nn

from agents.baselines.shared_setup import BaselineSetup, Stopwatch, report
from agents.models.head import Layers
from agents.streams.base import BlockId

ProcessGenerator = Generator[simpy.Event, Any, None]

_ACTIVATIONS = {"tanh": nn.Tanh, "relu": nn.ReLU}
#: Devices whose drift the task computes in one call.
_BLOCK = 256


@dataclass(frozen=True)
class Timing:
    """What an exchange takes [s], and how many requests the cloud serves at once."""

    every_s: float
    up_s: float
    service_s: float
    down_s: float
    workers: int


class Model(nn.Module):
    """The net of one device: the shared trunk, and a head of its own."""

    def __init__(self, setup: BaselineSetup) -> None:
        super().__init__()
        shape = setup.base.head
        linear = [nn.Linear(inputs, outputs) for inputs, outputs in shape.sizes]
        steps = [step for layer in linear for step in (layer, _ACTIVATIONS[shape.activation]())]
        self.steps = nn.Sequential(setup.base.trunk, *steps[:-1])
        self.linear, self._shape = linear, shape
        self.install(setup.base.layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits [samples, classes]."""
        logits: torch.Tensor = self.steps(x)
        return logits

    def install(self, head: Layers) -> None:
        """Take over another head."""
        for index, (layer, (inputs, outputs)) in enumerate(zip(self.linear, self._shape.sizes, strict=True)):
            layer.weight.data = head[f"w{index}"][0, :inputs, :outputs].T.contiguous()
            layer.bias.data = head[f"b{index}"][0, 0, :outputs].clone()


class Cloud:
    """Turns the window of one device into the head of one device."""

    def __init__(self, setup: BaselineSetup) -> None:
        method: Any = setup.method
        self._base, self._cloud, self._bound = setup.base, setup.cloud, method.tau
        [self._common] = self._adapters(method.adapter, "frozen.common.", 1)
        self._groups = self._adapters(method.adapter, "frozen.group.", len(setup.cloud["centres"]))

    def _adapters(self, adapter: nn.Module, prefix: str, count: int) -> list[nn.Module]:
        """Return adapters with the weights that the cloud keeps below ``prefix``, stacked if there are several."""
        kept = {name.removeprefix(prefix): own for name, own in self._cloud.items() if name.startswith(prefix)}
        made = [deepcopy(adapter) for _ in range(count)]
        for number, one in enumerate(made):
            one.load_state_dict({name: own if count == 1 else own[number] for name, own in kept.items()})
        return made

    def adapt(self, window: torch.Tensor) -> Layers:
        """Return a head for a device that saw ``window`` [samples, *input_shape]: the nearest prototype, edited."""
        x, count = self._base.features(window)[None], torch.tensor([len(window)])
        code = self._common(x, count)[0].flatten(1)
        nearest = int(torch.cdist(code, self._cloud["centres"]).argmin())
        _, edit = self._groups[nearest](x, count)
        born = self._cloud["frozen.born"][nearest]
        return self._base.head.unpack(born + self._bound * torch.tanh(edit / self._bound))


@dataclass
class Device:
    """A device: it sees a sample now and then, predicts it, and asks for a new head."""

    env: simpy.Environment
    model: Model
    pool: list[torch.Tensor]
    labels: np.ndarray
    changes_s: np.ndarray
    rng: np.random.Generator
    recent: deque[torch.Tensor]
    seen: int = 0
    correct: int = 0

    def sense(self, interval_s: float) -> ProcessGenerator:
        """See samples as a Poisson process and predict each with the head of the moment."""
        while True:
            yield self.env.timeout(self.rng.exponential(interval_s))
            concept = min(bisect_left(self.changes_s, self.env.now), len(self.pool) - 1)
            number = int(self.rng.integers(self.labels.shape[1]))
            image = self.pool[concept][number]
            self.recent.append(image)
            self.correct += int(self.model(image[None]).argmax()) == int(self.labels[concept, number])
            self.seen += 1

    def ask(self, cloud: Cloud, servers: simpy.Resource, timing: Timing) -> ProcessGenerator:
        """Ask for a new head again and again, from a moment of the device's own on."""
        yield self.env.timeout(self.rng.uniform(0, timing.every_s))
        while True:
            asked_s, window = self.env.now, list(self.recent)
            yield self.env.timeout(timing.up_s)
            with servers.request() as turn:
                yield turn
                yield self.env.timeout(timing.service_s)
            head = cloud.adapt(torch.stack(window)) if window else None
            yield self.env.timeout(timing.down_s)
            if head is not None:
                self.model.install(head)
            yield self.env.timeout(timing.every_s - (self.env.now - asked_s) % timing.every_s)


@dataclass
class Fleet:
    """Some devices of a scenario in a SimPy environment."""

    setup: BaselineSetup
    timing: Timing
    env: simpy.Environment = field(default_factory=simpy.Environment)

    def build(self, count: int) -> list[Device]:
        """Let ``count`` devices begin."""
        task, cloud = self.setup.task, Cloud(self.setup)
        pool = [task.pool(concept) for concept in range(len(task.concepts))]
        changes_s, model = task.changes(BlockId(0, 0, _BLOCK)), Model(self.setup)
        servers = simpy.Resource(self.env, self.timing.workers)
        made = []
        for number in range(count):
            rng = np.random.default_rng([self.setup.spec.seed, number])
            recent = deque[torch.Tensor](maxlen=self.setup.method.window)
            own = changes_s[number % _BLOCK]
            device = Device(self.env, deepcopy(model), pool, task.pool_labels, own, rng, recent)
            self.env.process(device.sense(self.setup.spec.cohorts[0].interval_s))
            self.env.process(device.ask(cloud, servers, self.timing))
            made.append(device)
        return made


def run(setup: BaselineSetup, devices: int, until_s: float, timing: dict[str, Any]) -> dict[str, float]:
    """Play ``devices`` of the scenario up to ``until_s``; return samples, time, and the share predicted correctly."""
    fleet = Fleet(setup, Timing(**timing))
    made = fleet.build(devices)
    watch = Stopwatch.started()
    fleet.env.run(until_s)
    seen = sum(device.seen for device in made)
    return watch.read(seen) | {"accuracy": sum(device.correct for device in made) / max(seen, 1)}


if __name__ == "__main__":
    report(run)
