from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from agents.evaluation.hindsight_oracle import hindsight_table
from agents.evaluation.prequential import EvaluationBatch
from agents.methods.base import OfFeatures
from agents.models.base import Base
from agents.models.making import make_net
from agents.models.training import generator, initial_head
from agents.seeding import Purpose, rng


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("DRIFTBED_CACHE", str(tmp_path))


def base_of(inputs: int, classes: int) -> Base:
    net = make_net("logistic", (inputs,), classes, {})
    head = initial_head(net.head, generator(0, Purpose.PRETRAIN, 0))
    return Base(net, net.build_trunk(), net.head.unpack(head))


def judged(x: np.ndarray, label: np.ndarray, stretch: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the verdicts of hindsight and of the base on every row."""
    base = base_of(x.shape[1], classes)
    task: Any = SimpleNamespace(
        hindsight=stretch, pool_size=len(x), pool_labels=label[None].astype(np.int16), concepts=("original",)
    )
    features: Any = SimpleNamespace(table=torch.from_numpy(x.astype(np.float32)))
    table = hindsight_table(task, base, features)
    static = base.head.forward(base.layers, features.table[None])[0].argmax(1).numpy() == label
    return table.correct(
        EvaluationBatch(OfFeatures(torch.empty(0)), {"ref": np.arange(len(x))}, torch.arange(len(x)))
    ), static


def test_each_stretch_has_a_head_of_its_own() -> None:
    chance = rng(1, Purpose.CONTENT)
    x, stretch = chance.standard_normal((2000, 2)), np.arange(2000) // 500
    # The rule turns round from stretch to stretch: no single head can know all of them.
    label = ((x[:, 0] > 0) ^ (stretch % 2 == 1)).astype(np.int64)
    oracle, static = judged(x, label, stretch, 2)
    assert oracle.mean() > 0.97
    assert abs(static.mean() - 0.5) < 0.05


def test_periodic_labels_do_not_fool_the_halves() -> None:
    chance = rng(2, Purpose.CONTENT)
    label = np.arange(1200) % 2
    x = np.stack([2.0 * label - 1.0 + 0.3 * chance.standard_normal(1200), chance.standard_normal(1200)], 1)
    oracle, _ = judged(x, label, np.arange(1200) // 300, 2)
    assert oracle.mean() > 0.97


def test_hindsight_is_no_worse_than_the_base_in_any_stretch() -> None:
    chance = rng(3, Purpose.CONTENT)
    x, label, stretch = chance.standard_normal((240, 8)), chance.integers(0, 5, 240), np.arange(240) // 40
    oracle, static = judged(x, label, stretch, 5)
    for number in np.unique(stretch):
        assert oracle[stretch == number].sum() >= static[stretch == number].sum()


def test_no_head_has_seen_what_it_judges() -> None:
    chance = rng(4, Purpose.CONTENT)
    # As many inputs as rows: a head that had seen a row would know its label, which is pure chance.
    x, label = chance.standard_normal((200, 200)), chance.integers(0, 2, 200)
    oracle, _ = judged(x, label, np.zeros(200, np.int64), 2)
    assert oracle.mean() < 0.65
