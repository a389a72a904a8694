"""Fits in room made once are those of tensors, to the bit."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch

from agents.models import fitting
from agents.models.fitting import fit_heads
from agents.models.head import HeadShape


@dataclass(frozen=True)
class Tensors(HeadShape):
    """The same heads, for which nothing is shortened."""


@pytest.mark.parametrize("dims", [(5, 3), (1, 4, 2), (33, 17, 6), (8, 8, 8, 10), (4, 1, 2)], ids=str)
@pytest.mark.parametrize("activation", ["tanh", "relu", "hardswish"])
@pytest.mark.parametrize("anchor", [0.0, 0.3])
def test_a_fit_is_the_same_to_the_bit(dims: tuple[int, ...], activation: str, anchor: float) -> None:
    draw = torch.Generator().manual_seed(7)
    heads, rows = 6, 19
    start = torch.randn(heads, HeadShape(dims).params, generator=draw)
    features = torch.randn(heads, rows, dims[0], generator=draw)
    label = torch.randint(dims[-1], (heads, rows), generator=draw)
    weight = torch.randint(3, (heads, rows), generator=draw).float()
    # One head without a row that counts, and no number in another.
    weight[2], features[4, 3, 0] = 0.0, torch.nan
    quick, plain = (
        fit_heads(kind(dims, activation), start, features, label, 9, 0.05, weight, anchor)
        for kind in (HeadShape, Tensors)
    )
    assert quick.numpy().tobytes() == plain.numpy().tobytes()
    assert quick[2].numpy().tobytes() == start[2].numpy().tobytes()
    assert not torch.equal(quick[0], start[0])


def test_what_is_shared_by_all_heads_is_not_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    head, start = HeadShape((4, 3, 2)), torch.ones(1, HeadShape((4, 3, 2)).params)
    features, label = torch.ones(1, 5, 4).expand(3, -1, -1), torch.ones(1, 5, dtype=torch.int64).expand(3, -1)
    began = fitting.HeadDescent.step
    taken: list[int] = []
    monkeypatch.setattr(fitting.HeadDescent, "step", lambda own, *how: (taken.append(1), began(own, *how)))
    made = fit_heads(head, start, features, label, 4, 0.1)
    assert len(taken) == 4
    assert torch.equal(start, torch.ones_like(start))
    assert torch.equal(features, torch.ones_like(features))
    assert torch.equal(made[0], made[2])
