"""What the tests of methods share: options that prepare quickly, and windows as devices have them."""

from __future__ import annotations

from typing import Any

import torch

from agents.methods import Method, Recent

#: Options that make a method quick to prepare.
QUICK: dict[str, dict[str, Any]] = {
    "persona": {"steps": 40, "prototypes": 4, "window": 8},
    "cloud_ft": {"steps": 5},
}
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
