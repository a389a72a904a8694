"""The design that would come to mind first: a SimPy process for each device, and torch for one sample at a time.

It plays part of the very scenario that the simulator plays: the same images, drift, links, base and adapter. In
doubt it does less: no static model and no oracle beside the deployed one, no losses, no labels, no codec, no
phases, no tables.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import simpy
import torch
from torch import nn
from torch.nn import functional

from agents.benching.world import Stopwatch, World, tell
from agents.contract import FleetSpec
from agents.models.head import Layers
from agents.tasks.base import Place


@dataclass(frozen=True)
class Terms:
    """What an exchange takes [s], and how many requests the cloud serves at once."""

    every_s: float
    up_s: float
    service_s: float
    down_s: float
    workers: int


class Cloud:
    """Turns the window of one device into the edit of one head."""

    def __init__(self, world: World) -> None:
        method: Any = world.method
        self._adapter: nn.Module = method.adapter
        weights = {name: values for name, values in world.cloud.items() if name.startswith("adapter.")}
        self._adapter.load_state_dict({name.removeprefix("adapter."): values for name, values in weights.items()})
        self._head, self._shape, self._bound = world.cloud["base"], world.base.head, method.tau

    def adapt(self, window: torch.Tensor) -> Layers:
        """Return a head for a device that saw ``window`` [samples, features]."""
        _, edit = self._adapter(window[None], torch.tensor([len(window)]))
        return self._shape.unpack(self._head + edit.clamp(-self._bound, self._bound))


@dataclass
class Device:
    """A device: it sees a sample now and then, predicts it, and asks for a new head."""

    env: simpy.Environment
    world: World
    pool: list[torch.Tensor]
    changes_s: np.ndarray
    chance: np.random.Generator
    head: Layers
    recent: deque[torch.Tensor]
    seen: int = 0
    correct: int = 0

    def sense(self, interval_s: float) -> Iterator[simpy.Event]:
        """See samples as a Poisson process and predict each with the head of the moment."""
        labels = self.world.task.pool_labels
        while True:
            yield self.env.timeout(self.chance.exponential(interval_s))
            image = int(self.chance.integers(len(labels)))
            concept = min(bisect_left(self.changes_s, self.env.now), len(self.pool) - 1)
            features = self.world.base.trunk(self.pool[concept][image][None])
            self.recent.append(features[0])
            self.correct += int(self._predict(features)) == int(labels[image])
            self.seen += 1

    def _predict(self, x: torch.Tensor) -> torch.Tensor:
        shape = self.world.base.head
        last = len(shape.sizes) - 1
        for index in range(last):
            x = torch.tanh(functional.linear(x, self.head[f"w{index}"][0].T, self.head[f"b{index}"][0, 0]))
        logits = functional.linear(x, self.head[f"w{last}"][0].T, self.head[f"b{last}"][0, 0])
        return logits[:, : shape.dims[-1]].argmax()

    def ask(self, cloud: Cloud, place: simpy.Resource, terms: Terms) -> Iterator[simpy.Event]:
        """Ask for a new head again and again, from a moment of the device's own on."""
        yield self.env.timeout(self.chance.uniform(0, terms.every_s))
        while True:
            asked_s, window = self.env.now, list(self.recent)
            yield self.env.timeout(terms.up_s)
            with place.request() as turn:
                yield turn
                yield self.env.timeout(terms.service_s)
            head = cloud.adapt(torch.stack(window)) if window else self.head
            yield self.env.timeout(terms.down_s)
            self.head = head
            yield self.env.timeout(terms.every_s - (self.env.now - asked_s) % terms.every_s)


@dataclass
class Fleet:
    """Some devices of a scenario in a SimPy environment."""

    spec: FleetSpec
    terms: Terms
    env: simpy.Environment = field(default_factory=simpy.Environment)

    def build(self, count: int) -> list[Device]:
        """Let ``count`` devices begin."""
        world = World.of(self.spec)
        pool = [world.task.pool(concept) for concept in range(len(world.task.concepts))]
        changes_s = world.task.changes(Place(0, 0, 256))
        cloud, place = Cloud(world), simpy.Resource(self.env, self.terms.workers)
        made = []
        for number in range(count):
            chance = np.random.default_rng([self.spec.seed, number])
            recent = deque[torch.Tensor](maxlen=world.method.window)
            device = Device(self.env, world, pool, changes_s[number % 256], chance, world.base.layers, recent)
            self.env.process(device.sense(self.spec.cohorts[0].interval_s))
            self.env.process(device.ask(cloud, place, self.terms))
            made.append(device)
        return made


def play(spec: FleetSpec, devices: int, until_s: float, terms: dict[str, Any]) -> dict[str, float]:
    """Play ``devices`` of the scenario up to ``until_s``; return samples, time, and the share predicted correctly."""
    fleet = Fleet(spec, Terms(**terms))
    made = fleet.build(devices)
    watch = Stopwatch.started()
    fleet.env.run(until_s)
    seen = sum(device.seen for device in made)
    return watch.read(seen) | {"accuracy": sum(device.correct for device in made) / max(seen, 1)}


if __name__ == "__main__":
    tell(play)
