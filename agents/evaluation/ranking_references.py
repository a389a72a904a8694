"""How decisions among candidates are evaluated: their features, the static model, the oracle.

Where the law of the clicks is known, the oracle ranks by it. The law of a recorded log is unknown: its oracle is
one of hindsight, one head for all devices, refitted on the evaluated streams. No method can know as much, yet a
method that keeps a head for each device may beat it.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import torch

from agents.cache import cached, fingerprint
from agents.evaluation.features import Features
from agents.evaluation.prequential import Evaluator
from agents.evaluation.ranking_features import DrawnLists, ListTask, TabledLists
from agents.evaluation.references import BayesOptimal, Computed, Tabled
from agents.models.base import Base
from agents.models.fitting import fit_heads
from agents.models.head import Layers
from agents.streams.base import Task

#: Full-batch Adam on the streams, until the loss has flattened.
_STEPS, _RATE = 300, 3e-3
#: Decisions evaluated at once when a table is made.
_ROWS = 1024
#: Of longer lists than this, fewer are evaluated at once.
_CANDIDATES = 128


def see_lists(task: Task, base: Base, static: bool, oracle: bool) -> tuple[Features, Evaluator]:
    """Return features of the decisions of ``task`` and their evaluator, with the configured references."""
    if task.pool_size == 0:
        drawn = Computed(base) if static else None, BayesOptimal() if oracle else None
        return DrawnLists(base), Evaluator(*drawn, base.net.metric)
    recorded = cast(ListTask, task)
    features = TabledLists(recorded, base)
    return features, Evaluator(
        Tabled(_verdicts(recorded, base, features, base.layers)) if static else None,
        _better(recorded, base, features) if oracle else None,
        base.net.metric,
    )


def _better(task: ListTask, base: Base, features: TabledLists) -> Tabled:
    """Return the verdict of the head of hindsight, or of the base if that is right more often."""
    refitted, kept = (_verdicts(task, base, features, layers) for layers in (hindsight(task, base), base.layers))
    return Tabled(refitted if refitted.sum() >= kept.sum() else kept)


def hindsight(task: ListTask, base: Base) -> Layers:
    """Return the head that fits the streams themselves best."""
    past = task.past_under(0)
    x, label = base.features(past.x).unsqueeze(0), past.label.unsqueeze(0)
    key = {
        "what": "hindsight head",
        "base": base.digest(),
        "steps": _STEPS,
        "rate": _RATE,
        "past": fingerprint([x, label]),
    }
    start = base.head.pack(base.layers)
    return base.head.unpack(cached(key, lambda: {"head": fit_heads(base.head, start, x, label, _STEPS, _RATE)})["head"])


def _verdicts(task: ListTask, base: Base, features: TabledLists, layers: Layers) -> np.ndarray:
    """Return the verdict of one head on every decision: bool [decisions]."""
    parts = []
    rows = max(1, _ROWS * _CANDIDATES // max(task.classes, _CANDIDATES))
    for first in range(0, task.pool_size, rows):
        ref = np.arange(first, min(first + rows, task.pool_size))[None]
        label = task.pool_labels[0, ref]
        with torch.inference_mode():
            logits = base.head.forward(layers, features.of({"ref": ref, "label": label}))
            parts.append(base.net.metric.correct(logits, torch.from_numpy(label.astype(np.int64)))[0])
    return np.asarray(torch.cat(parts).numpy())
