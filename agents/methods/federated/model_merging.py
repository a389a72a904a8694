"""Models that do each other's work become one: complete linkage over losses of accuracy."""

from __future__ import annotations

import torch

from agents.methods.base import CloudState


def merged(cloud: CloudState, accuracy: torch.Tensor, there: torch.Tensor, drop: float) -> CloudState:
    """Return models, reports and into after mergers.

    ``accuracy`` [clusters, models] is that of each model on the data of each cluster, -1 where it is not known; such
    clusters stay as they are. ``there`` [models] says which models exist. The distance of two models is what they lose
    on each other's data, the more of both; groups are merged while no distance in them is above ``drop``. A merged
    model is the mean of its parts by the reports that they are made of.
    """
    distance = _distances(accuracy, there)
    groups = [[place] for place in torch.nonzero(there)[:, 0].tolist()]
    while (pair := _nearest(groups, distance, drop)) is not None:
        one, other = pair
        groups[one] = sorted(groups[one] + groups[other])
        del groups[other]
    models, reports, into = (cloud[name].clone() for name in ("models", "reports", "into"))
    for group in groups:
        into[group] = group[0]
        if len(group) > 1:
            share = reports[group].float() / reports[group].sum()
            models[group[0]] = (share[:, None] * models[group]).sum(0)
            reports[group[0]] = reports[group].sum()
            reports[group[1:]] = 0
    return {"models": models, "reports": reports, "into": into}


def _distances(accuracy: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """Return the distances [models, models]; infinite where one is not known."""
    own = accuracy.diagonal()
    lost = own[None] - accuracy  # by the model of the column, on the data of the row
    far = torch.maximum(lost, lost.T).clamp_min(0.0)
    known = there & (own >= 0.0)
    return torch.where(known[:, None] & known[None], far, torch.inf)


def _nearest(groups: list[list[int]], distance: torch.Tensor, drop: float) -> tuple[int, int] | None:
    """Return the places of the two groups whose farthest members are nearest, or None if they are farther than that."""
    best, found = drop, None
    for one in range(len(groups)):
        for other in range(one + 1, len(groups)):
            far = float(distance[groups[one]][:, groups[other]].max())
            if far <= best and (found is None or far < best):
                best, found = far, (one, other)
    return found
