"""How well a score separates two kinds of samples: the usual measures of detection of what is out of distribution."""

from __future__ import annotations

import numpy as np


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
