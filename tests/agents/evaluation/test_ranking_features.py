from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from agents.evaluation.prequential import EvaluationBatch
from agents.evaluation.ranking_features import DrawnLists, TabledLists
from agents.evaluation.ranking_references import hindsight, see_lists
from agents.methods.base import OfFeatures
from agents.metrics import Ranking
from agents.models.base import Base
from agents.models.making import make_net
from agents.models.training import generator, initial_head, initialise
from agents.seeding import Purpose
from agents.streams.base import Past, Stream
from agents.tasks.recommendation.decisions import SHOWN, Decisions, narrowed

ITEMS, WINDOW, CANDIDATES, ROWS = 40, 5, 12, 60


@dataclass
class Recorded(Stream):
    """As much of a task as features and references look at."""

    decisions: Decisions
    pool_size: int = ROWS
    classes: int = CANDIDATES

    @property
    def pool_labels(self) -> np.ndarray:
        return self.decisions.label[None]

    def past_under(self, concept: int) -> Past:
        few = narrowed(self.decisions)
        x = torch.from_numpy(np.concatenate([few.window, few.candidates], 1).astype(np.int64))
        label = torch.from_numpy(few.label.astype(np.int64))
        return Past(x, label, torch.zeros_like(label))


@pytest.fixture(params=["din", "gru4rec", "sasrec"])
def base(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Base:
    monkeypatch.setenv("DRIFTBED_CACHE", str(tmp_path))
    net = make_net(request.param, (WINDOW + CANDIDATES,), CANDIDATES, {}, {"items": ITEMS, "window": WINDOW})
    trunk, chance = net.build_trunk(), generator(1, Purpose.PRETRAIN)
    initialise(trunk, chance)
    return Base(net, trunk.eval(), net.head.unpack(initial_head(net.head, chance)))


@pytest.fixture
def task() -> Recorded:
    chance = np.random.default_rng(5)
    window = chance.integers(1, ITEMS + 1, (ROWS, WINDOW), dtype=np.int32)
    window[np.arange(WINDOW) >= (np.arange(ROWS) % (WINDOW + 1))[:, None]] = 0
    shown = np.stack([chance.permutation(ITEMS)[:CANDIDATES] + 1 for _ in range(ROWS)]).astype(np.int32)
    return Recorded(Decisions(window, shown, chance.integers(CANDIDATES, size=ROWS).astype(np.int16)))


def samples(task: Recorded, ref: np.ndarray) -> dict[str, np.ndarray]:
    decisions = task.decisions
    x = np.concatenate([decisions.window, decisions.candidates], 1).astype(np.float32)
    return {"ref": ref, "label": decisions.label[ref], "x": x[ref]}


def test_features_from_tables_are_those_of_the_whole_net(base: Base, task: Recorded) -> None:
    some = samples(task, np.array([[3, 3, 17], [59, 0, 8]]))
    whole = base.features(torch.from_numpy(some["x"].astype(np.int64)))
    assert torch.allclose(TabledLists(task, base).of(some), whole, atol=1e-6)
    assert torch.allclose(DrawnLists(base).of(some), whole, atol=1e-6)


def test_bits_of_features_depend_on_nothing_but_the_decision(base: Base, task: Recorded) -> None:
    for features in (TabledLists(task, base), DrawnLists(base)):
        together = features.of(samples(task, np.arange(ROWS).reshape(6, 10)))
        alone = torch.cat([features.of(samples(task, np.array([[ref]]))) for ref in range(ROWS)])
        assert torch.equal(together.view(ROWS, -1), alone.view(ROWS, -1))


def test_recent_samples_show_what_was_clicked_only_where_the_label_is_known(base: Base, task: Recorded) -> None:
    some = samples(task, np.arange(ROWS).reshape(6, 10))
    known = np.random.default_rng(1).random((6, 10)) < 0.5
    features = TabledLists(task, base)
    seen, label = features.shown(some, known)
    x = features.of(seen)
    assert x.shape == (6, 10, base.head.shown)
    assert ((label >= 0) == known).all()
    few = narrowed(task.decisions)
    raw = np.concatenate([few.window, few.candidates], 1).astype(np.int64)
    reported = base.features(torch.from_numpy(raw)).view(6, 10, -1)
    assert torch.allclose(x[torch.from_numpy(known)], reported[torch.from_numpy(known)], atol=1e-6)
    assert (label[known] == few.label.reshape(6, 10)[known]).all()
    # Without a label, another click leaves no trace in what is shown.
    moved = {**some, "label": ((some["label"] + 5) % CANDIDATES).astype(np.int16)}
    blind = [features.of(features.shown(one, np.zeros_like(known))[0]) for one in (moved, some)]
    assert torch.equal(*blind)
    assert x.shape[2] == 32 + SHOWN * (64 if base.net.name == "din" else 32)


def test_raw_input_is_the_window_and_the_candidates_that_a_label_counts_among(base: Base, task: Recorded) -> None:
    some, window = samples(task, np.arange(ROWS).reshape(6, 10)), task.decisions.window.shape[1]
    known = np.random.default_rng(1).random((6, 10)) < 0.5
    for features in (TabledLists(task, base), DrawnLists(base)):
        assert np.array_equal(features.raw(some).numpy(), some["x"].astype(np.int64))
        seen, label = features.shown(some, known)
        ids = features.raw(seen).numpy()
        assert ids.shape == (6, 10, window + SHOWN)
        clicked = np.take_along_axis(some["x"][..., window:], some["label"][..., None].astype(np.int64), 2)[..., 0]
        shown = np.take_along_axis(ids[..., window:], np.maximum(label, 0)[..., None], 2)[..., 0]
        assert (shown == clicked)[known].all()


def test_references_are_the_base_and_the_head_that_fits_the_streams(base: Base, task: Recorded) -> None:
    features, evaluator = see_lists(task, base, True, True)
    some = samples(task, np.arange(ROWS)[None])
    x, label = features.of(some), torch.from_numpy(some["label"].astype(np.int64))
    assert evaluator.static is not None
    assert evaluator.oracle is not None
    for reference, layers in ((evaluator.static, base.layers), (evaluator.oracle, hindsight(task, base))):
        expected = Ranking().correct(base.head.forward(layers, x), label).numpy()
        seen = EvaluationBatch(OfFeatures(x), {name: values[0] for name, values in some.items()}, torch.arange(ROWS))
        assert (reference.correct(seen) == expected[0]).all()
    past = task.past_under(0)
    few = base.features(past.x).unsqueeze(0)
    before, after = (
        float(Ranking().training_loss(base.head.forward(one, few), past.label[None]))
        for one in (base.layers, hindsight(task, base))
    )
    assert after < 0.9 * before
    assert see_lists(task, base, False, False)[1].static is None
