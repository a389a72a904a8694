"""What a model head sees of a sample: features of the frozen trunk, cached where the data are finite."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Protocol, Self

import numpy as np
import torch

from agents.evaluation.raw_pool import RawPool
from agents.models.base import Base
from agents.models.known_features import known_features, trunk_features
from agents.progress import Report
from agents.streams.base import PoolTask
from agents.torch_device import CPU

#: Samples field by field, [devices, samples, ...] each.
Fields = Mapping[str, np.ndarray]


class Features(Protocol):
    """Computes trunk features of samples in a ring; they are on the device that was set last."""

    def on(self, device: torch.device) -> Features:
        """Return the same way with its tables and weights on ``device``."""
        ...

    def of(self, samples: Fields) -> torch.Tensor:
        """Return features float32 [devices, samples, F] of samples given field by field, [devices, samples, ...]."""
        ...

    def raw(self, samples: Fields) -> torch.Tensor:
        """Return raw input [devices, samples, *input_shape] of samples."""
        ...

    def shown(self, samples: Fields, known: np.ndarray) -> tuple[Fields, np.ndarray]:
        """Return samples as methods are shown them afterwards, and their labels, -1 if not ``known``.

        :meth:`of` and :meth:`raw` take what it returns.
        """
        ...


class Whole:
    """Samples that methods get in the form in which they are evaluated."""

    def shown(self, samples: Fields, known: np.ndarray) -> tuple[Fields, np.ndarray]:
        return samples, np.where(known, samples["label"], -1)


class PooledFeatures(Whole):
    """Features of a finite pool, computed once per concept and image: a sample then costs a gather.

    The table is one tensor: a process has one copy, and workers on one machine share it.
    """

    def __init__(self, task: PoolTask, base: Base, report: Report | None = None, raw: RawPool | None = None) -> None:
        concepts, self._raw = len(task.concepts), raw
        self.table = torch.empty(concepts * task.pool_size, base.head.dims[0])
        for concept, rows in enumerate(self.table.view(concepts, task.pool_size, -1)):
            rows[:] = known_features(base, task.pool(concept))
            if report:
                report("features", (concept + 1) / concepts)

    def on(self, device: torch.device) -> Self:
        there = copy(self)
        there.table = self.table.to(device)
        there._raw = None if self._raw is None else self._raw.on(device)
        return there

    def of(self, samples: Fields) -> torch.Tensor:
        ref = samples["ref"]
        picked = self.table.index_select(0, torch.from_numpy(ref.reshape(-1)).to(self.table.device))
        return picked.view(*ref.shape, self.table.shape[1])

    def raw(self, samples: Fields) -> torch.Tensor:
        if self._raw is None:
            raise TypeError("this method is shown features only; say sees = 'raw'")
        return self._raw.of(samples["ref"])


class DrawnFeatures(Whole):
    """Features of samples that are drawn as they come: the trunk runs on each, and no bit depends on the others."""

    def __init__(self, base: Base) -> None:
        self._base = base

    def on(self, device: torch.device) -> DrawnFeatures:
        return DrawnFeatures(self._base.on(device))

    def of(self, samples: Fields) -> torch.Tensor:
        x = torch.from_numpy(samples["x"]).to(self._base.device)
        # Dense layers treat each row alone; convolutions may not, and are given one image at a time.
        if self._base.device == CPU:
            return self._base.features(x, at_once=1)
        return trunk_features(self._base, x.flatten(0, 1)).view(*x.shape[:2], -1)

    def raw(self, samples: Fields) -> torch.Tensor:
        return torch.from_numpy(samples["x"]).to(self._base.device)
