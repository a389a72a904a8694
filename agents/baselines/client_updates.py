"""Updates of federated clients: local steps on a convolutional net of the size that is usual for FEMNIST.

Two convolutions and a dense layer of 2,048 on 28 x 28 grey images of 62 classes (Caldas et al., LEAF, 2018); a client
has 100 images and takes five steps of 20. ``fedavg`` as a run computes it, against the plain loop over clients.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping

import torch
from torch import nn
from torch.nn import functional

from agents.baselines.shared_setup import Stopwatch
from agents.methods.base import Recent
from agents.methods.making import make_method
from agents.models.base import Base, Net
from agents.models.making import make_net
from agents.models.training import generator, initial_head, initialise
from agents.seeding import Purpose

CLASSES, IMAGES, BATCH, RATE = 62, 100, 20, 0.05
#: Clients that learn in one call.
CLIENTS = 4


def femnist_net() -> Net:
    """Return the net, 2.2 million weights."""
    return make_net("cnn", (1, 28, 28), CLASSES, {"channels": [32, 64], "hidden": [2048], "layers": 1})


def first(net: Net) -> Base:
    """Return the net with its first weights."""
    rng = generator(1, Purpose.PRETRAIN, 0)
    trunk = net.build_trunk().eval()
    initialise(trunk, rng)
    return Base(net, trunk, net.head.unpack(initial_head(net.head, rng)))


def images(clients: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return images [clients, images, 1, 28, 28] and their labels."""
    rng = torch.Generator().manual_seed(3)
    x = torch.rand(clients, IMAGES, 1, 28, 28, generator=rng)
    return x, torch.randint(CLASSES, (clients, IMAGES), generator=rng)


def as_a_run(base: Base, x: torch.Tensor, label: torch.Tensor) -> Callable[[], torch.Tensor]:
    """Return a function that lets all clients learn, and gives their weights [clients, weights]."""
    options = {"window": IMAGES, "batch": BATCH, "steps": IMAGES // BATCH, "rate": RATE, "trains": "all"}
    method = make_method("fedavg", options, "fp32", base.net)
    cloud = method.prepare(None, base, 1)  # type: ignore[arg-type]
    state = method.start(cloud, len(x))
    recent = Recent(x[..., 0, 0], label, torch.full((len(x),), IMAGES), raw=x)
    return lambda: method.collect({**state, **method.learn(state, recent)[0]}, recent)[1]["weights"]


class PlainClients:
    """Clients as one would write them without a simulator: one module, client after client."""

    def __init__(self, base: Base, x: torch.Tensor, label: torch.Tensor) -> None:
        inputs, outputs = base.head.sizes[0]
        self._head = nn.Linear(inputs, outputs)
        self._model = nn.Sequential(base.net.build_trunk(), self._head).eval()
        self._x, self._label = x, label
        self.start = {f"0.{name}": values for name, values in base.trunk.state_dict().items()}
        self.start |= {"1.weight": base.layers["w0"][0].T, "1.bias": base.layers["b0"][0, 0]}

    def learnt(self, client: int, start: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Return the weights of a client after its steps from ``start``."""
        self._model.load_state_dict(start)
        descent = torch.optim.SGD(self._model.parameters(), lr=RATE)
        for first_row in range(0, IMAGES, BATCH):
            rows = slice(first_row, first_row + BATCH)
            descent.zero_grad()
            functional.cross_entropy(self._model(self._x[client, rows]), self._label[client, rows]).backward()
            descent.step()
        return {name: values.detach() for name, values in self._model.state_dict().items()}

    def packed(self, client: int) -> torch.Tensor:
        """Return the same as a row [weights], in the order of a run."""
        self.learnt(client, self.start)
        parts = [values.detach().flatten() for values in self._model[0].parameters()]
        return torch.cat([*parts, self._head.weight.detach().T.flatten(), self._head.bias.detach()])


def as_a_loop(base: Base, x: torch.Tensor, label: torch.Tensor) -> Callable[[], torch.Tensor]:
    """Return the same as a run gives, by a plain loop."""
    plain = PlainClients(base, x, label)
    return lambda: torch.stack([plain.packed(client) for client in range(len(x))])


def measured(which: str, seconds: float) -> dict[str, float]:
    """Return how many clients learnt in so many seconds of processor time."""
    learn = {"run": as_a_run, "loop": as_a_loop}[which](first(femnist_net()), *images(CLIENTS))
    learn()
    watch, done = Stopwatch.started(), 0
    while not done or watch.read(0)["cpu_s"] < seconds:
        learn()
        done += CLIENTS
    return watch.read(done)


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(json.dumps(measured(sys.argv[1], float(sys.argv[2]))))
