"""Names in checkpoints: what one part keeps is filed below a prefix, and found there again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from agents.contract import Kept


def below(prefix: str, kept: Mapping[str, np.ndarray]) -> Kept:
    """Return the arrays under longer names: ``prefix``, a dot, and the name they had."""
    return {f"{prefix}.{name}": values for name, values in kept.items()}


def under(prefix: str, kept: Mapping[str, np.ndarray]) -> Kept:
    """Return the arrays that :func:`below` filed, under their own names."""
    whole = f"{prefix}."
    return {name.removeprefix(whole): values for name, values in kept.items() if name.startswith(whole)}


def as_arrays(tensors: Mapping[str, torch.Tensor]) -> Kept:
    """Return copies of tensors as arrays."""
    return {name: values.detach().cpu().numpy().copy() for name, values in tensors.items()}


def as_tensors(kept: Mapping[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """Return copies of arrays as tensors."""
    return {name: torch.from_numpy(values.copy()) for name, values in kept.items()}
