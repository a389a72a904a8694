"""What every net keeps: its trunk fits its head, and can be made again."""

from __future__ import annotations

import torch

from agents.contract.laws import Law
from agents.models.base import Net
from agents.models.training import initialise

#: Input shapes, and what a ranking net must know of the task.
IMAGE, ITEMS, CANDIDATES = (1, 8, 8), {"items": 50, "window": 6}, 5
RANKED = (ITEMS["window"] + CANDIDATES,)


def raw(net: Net, rows: int = 4) -> torch.Tensor:
    """Return raw input of a net."""
    generator = torch.Generator().manual_seed(2)
    if net.input_shape == RANKED:
        return torch.randint(1, ITEMS["items"], (rows, *RANKED), generator=generator)
    return torch.rand(rows, *net.input_shape, generator=generator)


def trunk_fits_head(net: Net) -> str | None:
    """The trunk makes the features that the head takes."""
    made = net.build_trunk().eval()(raw(net))
    if net.input_shape == RANKED:
        return None if made.dim() == 2 else f"features are {list(made.shape)}"
    wanted = (4, net.head.dims[0])
    return None if tuple(made.shape) == wanted else f"features are {list(made.shape)}; the head takes {list(wanted)}"


def bounded_as_declared(net: Net) -> str | None:
    """Features keep the bound that the net declares."""
    if net.feature_bound is None:
        return None
    trunk = net.build_trunk().eval()
    initialise(trunk, torch.Generator().manual_seed(3))
    largest = float(trunk(raw(net)).detach().abs().max())
    return None if largest <= net.feature_bound else f"a feature of {largest:g}; declared {net.feature_bound:g}"


def keyed(net: Net) -> str | None:
    """Its options say what it is, so that what was trained can be found again."""
    return None if net.options and net.name else "it has no name or no options"


LAWS: tuple[Law, ...] = (trunk_fits_head, bounded_as_declared, keyed)
