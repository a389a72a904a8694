"""The probe of ``doctor``: it says that bits depend on the batch exactly where they do."""

from __future__ import annotations

import pytest
import torch

from agents.models.head import Dense, HeadShape
from agents.probe import report


def test_this_machine_keeps_the_law() -> None:
    sound, line = report()
    assert sound, line
    assert "one digest" in line
    assert "numba" in line


def test_a_head_whose_bits_show_the_batch_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    before = HeadShape.affine

    def careless(self: HeadShape, layers: dict[str, torch.Tensor], index: int, x: torch.Tensor) -> torch.Tensor:
        return before(self, layers, index, x) * (1.0 + 2.0**-22 * (len(x) == 1))

    monkeypatch.setattr(HeadShape, "affine", careless)
    sound, line = report()
    assert not sound
    assert "head 1-2" in line
    assert "dense" not in line


def test_a_layer_whose_bits_show_the_place_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Dense.forward
    monkeypatch.setattr(Dense, "forward", lambda self, x: before(self, x) + 1e-6 * torch.arange(len(x))[:, None])
    sound, line = report()
    assert not sound
    assert "(dense layers)" in line
