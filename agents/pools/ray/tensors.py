"""How tensors travel: as arrays, which lie in shared memory and are read there."""

from __future__ import annotations

import warnings

import numpy as np
import ray
import torch


def teach_ray_tensors() -> None:
    """Let every message of this process carry tensors as arrays."""
    ray.util.register_serializer(torch.Tensor, serializer=_as_array, deserializer=_as_tensor)


def _as_array(tensor: torch.Tensor) -> np.ndarray:
    array: np.ndarray = tensor.detach().cpu().numpy()
    return array


def _as_tensor(array: np.ndarray) -> torch.Tensor:
    """Return a tensor over the very memory of ``array``, which for large ones is shared and must not be written."""
    with warnings.catch_warnings():
        # torch knows no read-only tensors and says so; nobody here writes to what came in a message.
        warnings.simplefilter("ignore", UserWarning)
        return torch.from_numpy(array)
