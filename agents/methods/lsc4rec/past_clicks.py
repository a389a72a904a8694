"""Sequences of clicks in the cloud's past, put together from the decisions that it holds."""

from __future__ import annotations

import numpy as np
import torch

from agents.streams.base import Past


def sequences(past: Past, window: int, unseen: float) -> list[torch.Tensor]:
    """Return the clicks of each user, int64 ids, oldest first, without the newest ``unseen`` share of them.

    The first decision brings the clicks before it along; of each decision the item that was clicked follows.
    """
    order = torch.zeros_like(past.label) if past.order is None else past.order
    rows = torch.from_numpy(np.lexsort((order.numpy(), past.concept.numpy())))
    ids, label = past.x[rows].long(), past.label[rows]
    clicked = ids[:, window:].gather(1, label[:, None])[:, 0]
    sizes = torch.unique_consecutive(past.concept[rows], return_counts=True)[1].tolist()
    found = []
    for before, own in zip(ids[:, :window].split(sizes), clicked.split(sizes), strict=True):
        whole = torch.cat([before[0][before[0] > 0], own])
        found.append(whole[: max(2, round(len(whole) * (1.0 - unseen)))])
    return found


def lessons(
    users: list[torch.Tensor], rows: int, history: int, rng: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw pieces of sequences: clicks [rows, history], right padded, and the item that follows each, 0 for none."""
    clicks, follow = (torch.zeros(rows, history, dtype=torch.int64) for _ in range(2))
    some = torch.randint(len(users), (rows,), generator=rng)
    for row, user in enumerate(some.tolist()):
        whole = users[user]
        length = min(history, len(whole) - 1)
        begin = int(torch.randint(len(whole) - length, (1,), generator=rng))
        clicks[row, :length] = whole[begin : begin + length]
        follow[row, :length] = whole[begin + 1 : begin + 1 + length]
    return clicks, follow
