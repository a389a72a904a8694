"""Multiply-adds of nets, counted from the shapes of their layers; nothing is computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from agents.contract.costs import Costs
from agents.models.base import Net
from agents.models.ranking import ScoringHead

#: A learning step goes through the head, and back to its inputs and to its weights.
PASSES = 3


def multiply_adds(compute: Callable[[], Any]) -> float:
    """Return the multiply-adds of ``compute``, which must work on tensors of the ``meta`` device."""
    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        compute()
    return counter.get_total_flops() / 2


def head_multiply_adds(net: Net, features: int) -> float:
    """Return the multiply-adds of the head for one sample with so many ``features``."""
    rows = net.head.entrance(torch.zeros(1, 1, features, device="meta")).shape[1]
    return float(rows * sum(inputs * outputs for inputs, outputs in net.head.sizes))


def trunk_multiply_adds(net: Net, samples: int) -> float:
    """Return the multiply-adds of the trunk for so many samples; of a net that ranks items, for the clicks alone.

    This is what a cloud computes that is sent raw input, or the ids of clicks, instead of features.
    """
    with torch.device("meta"):
        trunk: Any = net.build_trunk().eval()
        if isinstance(net.head, ScoringHead):
            clicks = torch.zeros(1, int(net.options["window"]), dtype=torch.int64)
            return samples * multiply_adds(lambda: trunk.users(clicks))
        sample = torch.zeros(1, *net.input_shape)
    return samples * multiply_adds(lambda: trunk(sample))


def costs_of(net: Net, step_samples: int) -> Costs:
    """Return what a device computes with a net whose head is learnt; the cloud computes nothing."""
    with torch.device("meta"):
        kind = torch.int64 if isinstance(net.head, ScoringHead) else torch.float32
        trunk, sample = net.build_trunk().eval(), torch.zeros(1, *net.input_shape, dtype=kind)
    found: list[torch.Tensor] = []
    whole = multiply_adds(lambda: found.append(trunk(sample)))
    head = head_multiply_adds(net, found[0].shape[-1])
    return Costs(inference=whole + head, learning=PASSES * head, step_samples=max(step_samples, 1))
