"""DPU: prototypes that move by variance, one and two views, and the scores that it is compared with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from quick_methods import CLASSES, QUICK, recent

from agents.methods.base import OfFeatures
from agents.methods.dpu.method import Dpu
from agents.methods.dpu.options import SCORES
from agents.methods.dpu.prototypes import begun, moved
from agents.methods.dpu.scores import tables
from agents.methods.making import make_method
from agents.models.base import Base, Net
from agents.streams.base import History
from analysis.detection import auroc

DEVICES = 11


def made(net: Net, **options: Any) -> Dpu:
    quick = {} if options.get("by", "prototype") != "prototype" else QUICK["dpu"]
    method = make_method("dpu", {**quick, **options}, "fp32", net)
    assert isinstance(method, Dpu)
    return method


def test_a_prototype_moves_as_the_law_says() -> None:
    rows = torch.tensor([[[1.0, 10.0], [3.0, -10.0], [9.0, 9.0]]])
    label, counts = torch.tensor([[0, 0, 1]]), torch.tensor([[True, True, False]])
    later = moved(torch.zeros(1, 2, 2), rows, label, counts, 0.8, "variance")
    # Means 2 and 0, variances 1 and 100: rates 0.5 / 2 and 0.01 / 2.
    assert torch.allclose(later[0, 0], torch.tensor([0.2 * 0.25 * 2.0, 0.0]), atol=1e-6)
    assert later[0, 1].tolist() == [0.0, 0.0]
    assert moved(torch.zeros(1, 2, 2), rows, label, counts, 0.8, "mean")[0, 0, 0] == pytest.approx(0.4)


def test_prototypes_do_not_decay_to_nothing() -> None:
    draw = torch.Generator().manual_seed(0)
    rows, label = torch.randn(64, 5, generator=draw) + 3.0, torch.randint(3, (64,), generator=draw)
    prototypes, first = begun(rows, label, 3), begun(rows, label, 3)
    for _ in range(500):
        prototypes = moved(prototypes, rows[None], label[None], torch.ones(1, 64, dtype=torch.bool), 0.8, "variance")
    assert torch.allclose(prototypes, first, atol=1e-4)


@pytest.mark.parametrize("by", SCORES)
def test_a_score_depends_on_no_other_sample_and_finds_what_is_far_out(
    by: str, net: Net, history: History, base: Base
) -> None:
    method = made(net, by=by)
    state = method.start(method.prepare(history, base, 3), DEVICES)
    inside = base.features(history.validation.x[: 20 * DEVICES]).view(DEVICES, 20, 16)
    outside = torch.rand(DEVICES, 20, 16, generator=torch.Generator().manual_seed(2)) * 2.0 - 1.0
    scores = [method.score(state, OfFeatures(x), method.predict(state, OfFeatures(x))) for x in (inside, outside)]
    assert scores[0].shape == (DEVICES, 20)
    if by not in ("msp", "energy"):
        # These two look at logits alone, and a net may be sure of anything.
        assert auroc(*(one.flatten().double().numpy() for one in scores)) > 0.7
    own = {name: one[4:5] for name, one in state.items()}
    x = inside[4:5, 3:5].contiguous()
    alone = method.score(own, OfFeatures(x), method.predict(own, OfFeatures(x)))
    assert torch.equal(alone, scores[0][4:5, 3:5])


def test_a_device_moves_its_prototypes_by_sure_predictions_alone(net: Net, history: History, base: Base) -> None:
    window = recent(made(net), DEVICES)
    for sure, moves in ((0.0, True), (1.0, False)):
        method = made(net, sure=sure)
        state = method.start(method.prepare(history, base, 3), DEVICES)
        later, steps = method.learn(state, window)
        same = [torch.equal(a, b) for a, b in zip(later["prototype"], state["prototype"], strict=True)]
        assert same == [not moves or not count for count in window.count.tolist()]
        assert steps.tolist() == [1] * DEVICES


def test_a_view_that_is_missing_neither_counts_nor_teaches(net: Net, history: History, base: Base) -> None:
    method = made(net, views=[10, 6], sure=0.0)
    state = method.start(method.prepare(history, base, 3), 1)
    x = base.features(history.validation.x[:8])[None]
    gone = torch.cat([x[..., :10], torch.zeros_like(x[..., 10:])], 2)
    likeness = torch.nn.functional.cosine_similarity(x[0, :, None, :10], state["prototype"][0, :, :10], dim=2)
    scores = method.score(state, OfFeatures(gone), torch.zeros(1, 8, CLASSES))
    assert np.allclose(scores[0], 1.0 - likeness.amax(1), atol=1e-5)
    window = recent(method, 1)
    window.features[..., 10:] = 0.0
    later = method.learn(state, window)[0]["prototype"]
    assert torch.equal(later[..., 10:], state["prototype"][..., 10:])


def test_views_must_be_all_columns(net: Net) -> None:
    with pytest.raises(ValueError, match=r"views: \[10, 7\] are 17 columns; the net gives 16"):
        made(net, views=[10, 7])


def test_one_column_has_an_axis_too() -> None:
    rows, logits = torch.randn(50, 3, generator=torch.Generator().manual_seed(1)).split([1, 2], 1)
    kept = tables("vim", rows, torch.zeros(50, dtype=torch.int64), logits)
    assert kept["null"].shape == (1, 1)
