"""Means over devices: rows in the order of their devices, sums in a fixed order, however reports arrived."""

from __future__ import annotations

import torch

from agents.kernels import product
from agents.methods.base import Payload, Who


def in_order(payloads: Payload, who: Who) -> Payload:
    """Return payloads in the order of their devices."""
    order = who.device.argsort(stable=True)
    return {name: values[order] for name, values in payloads.items()}


def weighted_sum(weight: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """Return the sums [groups, n] of ``rows`` [tickets, n] under ``weight`` [groups, tickets]."""
    return product(weight.float()[None], rows.float()[None].contiguous())[0]


def shares(count: torch.Tensor) -> torch.Tensor:
    """Return each row's share [groups, tickets] of its group's ``count``; zeros in a group without any."""
    count = count.float()
    return count / count.sum(1, keepdim=True).clamp_min(1.0)
