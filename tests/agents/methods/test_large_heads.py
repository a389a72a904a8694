"""Heads of many weights: generators of low rank, and what is done a few heads at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from quick_methods import QUICK, recent, whose

from agents.methods.making import make_method
from agents.methods.persona import training
from agents.methods.persona.adapter import EditGenerator, LowRankGenerator
from agents.models.base import Base, Net
from agents.models.head import HeadShape
from agents.streams.base import History

FACES = HeadShape((576, 1280, 8), "hardswish")


def made(net: Net, **options: Any) -> Any:
    return make_method("persona", {**QUICK["persona"], **options}, "int8", net)


def test_a_head_of_three_megabytes_takes_thousands_of_weights_instead_of_millions() -> None:
    with torch.device("meta"):
        full, low = EditGenerator(FACES, 32), LowRankGenerator(FACES, 32, 16)
    assert sum(one.numel() for one in full.maps) == 32 * 748_808
    # Cores, biases and the two outer matrices of each layer.
    assert sum(one.numel() for one in low.maps) == 32 * (256 + 1280) + 32 * (64 + 8)
    assert sum(one.numel() for one in [*low.left, *low.right]) == 16 * (576 + 1280) + 8 * (1280 + 8)


def test_edits_move_within_the_rank_and_begin_small() -> None:
    head, rng = HeadShape((12, 10, 4)), torch.Generator().manual_seed(0)
    generator = LowRankGenerator(head, 6, 2)
    generator.first_weights(rng)
    with torch.no_grad():
        edits = generator(torch.randn(30, 2, 6, generator=rng))
    assert edits.shape == (30, head.params)
    assert 0.0 < edits.abs().mean() < 0.1
    for edit in edits[:5]:
        assert torch.linalg.matrix_rank(edit[:120].view(12, 10), atol=1e-6) == 2


def test_moving_a_generator_moves_every_edit() -> None:
    head, rng = HeadShape((5, 3)), torch.Generator().manual_seed(0)
    generator, by = LowRankGenerator(head, 4, 2), torch.randn(18, generator=rng)
    generator.first_weights(rng)
    codes = torch.randn(7, 1, 4, generator=rng)
    with torch.no_grad():
        before = generator(codes)
        generator.move(by)
        assert torch.allclose(generator(codes), before + by, atol=1e-6)


@pytest.mark.parametrize("reply", ["edit", "code"])
def test_persona_serves_edits_of_low_rank(reply: str, net: Net, history: History, base: Base) -> None:
    method = made(net, rank=3, reply=reply)
    cloud = method.prepare(history, base, 3)
    state, window = method.start(cloud, 9), recent(method, 9)
    _, updates = method.adapt(cloud, method.collect(state, window)[1], whose(9))
    head = method.head.pack(method.install(state, updates))
    assert torch.isfinite(head).all()
    assert not torch.equal(head[0], head[1])


def test_a_few_heads_at_a_time_teach_what_all_at_once_teach(
    net: Net, history: History, base: Base, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole = made(net, steps=21).prepare(history, base, 3)
    monkeypatch.setattr(training, "_WEIGHTS", 20 * net.head.params)
    monkeypatch.setattr(training, "_FEW", 7 * net.head.params)
    monkeypatch.setenv("DRIFTBED_CACHE", str(tmp_path))
    few = made(net, steps=21).prepare(history, base, 3)
    assert torch.allclose(few["frozen.born"], whole["frozen.born"], atol=1e-4)
    assert torch.allclose(few["centres"], whole["centres"], atol=1e-4)


def test_heads_that_fit_are_made_at_once_and_of_larger_ones_so_few_that_memory_is_used_again() -> None:
    assert training.heads_at_once(1024, 16_641) == 1024
    # 3 MB each: the allocator keeps blocks below 32 MB.
    few = training.heads_at_once(64, FACES.params)
    assert 1 <= few <= 4
    assert training.heads_at_once(64, 2**30) == 1


@pytest.mark.parametrize(("params", "judged"), [(1_386, 1024), (66_564, 1024), (FACES.params, 358), (2**30, 128)])
def test_the_largest_heads_are_judged_by_fewer_windows(params: int, judged: int) -> None:
    assert training.judged_windows(params) == judged
