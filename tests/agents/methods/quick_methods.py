"""What the tests of methods share: options that prepare quickly, and windows as devices have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from agents.methods import METHODS
from agents.methods.base import CloudState, DeviceState, Method, Payload, Recent, Updates, Who
from agents.models.base import Base
from agents.streams.base import History

#: Options that make a method quick to prepare.
QUICK: dict[str, Mapping[str, Any]] = {name: component.quick for name, component in METHODS.items()}
#: Methods that are tried with a net of classes; those that rank items have tests of their own.
OF_CLASSES = [name for name, component in METHODS.items() if "items" not in component.needs]
CLASSES, CONTEXTS, FEATURES = 4, 3, 16


def recent(method: Method, devices: int, seed: int = 5) -> Recent:
    """Return windows as devices have them, some of them not full yet, some labels not due."""
    generator = torch.Generator().manual_seed(seed)
    window = method.window
    count = torch.randint(0, window + 1, (devices,), generator=generator)
    real = torch.arange(window) < count[:, None]
    features = torch.randn(devices, window, 16, generator=generator).tanh() * real.unsqueeze(2)
    label = torch.randint(-1, CLASSES, (devices, window), generator=generator)
    return Recent(features=features, label=torch.where(real, label, -1), count=count)


def shifted(history: History, base: Base, rows: int) -> tuple[Recent, torch.Tensor, torch.Tensor]:
    """Return one labelled window a context, and later samples with their labels."""
    past = history.validation
    window, later, labels = [], [], []
    for context in range(CONTEXTS):
        own = (past.concept == context).nonzero().flatten()
        window.append(own[:rows])
        later.append(base.features(past.x[own[rows : rows + 96]]))
        labels.append(past.label[own[rows : rows + 96]])
    index = torch.stack(window)
    features = base.features(past.x[index])
    shown = Recent(features, past.label[index], torch.full((CONTEXTS,), rows))
    return shown, torch.stack(later), torch.stack(labels)


def whose(tickets: int) -> Who:
    """Return who sends so many payloads: device n with ticket n, each served alone."""
    number = torch.arange(tickets)
    return Who(number, number, number.double(), number)


def payloads_of(method: Method, state: DeviceState, window: Recent) -> Payload:
    """Return what devices hand over."""
    return method.collect(state, window)[1]


def served(method: Method, cloud: CloudState, state: DeviceState, window: Recent) -> tuple[CloudState, Updates]:
    """Let devices hand over and the cloud answer, or call them again; return the cloud afterwards, and the updates."""
    return answered(method, cloud, payloads_of(method, state, window), len(window.count))


def answered(method: Method, cloud: CloudState, payloads: Payload, devices: int) -> tuple[CloudState, Updates]:
    """Let the cloud answer what devices have handed over, or call them again."""
    who = whose(devices)
    later, updates = method.adapt(cloud, payloads, who)
    return later, updates or (method.broadcast(later, who) if method.together else updates)
