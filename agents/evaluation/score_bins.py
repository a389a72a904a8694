"""How scores of samples that drift has changed lie beside those of others, counted in bins.

A method that scores how unlike the past a sample is (``score``) is judged by the area under its ROC curve, and by the
share of changed samples that pass where 95 % of the others do. Both follow from two histograms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from agents.methods.base import CloudState, Deployed, Method, OfFeatures
from agents.models.base import Base
from agents.streams.base import History, PoolTask

#: Shares of the past that score up to the end of each bin but the last: hundredths, and finer where detectors work.
UPTO = (*(number / 100 for number in range(1, 100)), 0.995, 0.999, 1.0)
BINS = len(UPTO) + 1
#: Rows of the past that edges are made from.
_ROWS = 8192
#: What is counted: samples that look as they always did, then those that drift has changed.
COLUMNS = tuple(f"score_{whose}_bin_{number:03d}" for whose in ("original", "changed") for number in range(BINS))


@dataclass(frozen=True)
class ScoreBins:
    """Where a score falls among those of the past.

    Attributes:
        edges: upper ends of all bins but the last, float64 [BINS - 1]: what shares ``UPTO`` of the past score at most.
        changed: which concepts look unlike the original one, bool [concepts].
        pool_size: images of a concept, by which ``ref`` says the concept of a sample.
    """

    edges: np.ndarray
    changed: np.ndarray
    pool_size: int

    def counts(self, score: np.ndarray, samples: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return in which bin each sample is, int64 [samples, len(COLUMNS)]; one that is no number is unlike all."""
        place = np.searchsorted(self.edges, np.where(np.isnan(score), np.inf, score))
        place += BINS * self.changed[samples["ref"] // self.pool_size]
        counted = np.zeros((len(score), len(COLUMNS)), np.int64)
        counted[np.arange(len(score)), place] = 1
        return counted


def score_bins(method: Method, cloud: CloudState, history: History, base: Base, task: PoolTask) -> ScoreBins | None:
    """Return the bins of a method's scores, from the past that the base was chosen by.

    None where a method has no score of its own, or nothing that devices see looks different under another concept.
    """
    # What is around another method scores by that one.
    doing = getattr(method, "inner", method)
    scores_itself = getattr(type(doing), "score", Deployed.score) is not Deployed.score
    if not scores_itself or not task.pool_size or len(task.concepts) < 2:
        return None
    changed = np.array([task.looks_like(concept) != 0 for concept in range(len(task.concepts))])
    if not changed.any():
        return None
    with torch.inference_mode():
        seen = OfFeatures(base.features(history.validation.x[:_ROWS])[None])
        state = method.start(cloud, 1)
        scores = method.score(state, seen, method.predict(state, seen))[0]
    edges = np.quantile(scores.double().cpu().numpy(), UPTO, method="higher")
    return ScoreBins(edges, changed, task.pool_size)
