"""What the tests of methods share: options that prepare quickly, and windows as devices have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from agents.methods import METHODS
from agents.methods.base import Method, Recent

#: Options that make a method quick to prepare.
QUICK: dict[str, Mapping[str, Any]] = {name: component.quick for name, component in METHODS.items()}
CLASSES, CONTEXTS, FEATURES = 4, 3, 16


def recent(method: Method, devices: int, seed: int = 5) -> Recent:
    """Return windows as devices have them, some of them not full yet, some labels not due."""
    chance = torch.Generator().manual_seed(seed)
    window = method.window
    count = torch.randint(0, window + 1, (devices,), generator=chance)
    real = torch.arange(window) < count[:, None]
    features = torch.randn(devices, window, 16, generator=chance).tanh() * real.unsqueeze(2)
    label = torch.randint(-1, CLASSES, (devices, window), generator=chance)
    return Recent(features=features, label=torch.where(real, label, -1), count=count)
