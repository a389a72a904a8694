"""Groups of devices whose features look alike, class by class; they keep their numbers from round to round."""

from __future__ import annotations

from typing import NamedTuple

import torch
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from agents.kernels import totals
from agents.methods.base import CloudState
from agents.methods.federated.averaging import shares, weighted_sum

#: A class counts for n / (n + _DOUBT) where n samples were predicted to be of it.
_DOUBT = 3.0
#: A group is the same as one before up to so many times the distance within a group.
_SAME = 2.0
#: What stands for the distance of devices that have no class in common.
_FAR = 1e9


class Prints(NamedTuple):
    """Mean features of predicted classes, float32 [n, classes, F], and of how many samples, float32 [n, classes]."""

    mean: torch.Tensor
    seen: torch.Tensor


def apart(one: Prints, other: Prints) -> torch.Tensor:
    """Return root mean squared distances [n, m] of features, over classes that both have; infinite without any."""
    sure = [(prints.seen / (prints.seen + _DOUBT)) for prints in (one, other)]
    weight = (sure[0][:, None] * sure[1][None]).sqrt()
    squared = totals((one.mean[:, None] - other.mean[None]).square().contiguous()) / one.mean.shape[2]
    whole = weight.sum(2)
    return torch.where(whole > 0, (weight * squared).sum(2) / whole.clamp_min(1e-9), torch.inf).sqrt()


def grouped(prints: Prints, before: Prints, near: float, smallest: int) -> torch.Tensor:
    """Return the group of each row, int64 [n]: numbers are those of ``before``, where a group is still like it.

    Rows are joined, the nearest first, while groups are nearer than ``near`` on average; groups below ``smallest``
    go to the nearest. Where there are more than ``before`` has rows, the smallest go to the nearest as well.
    """
    distance = apart(prints, prints)
    joined = _joined(distance, near)
    while len(joined) > 1 and (len(joined) > len(before.mean) or min(map(len, joined)) < smallest):
        few = min(joined, key=len)
        joined.remove(few)
        min(joined, key=lambda group: _between(distance, group, few)).extend(few)
    found = torch.zeros(len(prints.mean), dtype=torch.int64, device=prints.mean.device)
    free = list(range(len(before.mean)))
    for group in sorted(joined, key=lambda group: (-len(group), min(group))):
        number = _number(prints, before, group, free, _SAME * near)
        free.remove(number)
        found[group] = number
    return found


def prototypes(prints: Prints, cloud: CloudState, member: torch.Tensor) -> CloudState:
    """Return the prints of groups, by which they are known again: means over their members; others stay."""
    seen = weighted_sum(member.float(), prints.seen)
    each = [
        weighted_sum(shares(member * prints.seen[:, one]), prints.mean[:, one]) for one in range(prints.seen.shape[1])
    ]
    new = member.any(1)
    return {
        "print": torch.where(new[:, None, None], torch.stack(each, 1), cloud["print"]),
        "print.seen": torch.where(new[:, None], seen, cloud["print.seen"]),
    }


def _joined(distance: torch.Tensor, near: float) -> list[list[int]]:
    if len(distance) == 1:
        return [[0]]
    far = distance.double().clamp_max(_FAR).fill_diagonal_(0.0)
    tree = linkage(squareform(((far + far.T) / 2.0).cpu().numpy(), checks=False), "average")
    number = fcluster(tree, near, "distance").tolist()
    return [[row for row, mine in enumerate(number) if mine == one] for one in sorted(set(number))]


def _between(distance: torch.Tensor, one: list[int], other: list[int]) -> float:
    return float(distance[one][:, other].mean())


def _number(prints: Prints, before: Prints, group: list[int], free: list[int], same: float) -> int:
    """Return the number of a group: of those that are free, the one that was like it, else one never used."""
    far = apart(Prints(prints.mean[group], prints.seen[group]), before).mean(0)[free]
    if float(far.min()) <= same:
        return free[int(far.argmin())]
    unused = [number for number in free if not bool(before.seen[number].any())]
    return unused[0] if unused else free[int(far.argmin())]
