"""Features of decisions among candidates: users and items are computed once, and combined only when they are scored."""

from __future__ import annotations

from copy import copy, deepcopy
from typing import Protocol, Self, cast

import numpy as np
import torch

from agents.evaluation.features import Fields
from agents.models.base import Base
from agents.models.known_features import in_passes
from agents.models.ranking import RankingTrunk
from agents.streams.base import PoolTask
from agents.tasks.recommendation.decisions import SHOWN, Decisions, narrow

#: The field of a sample that holds the few candidates that a method is shown.
_SHOWN = "shown"


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

    def of(self, samples: Fields) -> torch.Tensor:
        """Return features float32 [devices, samples, F] of the candidates."""
        users, candidates = self._users(samples), self._among(samples)
        with torch.inference_mode():
            picked = self._targets[torch.from_numpy(candidates.astype(np.int64)).to(users.device)]
            return self._trunk.join(users, picked).view(*samples["label"].shape, -1)

    def candidates(self, samples: Fields) -> np.ndarray:
        """Return the ids of all candidates of samples, int [rows, n]."""
        return self._candidates(samples)

    def raw(self, samples: Fields) -> torch.Tensor:
        """Return ids int64 [devices, samples, window + candidates]: the latest clicks, then the candidates."""
        ids = np.concatenate([self._windows(samples), self._among(samples)], 1, dtype=np.int64, casting="unsafe")
        return torch.from_numpy(ids).view(*samples["label"].shape, -1).to(self._targets.device)

    def shown(self, samples: Fields, known: np.ndarray) -> tuple[Fields, np.ndarray]:
        """Return samples with a few candidates, and where the clicked one is among them, -1 where not ``known``.

        Of a decision whose click is not known, the first few candidates are shown, clicked or not.
        """
        candidates = self._candidates(samples)
        few, position = narrow(candidates, samples["label"].reshape(-1).astype(np.int64))
        shown = np.where(known.reshape(-1, 1), few, candidates[:, :SHOWN])
        return {**samples, _SHOWN: shown}, np.where(known, position.reshape(known.shape), -1)

    def _among(self, samples: Fields) -> np.ndarray:
        """Return the candidates that samples are decided among, int [rows, n]."""
        return samples[_SHOWN] if _SHOWN in samples else self._candidates(samples)

    def _users(self, samples: Fields) -> torch.Tensor:
        """Return users [rows, columns] of samples, row by row."""
        raise NotImplementedError

    def _windows(self, samples: Fields) -> np.ndarray:
        """Return the latest clicks, int [rows, window]."""
        raise NotImplementedError

    def _candidates(self, samples: Fields) -> np.ndarray:
        """Return all candidates, int [rows, n]."""
        raise NotImplementedError


class TabledLists(ListFeatures):
    """Decisions of a finite pool: the user's side of each is computed once."""

    def __init__(self, task: ListTask, base: Base) -> None:
        super().__init__(base)
        self._decisions = task.decisions
        self._known = in_passes(self._trunk.users, torch.from_numpy(task.decisions.window.astype(np.int64)))

    def on(self, device: torch.device) -> Self:
        there = super().on(device)
        there._known = self._known.to(device)
        return there

    def _users(self, samples: Fields) -> torch.Tensor:
        ref = torch.from_numpy(samples["ref"].reshape(-1))
        return self._known.index_select(0, ref.to(self._known.device))

    def _windows(self, samples: Fields) -> np.ndarray:
        return self._decisions.window[samples["ref"].reshape(-1)]

    def _candidates(self, samples: Fields) -> np.ndarray:
        return self._decisions.candidates_of(samples["ref"].reshape(-1))


class DrawnLists(ListFeatures):
    """Decisions that are drawn as they come: windows go through the trunk one by one."""

    def _users(self, samples: Fields) -> torch.Tensor:
        clicks = torch.from_numpy(self._windows(samples).astype(np.int64)).to(self._targets.device)
        return in_passes(self._trunk.users, clicks)

    def _windows(self, samples: Fields) -> np.ndarray:
        return _rows(samples["x"])[:, : self._trunk.window]

    def _candidates(self, samples: Fields) -> np.ndarray:
        return _rows(samples["x"])[:, self._trunk.window :].astype(np.int64)


def _rows(x: np.ndarray) -> np.ndarray:
    return x.reshape(-1, x.shape[2])
