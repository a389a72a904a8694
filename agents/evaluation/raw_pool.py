"""The raw input of a finite pool under every concept, for methods that see it."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Self

import numpy as np
import torch

from agents.fleet.memory_limit import require_fits
from agents.streams.base import PoolTask


class RawPool:
    """One tensor a look: concepts under which inputs are the same share one, and bytes stay bytes until gathered.

    ``looks`` are [pool_size, *input_shape] each, float32 or uint8 (0 to 255, which stand for 0 to 1); ``look_of`` says
    which of them each concept has, int64 [concepts].
    """

    def __init__(self, looks: Sequence[torch.Tensor], look_of: np.ndarray) -> None:
        self._looks, self._look_of = list(looks), look_of

    @classmethod
    def of_task(cls, task: PoolTask, limit: float | None = None) -> Self:
        """Render the pool of ``task`` within ``limit`` bytes, by default those of the environment.

        Raises:
            BackendError: it does not fit into memory.
        """
        first = [task.looks_like(concept) for concept in range(len(task.concepts))]
        different = sorted(set(first))
        looks: list[torch.Tensor] = []
        for concept in different:
            look = task.raw_pool(concept)
            looks.append(look)
            if concept == different[-1]:
                break
            left = len(different) - len(looks)
            nbytes = sum(one.nbytes for one in looks) + left * look.numel() * 4
            remedy = "use a method that sees features, fewer concepts, or fewer images"
            require_fits(nbytes, f"raw input under {len(different)} different looks", remedy, limit)
        return cls(looks, np.searchsorted(different, first))

    @property
    def nbytes(self) -> int:
        """Bytes of all looks."""
        return sum(look.nbytes for look in self._looks)

    def on(self, device: torch.device) -> Self:
        """Return the same pool on ``device``."""
        there = copy(self)
        there._looks = [look.to(device) for look in self._looks]
        return there

    def of(self, ref: np.ndarray) -> torch.Tensor:
        """Return the samples ``ref`` [...] (``concept * pool_size + row``): float32 [..., *input_shape]."""
        size, flat = len(self._looks[0]), ref.reshape(-1)
        look = self._look_of[flat // size]
        out = torch.empty(len(flat), *self._looks[0].shape[1:], device=self._looks[0].device)
        for number in np.unique(look).tolist():
            picked = torch.from_numpy(np.flatnonzero(look == number)).to(out.device)
            rows = torch.from_numpy(flat[look == number] % size).to(out.device)
            out.index_copy_(0, picked, _float(self._looks[number].index_select(0, rows)))
        return out.view(*ref.shape, *out.shape[1:])


def _float(images: torch.Tensor) -> torch.Tensor:
    return images.float() / 255.0 if images.dtype == torch.uint8 else images
