"""How two rankings become one, and how far they disagree (LSC4Rec, section 3; rules 1 to 5 of its code)."""

from __future__ import annotations

import torch

#: How far from even the small recommender must be to count in rule 2; the weight of entries that are no items.
_SURE, _LEAST, _EACH = 0.4, 4.0, 0.3


def fused(rule: int, rank: torch.Tensor, share: torch.Tensor, length: int) -> torch.Tensor:
    """Return scores of items by their ``rank`` from 1 in a list of ``length``, and their ``share`` in [0, 1].

    ``rank`` is ``length + 1`` where an item is not in the list.
    """
    place, away = rank.float() / length, share - 0.5
    if rule == 1:
        return -place
    if rule == 2:
        return 0.5 - place + torch.where(away.abs() > _SURE, away, 0.0)
    if rule == 5:
        return share
    return (rule - 2) * away - place


def disagreement(rank: torch.Tensor, scores: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    """Return the mean distance of places in two rankings of a list, and a weight for entries that are no items.

    ``rank`` and ``scores`` [devices, n]: places from 0 in the list, and what the small recommender says of the same
    items; ``real`` bool [devices, n].
    """
    own = torch.where(real, scores, -torch.inf).sort(dim=1, descending=True, stable=True).indices.argsort(1)
    apart = (own - rank).abs() * real
    invalid = (~real).sum(1).float()
    mean = apart.sum(1).float() / real.sum(1).clamp_min(1).float()
    return mean + (_LEAST + _EACH * invalid).square()
