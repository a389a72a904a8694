from __future__ import annotations

import math

import numpy as np
from sklearn.metrics import roc_auc_score

from analysis.detection import auroc, fpr_at_95


def test_auroc_is_that_of_the_library_with_ties() -> None:
    draw = np.random.default_rng(0)
    inside, outside = draw.integers(0, 9, 300).astype(float), draw.integers(3, 12, 200).astype(float)
    expected = roc_auc_score(np.r_[np.zeros(300), np.ones(200)], np.r_[inside, outside])
    assert math.isclose(auroc(inside, outside), expected)
    assert auroc(inside, inside) == 0.5


def test_two_normal_laws_have_the_rates_that_are_known() -> None:
    draw = np.random.default_rng(1)
    inside, outside = draw.normal(0, 1, 200_000), draw.normal(2, 1, 200_000)
    # P(Z < 2 / sqrt(2)), and P(Z < 1.6449 - 2).
    assert abs(auroc(inside, outside) - 0.92135) < 0.002
    assert abs(fpr_at_95(inside, outside) - 0.36124) < 0.005
