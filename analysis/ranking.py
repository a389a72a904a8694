"""How good rankings are: exact measures on rows (group, score, label), and those that a run has summed.

Rows of a group need not stand together. Ties within a group rank in the order of its rows; AUC counts them one
half, so put the clicked row at a random place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.runs import Run

#: Millionths, in which run folders sum fractions.
_MICRO = 1e-6
Floats = NDArray[np.float64]


def auc(score: ArrayLike, label: ArrayLike) -> float:
    """Return the area under the ROC curve over all rows (Mann-Whitney); NaN unless both classes are there."""
    scores, clicked = np.asarray(score, float), np.asarray(label) > 0
    positives, negatives = int(clicked.sum()), int((~clicked).sum())
    if not positives or not negatives:
        return float("nan")
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - 0.5 * (count - 1))[place]
    return float((ranks[clicked].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def uauc(group: ArrayLike, score: ArrayLike, label: ArrayLike) -> float:
    """Return the mean over groups of their AUC; groups with one class are left out."""
    return _mean(auc(scores, labels) for scores, labels in _groups(group, score, label))


def log_loss(score: ArrayLike, label: ArrayLike) -> float:
    """Return the mean binary cross-entropy [nats] of rows whose ``score`` is a logit."""
    scores, clicked = np.asarray(score, float), np.asarray(label, float)
    return float(np.mean(np.logaddexp(0.0, scores) - clicked * scores))


def hit_rate(group: ArrayLike, score: ArrayLike, label: ArrayLike, k: int) -> float:
    """Return HR@k: the share of groups with a click among their ``k`` best rows."""
    return _mean(float(ranked[:k].any()) for ranked in _ranked(group, score, label))


def ndcg(group: ArrayLike, score: ArrayLike, label: ArrayLike, k: int) -> float:
    """Return NDCG@k: discounted gain of the ``k`` best rows over the best possible; a group needs a click."""
    return _mean(_gain(ranked[:k]) / _gain(np.sort(ranked)[::-1][:k]) for ranked in _ranked(group, score, label))


def reciprocal_rank(group: ArrayLike, score: ArrayLike, label: ArrayLike) -> float:
    """Return MRR: the mean of one over the place of the first click, from 1."""
    return _mean(1.0 / (1 + int(np.argmax(ranked))) for ranked in _ranked(group, score, label))


def summed(column: str, scale: float = 1.0) -> Callable[[Run], float | None]:
    """Return what reads the mean of a summed column off a run; None where a run does not rank."""

    def of(run: Run) -> float | None:
        if "uauc_micro" not in run.windows or not run.judged or column not in run.windows:
            return None
        samples = int(run.windows["samples"].sum())
        return scale * float(run.windows[column].sum()) / samples if samples else None

    return of


def binned_auc(run: Run) -> float | None:
    """Return the AUC over all rows of a run, told by bins of half a logit within which rows count as ties."""
    if not run.judged or "clicked_bin_00" not in run.windows:
        return None
    columns = sorted(name for name in run.windows if name.startswith("clicked_bin_"))
    clicked = run.windows[columns].sum().to_numpy(float)
    other = run.windows[[name.replace("clicked", "other") for name in columns]].sum().to_numpy(float)
    if not clicked.sum() or not other.sum():
        return None
    below = np.cumsum(other) - 0.5 * other
    return float((clicked * below).sum() / (clicked.sum() * other.sum()))


#: What a run that ranks has summed: name -> (label, reader); HR@10 is its accuracy.
SUMMED: dict[str, tuple[str, Callable[[Run], float | None]]] = {
    **{f"hit_{k}": (f"HR@{k}", summed(f"hit_{k}")) for k in (1, 5)},
    "hit_10": ("HR@10", summed("correct")),
    "hit_20": ("HR@20", summed("hit_20")),
    **{f"ndcg_{k}": (f"NDCG@{k}", summed(f"ndcg_{k}_micro", _MICRO)) for k in (5, 10, 20)},
    "mrr": ("MRR", summed("reciprocal_rank_micro", _MICRO)),
    "uauc": ("UAUC", summed("uauc_micro", _MICRO)),
    "auc": ("AUC over all rows", binned_auc),
}


def _groups(group: ArrayLike, score: ArrayLike, label: ArrayLike) -> Iterator[tuple[Floats, NDArray[np.int64]]]:
    order = np.argsort(np.asarray(group), kind="stable")
    names = np.asarray(group)[order]
    edges = np.flatnonzero(names[1:] != names[:-1]) + 1
    scores, labels = np.asarray(score, float)[order], (np.asarray(label)[order] > 0).astype(np.int64)
    yield from zip(np.split(scores, edges), np.split(labels, edges), strict=True)


def _ranked(group: ArrayLike, score: ArrayLike, label: ArrayLike) -> Iterator[NDArray[np.int64]]:
    """Yield the labels of each group that has a click, best score first."""
    for scores, labels in _groups(group, score, label):
        if labels.any():
            yield labels[np.argsort(-scores, kind="stable")]


def _gain(ranked: NDArray[np.int64]) -> float:
    return float((ranked / np.log2(np.arange(len(ranked)) + 2.0)).sum())


def _mean(values: Iterator[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")
