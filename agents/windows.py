"""The recent samples of devices as methods are shown them, computed when they are read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from agents.features import Features, Fields
from agents.methods.base import Recent


def window_of(
    features: Features,
    samples: Fields,
    known: np.ndarray,
    there: np.ndarray,
    unlabelled: Callable[[], Recent] | None,
    device: torch.device,
) -> Recent:
    """Return windows of ``samples`` [devices, window] on ``device``.

    ``there`` says which samples are no padding, ``known`` whose labels are due; bool [devices, window] both.
    ``unlabelled`` makes the window of the newest samples, where that is another one.
    """
    shown, label = features.shown(samples, known)
    real = torch.from_numpy(there).to(device)

    def cleared(values: torch.Tensor) -> torch.Tensor:
        return values * real.view(*real.shape, *(1 for _ in values.shape[2:])).to(values.dtype)

    return Recent(
        features=lambda: cleared(features.of(shown)),
        label=torch.from_numpy(label.astype(np.int64)).to(device),
        count=torch.from_numpy(np.count_nonzero(there, axis=1)).to(device),
        raw=lambda: cleared(features.raw(shown)),
        present=(lambda: cleared(torch.from_numpy(samples["present"]).to(device))) if "present" in samples else None,
        unlabelled=unlabelled,
    )
