"""How good the rankings of a run are: means of what it has summed.

For rows of scores and labels, scikit-learn has the measures (``roc_auc_score``, ``log_loss``, ``ndcg_score``).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.runs import Run

#: Millionths, in which run folders sum fractions.
_MICRO = 1e-6


def summed(column: str, scale: float = 1.0) -> Callable[[Run], float | None]:
    """Return what reads the mean of a summed column off a run; None where a run does not rank."""

    def of(run: Run) -> float | None:
        if "uauc_micro" not in run.windows or not run.judged or column not in run.windows:
            return None
        samples = int(run.windows["samples"].sum())
        return scale * float(run.windows[column].sum()) / samples if samples else None

    return of


def binned_auc(run: Run) -> float | None:
    """Return the AUC over all rows of a run, from bins of half a logit within which rows count as ties."""
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
