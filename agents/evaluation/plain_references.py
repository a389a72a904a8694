"""References that learn nothing: the newest label again, the most frequent class, the most clicked items."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from agents.evaluation.features import Fields
from agents.evaluation.prequential import EvaluationBatch, Reference
from agents.evaluation.ranking_features import ListFeatures
from agents.metrics import Metric
from agents.models.base import Base
from agents.models.ranking import ScoringHead
from agents.streams.base import History, Past

#: Names of the references that are made here.
PLAIN = ("no_change", "majority", "popularity")


class NoChange:
    """Predicts the newest label of the device that is due: hard to beat where labels come in runs."""

    def on(self, device: torch.device) -> NoChange:
        """Return the reference itself: it computes nothing."""
        return self

    def correct(self, seen: EvaluationBatch) -> np.ndarray:
        """Compare it with the label: bool [samples]; wrong while none is due."""
        return np.asarray(seen.due_label() == seen.samples["label"])


class Majority:
    """Predicts the most frequent class of the past."""

    def __init__(self, past: Past) -> None:
        self._label = int(torch.bincount(past.label).argmax())

    def on(self, device: torch.device) -> Majority:
        """Return the reference itself: it computes nothing."""
        return self

    def correct(self, seen: EvaluationBatch) -> np.ndarray:
        """Compare it with the label: bool [samples]."""
        return np.asarray(seen.samples["label"] == self._label)


class Popularity:
    """Ranks candidates by how often they were clicked in the past."""

    def __init__(self, past: Past, window: int, items: int, features: ListFeatures, metric: Metric) -> None:
        clicked = past.x.gather(1, window + past.label[:, None])[:, 0].long()
        self._clicks = torch.bincount(clicked, minlength=items + 1).float().numpy()
        self._features, self._metric = features, metric

    def on(self, device: torch.device) -> Popularity:
        """Return the reference itself: it computes on the processor."""
        return self

    def correct(self, seen: EvaluationBatch) -> np.ndarray:
        """Return which clicked items come among the first of their lists: bool [samples]."""
        # One row of samples, each with its own list.
        samples: Fields = {name: values[None] for name, values in seen.samples.items()}
        scores = torch.from_numpy(self._clicks[self._features.candidates(samples)])
        label = torch.from_numpy(seen.samples["label"].astype(np.int64))
        return np.asarray(self._metric.correct(scores, label).numpy())


def plain_references(
    names: Sequence[str], history: History, base: Base, features: object
) -> tuple[tuple[str, Reference], ...]:
    """Return the references among ``names`` that are made here, each with its name."""
    made: dict[str, Reference] = {}
    for name in (one for one in PLAIN if one in names):
        if name == "popularity":
            assert isinstance(features, ListFeatures)
            assert isinstance(base.head, ScoringHead)
            window, items = (int(base.net.options[one]) for one in ("window", "items"))
            made[name] = Popularity(history.train, window, items, features, base.net.metric)
        else:
            made[name] = NoChange() if name == "no_change" else Majority(history.train)
    return tuple(made.items())
