"""Features of decisions among candidates: users and items are computed once, and only meet when they are judged."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy, deepcopy
from typing import Protocol, Self, cast

import numpy as np
import torch

from agents.features import in_passes
from agents.models.base import Base
from agents.models.ranking import RankingTrunk
from agents.tasks.base import PoolTask
from agents.tasks.recommendation.decisions import SHOWN, Decisions, narrow


class ListTask(PoolTask, Protocol):
    """A task whose samples are decisions; the pool holds all of them."""

    decisions: Decisions


class ListFeatures:
    """What features of lists share: the table of items, and what a method may see of a recent decision."""

    def __init__(self, base: Base) -> None:
        self._trunk = cast(RankingTrunk, base.trunk)
        items = torch.arange(self._trunk.items_known + 1)
        self._targets = in_passes(self._trunk.targets, items)

    def on(self, device: torch.device) -> Self:
        """Return the same features with their tables and weights on ``device``."""
        there = copy(self)
        there._trunk, there._targets = deepcopy(self._trunk).to(device), self._targets.to(device)
        return there

    def of(self, samples: Mapping[str, np.ndarray]) -> torch.Tensor:
        """Return features float32 [devices, samples, F] of all candidates."""
        users, candidates = self._decided(samples)
        return self._joined(samples, users, candidates)

    def raw(self, samples: Mapping[str, np.ndarray]) -> torch.Tensor:
        raise NotImplementedError

    def recent(self, samples: Mapping[str, np.ndarray], known: np.ndarray) -> tuple[torch.Tensor, np.ndarray]:
        """Return features of a few candidates and where the clicked one is among them, -1 where it is not ``known``.

        Of a decision whose click is not known, the first few candidates are shown, whatever was clicked.
        """
        users, candidates = self._decided(samples)
        few, place = narrow(candidates, samples["label"].reshape(-1).astype(np.int64))
        shown = np.where(known.reshape(-1, 1), few, candidates[:, :SHOWN])
        label = np.where(known, place.reshape(known.shape), -1)
        return self._joined(samples, users, shown), label

    def _decided(self, samples: Mapping[str, np.ndarray]) -> tuple[torch.Tensor, np.ndarray]:
        """Return users [rows, columns] and candidates int [rows, n] of samples, row by row."""
        raise NotImplementedError

    def _joined(self, samples: Mapping[str, np.ndarray], users: torch.Tensor, candidates: np.ndarray) -> torch.Tensor:
        with torch.inference_mode():
            picked = self._targets[torch.from_numpy(candidates.astype(np.int64)).to(users.device)]
            return self._trunk.join(users, picked).view(*samples["label"].shape, -1)


class TabledLists(ListFeatures):
    """Decisions of a finite pool: the user's side of each is computed once."""

    def __init__(self, task: ListTask, base: Base) -> None:
        super().__init__(base)
        self._decisions = task.decisions
        self._users = in_passes(self._trunk.users, torch.from_numpy(task.decisions.window.astype(np.int64)))

    def on(self, device: torch.device) -> Self:
        there = super().on(device)
        there._users = self._users.to(device)
        return there

    def _decided(self, samples: Mapping[str, np.ndarray]) -> tuple[torch.Tensor, np.ndarray]:
        ref = samples["ref"].reshape(-1)
        users = self._users.index_select(0, torch.from_numpy(ref).to(self._users.device))
        return users, self._decisions.candidates[ref]


class DrawnLists(ListFeatures):
    """Decisions that are drawn anew: windows go through the trunk as they come."""

    def _decided(self, samples: Mapping[str, np.ndarray]) -> tuple[torch.Tensor, np.ndarray]:
        ids = samples["x"].reshape(-1, samples["x"].shape[2]).astype(np.int64)
        clicks = torch.from_numpy(ids[:, : self._trunk.window]).to(self._targets.device)
        users = in_passes(self._trunk.users, clicks)
        return users, ids[:, self._trunk.window :]
