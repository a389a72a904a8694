"""Outlier detectors as gates: local outlier factor, one-class support vector machine, isolation forest.

They are fitted before t = 0 to states of windows of the past, where the paper fits two of them to each window of
ten clicks; what fitting found is kept as tensors, and how strange a state is follows by plain arithmetic, row by row.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from agents.kernels import sigmoid, sqrt, totals

Tensors = dict[str, torch.Tensor]
#: States that a detector is fitted to, and neighbours of the local outlier factor (two in the paper, of ten points).
FITTED, _NEIGHBOURS, _TREES = 512, 10, 50


def fit_lof(states: torch.Tensor, seed: int) -> Tensors:
    """Return the states, their distances to their neighbours and their densities (Breunig et al., SIGMOD 2000)."""
    near, at = _nearest(states, states, _NEIGHBOURS + 1)
    near, at = near[:, 1:], at[:, 1:]
    return {"states": states, "reach": near[:, -1].contiguous(), "density": _density(near, near[:, -1][at])}


def lof(kept: Tensors, states: torch.Tensor) -> torch.Tensor:
    """Return how much less dense it is around states than around their neighbours, [rows]."""
    near, at = _nearest(states, kept["states"], _NEIGHBOURS)
    own = _density(near, kept["reach"][at])
    return totals(kept["density"][at]) / _NEIGHBOURS / own


def _density(near: torch.Tensor, reach: torch.Tensor) -> torch.Tensor:
    return near.shape[1] / totals(torch.maximum(near, reach)).clamp_min(1e-9)


def _nearest(rows: torch.Tensor, known: torch.Tensor, number: int) -> tuple[torch.Tensor, torch.Tensor]:
    distance = sqrt(totals((rows[:, None] - known).square()))
    return distance.topk(number, dim=1, largest=False)


def fit_one_class_svm(states: torch.Tensor, seed: int) -> Tensors:
    """Return support vectors, their weights, and the width (Schölkopf et al., Neural Computation 13, 2001)."""
    from sklearn.svm import OneClassSVM

    machine = OneClassSVM(gamma="auto", nu=0.1).fit(states.double().numpy())
    return {
        "vectors": torch.from_numpy(machine.support_vectors_).float(),
        "weights": torch.from_numpy(machine.dual_coef_[0]).float(),
        "gamma": torch.tensor(1.0 / states.shape[1]),
    }


def one_class_svm(kept: Tensors, states: torch.Tensor) -> torch.Tensor:
    """Return minus the sum of kernels around support vectors, [rows]."""
    away = totals((states[:, None] - kept["vectors"]).square()) * kept["gamma"]
    # exp(-x) by the sigmoid, whose bits show no batch.
    below = sigmoid(-away)
    return -totals(below / (1.0 - below) * kept["weights"])


def fit_isolation_forest(states: torch.Tensor, seed: int) -> Tensors:
    """Return the trees (Liu, Ting and Zhou, ICDM 2008) as tables of nodes, [trees, nodes] each."""
    from sklearn.ensemble import IsolationForest

    forest = IsolationForest(n_estimators=_TREES, random_state=seed % 2**32).fit(states.double().numpy())
    trees = [one.tree_ for one in forest.estimators_]
    nodes = max(tree.node_count for tree in trees)
    columns = [torch.tensor(used) for used in forest.estimators_features_]
    tables = {name: torch.zeros(len(trees), nodes, dtype=kind) for name, kind in _TABLES.items()}
    for number, tree in enumerate(trees):
        feature, count = torch.tensor(tree.feature), tree.node_count
        tables["column"][number, :count] = columns[number][feature.clamp_min(0)]
        tables["split"][number, :count] = torch.tensor(tree.threshold).float()
        own = torch.arange(count)
        for name, child in (("left", tree.children_left), ("right", tree.children_right)):
            tables[name][number, :count] = torch.where(feature >= 0, torch.tensor(child), own)
        tables["depth"][number, :count] = _depths(tree)
    return tables


_TABLES = {
    "column": torch.int64,
    "split": torch.float32,
    "left": torch.int64,
    "right": torch.int64,
    "depth": torch.float32,
}


def isolation_forest(kept: Tensors, states: torch.Tensor) -> torch.Tensor:
    """Return minus the mean depth at which trees isolate states, [rows]."""
    trees, at = len(kept["column"]), torch.zeros(len(states), len(kept["column"]), dtype=torch.int64)
    tree = torch.arange(trees, device=states.device)
    at = at.to(states.device)
    for _ in range(int(kept["depth"].max()) + 1):
        value = states.gather(1, kept["column"][tree, at])
        at = torch.where(value <= kept["split"][tree, at], kept["left"][tree, at], kept["right"][tree, at])
    return -totals(kept["depth"][tree, at]) / trees


def _depths(tree: object) -> torch.Tensor:
    """Return the depth of each node, with what is left unsplit in a leaf counted as in the paper."""
    left, right = tree.children_left, tree.children_right  # type: ignore[attr-defined]
    samples = tree.n_node_samples  # type: ignore[attr-defined]
    depth = torch.zeros(len(left))
    for node in range(len(left)):
        for child in (left[node], right[node]):
            if child >= 0:
                depth[child] = depth[node] + 1
    leaf = torch.tensor(left) < 0
    return torch.where(leaf, depth + _unsplit(torch.tensor(samples).float()), depth)


def _unsplit(samples: torch.Tensor) -> torch.Tensor:
    """Return the mean depth of a random tree of so many samples."""
    harmonic = torch.log((samples - 1.0).clamp_min(1.0)) + 0.5772156649
    deep = 2.0 * harmonic - 2.0 * (samples - 1.0) / samples.clamp_min(1.0)
    return torch.where(samples > 2, deep, (samples > 1).float())


#: States that one is compared with, at most; a forest compares numbers and multiplies none.
COMPARED = {"lof": FITTED, "one_class_svm": FITTED}
#: Name -> (how it is fitted to states, how strange it finds others).
OUTLIERS: dict[str, tuple[Callable[[torch.Tensor, int], Tensors], Callable[[Tensors, torch.Tensor], torch.Tensor]]] = {
    "lof": (fit_lof, lof),
    "one_class_svm": (fit_one_class_svm, one_class_svm),
    "isolation_forest": (fit_isolation_forest, isolation_forest),
}
