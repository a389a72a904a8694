"""The models evaluated beside the deployed one, on the same samples: the static base and the oracle."""

from __future__ import annotations

import numpy as np
import torch

from agents.cache import cached, fingerprint
from agents.evaluation.features import PooledFeatures
from agents.evaluation.prequential import EvaluationBatch
from agents.models.base import Base
from agents.models.fitting import fit_heads
from agents.models.head import Layers
from agents.models.known_features import known_features
from agents.streams.base import Past, PoolTask

#: Full-batch Adam on the frozen trunk's features until the training loss has flattened on every task shipped.
_ORACLE_STEPS, _ORACLE_RATE = 400, 5e-3
#: How often an oracle that may overfit is looked at on the way.
_CHECKS = 20

#: Features [1, rows, features] and labels [1, rows].
Rows = tuple[torch.Tensor, torch.Tensor]


class Tabled:
    """A reference whose verdict on every image of a finite pool is known in advance."""

    def __init__(self, correct: np.ndarray) -> None:
        self._correct = correct

    def on(self, device: torch.device) -> Tabled:
        """Return the reference itself: it computes nothing."""
        return self

    def correct(self, seen: EvaluationBatch) -> np.ndarray:
        """Look the verdicts up: bool [samples]."""
        return self._correct.take(seen.samples["ref"])


class Computed:
    """A reference head that predicts each sample from its features."""

    def __init__(self, base: Base) -> None:
        self._base = base

    def on(self, device: torch.device) -> Computed:
        """Return the reference with its head on ``device``."""
        return Computed(self._base.on(device))

    def correct(self, seen: EvaluationBatch) -> np.ndarray:
        """Predict with the one head: bool [samples]."""
        with torch.inference_mode():
            logits = seen.only(self._base.head.forward(self._base.layers, seen.x))
            judged: np.ndarray = self._base.net.metric.correct(logits, seen.label).cpu().numpy()
        return judged


class BayesOptimal:
    """The oracle of a task that knows the best possible prediction of each sample."""

    def on(self, device: torch.device) -> BayesOptimal:
        """Return the reference itself: it computes nothing."""
        return self

    def correct(self, seen: EvaluationBatch) -> np.ndarray:
        """Compare the task's own best prediction with the label: bool [samples]."""
        return seen.samples["best"] == seen.samples["label"]


def static_table(task: PoolTask, base: Base, features: PooledFeatures) -> Tabled:
    """Return the base model's verdict on every image under every concept."""
    return Tabled(_verdicts(task, base, features, base.layers).reshape(-1))


def oracle_table(task: PoolTask, base: Base, features: PooledFeatures) -> Tabled:
    """Return the verdict of the head that was refitted on the labelled past under the concept in force, or of the base.

    Of these two each concept has the one that is right more often on what devices see: an oracle.
    """
    # One past at a time: images under many concepts would not fit into memory together.
    fitted = torch.cat([_refitted(task, base, concept) for concept in range(len(task.concepts))])
    refitted = _verdicts(task, base, features, base.head.unpack(fitted))
    kept = _verdicts(task, base, features, base.layers)
    better = refitted.sum(1, keepdims=True) >= kept.sum(1, keepdims=True)
    return Tabled(np.where(better, refitted, kept).reshape(-1))


def _refitted(task: PoolTask, base: Base, concept: int) -> torch.Tensor:
    """Return the packed head [1, params] fitted on the past under a concept, starting from that of the base."""
    splits = ("train", "validation") if task.oracle_stops_early else ("train",)
    pasts = [_seen(base, task.past_under(concept, split)) for split in splits]
    key = {
        "what": "oracle head",
        "base": base.digest(),
        "steps": _ORACLE_STEPS,
        "rate": _ORACLE_RATE,
        "pasts": [fingerprint(past) for past in pasts],
    }
    start = base.head.pack(base.layers)
    fit = _best_on_validation if task.oracle_stops_early else _fully_fitted
    return cached(key, lambda: {"head": fit(base, start, *pasts)})["head"]


def _seen(base: Base, past: Past) -> tuple[torch.Tensor, torch.Tensor]:
    """Return features [1, rows, features] and labels [1, rows]."""
    x = base.features(past.x) if base.net.rows is None else known_features(base, past.x)
    return x[None], past.label[None]


def _fully_fitted(base: Base, start: torch.Tensor, past: Rows) -> torch.Tensor:
    return fit_heads(base.head, start, *past, _ORACLE_STEPS, _ORACLE_RATE)


def _best_on_validation(base: Base, start: torch.Tensor, past: Rows, judged: Rows) -> torch.Tensor:
    """Return the best of the start and of all looks; momentum is lost at each look."""
    heads = [start]
    for _ in range(_CHECKS):
        heads.append(fit_heads(base.head, heads[-1], *past, _ORACLE_STEPS // _CHECKS, _ORACLE_RATE))
    x, label = judged
    logits = [base.head.forward(base.head.unpack(head), x) for head in heads]
    losses = [float(base.net.metric.training_loss(one[0], label[0])) for one in logits]
    return heads[losses.index(min(losses))]


def _verdicts(task: PoolTask, base: Base, features: PooledFeatures, heads: Layers) -> np.ndarray:
    """Return which images heads predict, one head for each concept, or one for all: bool [concepts, pool_size]."""
    shape = (len(task.concepts), task.pool_size)
    heads = {name: values.expand(len(task.concepts), *values.shape[1:]) for name, values in heads.items()}
    with torch.inference_mode():
        logits = base.head.forward(heads, features.table.view(*shape, -1))
        label = torch.from_numpy(task.pool_labels.astype(np.int64))
        correct = base.net.metric.correct(logits, label)
    return np.asarray(correct.numpy()).reshape(shape)
