"""How well a score separates two kinds of samples: the usual measures of detection of what is out of distribution."""

from __future__ import annotations

import numpy as np

from analysis.runs import Run

#: What a run counts of the scores of samples that look as they always did, and of those that drift has changed.
_ORIGINAL, _CHANGED = "score_original_bin_", "score_changed_bin_"


def auroc(inside: np.ndarray, outside: np.ndarray) -> float:
    """Return the probability that a sample from outside scores higher than one from inside; ties count one half."""
    ordered = np.sort(inside)
    below, upto = (np.searchsorted(ordered, outside, side=side) for side in ("left", "right"))
    return float((below + upto).mean() / 2.0 / len(inside))


def fpr_at_95(inside: np.ndarray, outside: np.ndarray) -> float:
    """Return the share of samples from outside that pass where 95 % of those from inside do (lower is better)."""
    ordered = np.sort(inside)
    limit = ordered[int(np.ceil(0.95 * len(ordered))) - 1]
    return float(np.mean(outside <= limit))


def auroc_of(run: Run) -> float | None:
    """Return :func:`auroc` of a run's scores, from bins within which samples count as ties; None without any."""
    counted = _counted(run)
    if counted is None:
        return None
    original, changed = counted
    below = np.cumsum(original) - 0.5 * original
    return float((changed * below).sum() / (changed.sum() * original.sum()))


def fpr_at_95_of(run: Run) -> float | None:
    """Return :func:`fpr_at_95` of a run's scores; the limit is found within a bin as if samples lay evenly there."""
    counted = _counted(run)
    if counted is None:
        return None
    original, changed = (np.concatenate([[0.0], np.cumsum(one) / one.sum()]) for one in counted)
    # Where no sample of the original lies the share does not rise: the limit is at the upper end of such bins.
    place = int(np.searchsorted(original, 0.95, side="left"))
    step = original[place] - original[place - 1]
    within = (0.95 - original[place - 1]) / step
    return float(changed[place - 1] + within * (changed[place] - changed[place - 1]))


def _counted(run: Run) -> tuple[np.ndarray, np.ndarray] | None:
    """Return how many samples of each kind are in each bin; None if there are none of one kind."""
    if not run.judged:
        return None
    counted = [
        run.windows[sorted(name for name in run.windows if name.startswith(of))].sum().to_numpy(float)
        for of in (_ORIGINAL, _CHANGED)
    ]
    original, changed = counted
    return (original, changed) if original.sum() and changed.sum() else None
