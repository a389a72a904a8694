from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.nn import functional

from agents.contract import InputError
from agents.models.base import Base
from agents.models.making import make_net
from agents.models.training import Recipe, pretrain
from agents.streams.base import History, Past

NET = make_net("mlp", (4,), 3, {"hidden": [8, 8], "layers": 1})
OPTIONS = {"epochs": 4, "batch": 64, "rate": 1e-2, "restarts": 1}


def accuracy(base: Base, history: History) -> float:
    past = history.validation
    logits = base.head.forward(base.layers, base.features(past.x).unsqueeze(0))[0]
    return float((logits.argmax(1) == past.label).float().mean())


def test_training_learns_and_tells_its_progress(blobs: History) -> None:
    reported: list[tuple[str, float]] = []
    base = pretrain(blobs, NET, OPTIONS, 3, lambda *step: reported.append(step))
    assert accuracy(base, blobs) > 0.9
    assert reported == [("base model", share) for share in (0.25, 0.5, 0.75, 1.0)]


def test_training_again_gives_the_same_bits_whatever_was_drawn_before(
    blobs: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = pretrain(blobs, NET, OPTIONS, 3)
    monkeypatch.setenv("DRIFTBED_CACHE", str(tmp_path / "another"))
    torch.rand(1000)
    torch.set_num_threads(1)
    assert pretrain(blobs, NET, OPTIONS, 3).digest() == first.digest()
    assert pretrain(blobs, NET, OPTIONS, 4).digest() != first.digest()


def test_a_second_call_is_served_from_the_cache(blobs: History) -> None:
    first = pretrain(blobs, NET, OPTIONS, 3)
    reported: list[tuple[str, float]] = []
    again = pretrain(blobs, NET, OPTIONS, 3, lambda *step: reported.append(step))
    assert again.digest() == first.digest()
    assert not reported
    x = blobs.validation.x
    assert torch.equal(again.features(x), first.features(x))


def test_threads_are_as_many_afterwards_as_before(blobs: History) -> None:
    torch.set_num_threads(2)
    pretrain(blobs, NET, OPTIONS, 5)
    assert torch.get_num_threads() == 2


def test_the_best_epoch_on_validation_is_kept(blobs: History) -> None:
    def loss(epochs: int) -> float:
        base = pretrain(blobs, NET, {**OPTIONS, "epochs": epochs, "rate": 0.3}, 3)
        logits = base.head.forward(base.layers, base.features(blobs.validation.x).unsqueeze(0))[0]
        return float(functional.cross_entropy(logits, blobs.validation.label))

    losses = [loss(epochs) for epochs in (1, 2, 4, 8)]
    assert losses == sorted(losses, reverse=True)


def test_training_stops_early_if_nothing_gets_better(blobs: History) -> None:
    def epochs(after: int) -> int:
        reported: list[tuple[str, float]] = []
        options = {**OPTIONS, "epochs": 40, "rate": 0.5, "early_stopping": after}
        pretrain(blobs, NET, options, 6, lambda *step: reported.append(step))
        return len(reported)

    assert epochs(3) < epochs(0) == 40


def test_of_several_beginnings_the_best_is_kept(blobs: History) -> None:
    def loss(restarts: int) -> float:
        base = pretrain(blobs, NET, {**OPTIONS, "epochs": 1, "rate": 1e-3, "restarts": restarts}, 3)
        logits = base.head.forward(base.layers, base.features(blobs.validation.x).unsqueeze(0))[0]
        return float(functional.cross_entropy(logits, blobs.validation.label))

    losses = [loss(restarts) for restarts in (1, 2, 6)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0]


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(ValueError, match="'epoch'; known are epochs, batch, rate"):
        Recipe.read({"epoch": 3})


def images(rows: int) -> Past:
    rng = torch.Generator().manual_seed(3)
    x, label = torch.rand(rows, 1, 4, 4, generator=rng), torch.arange(rows) % 3
    return Past(x, label, torch.zeros(rows, dtype=torch.int64))


@pytest.mark.parametrize("rows", [129, 130])
def test_a_row_that_is_left_over_is_learnt_from_where_batches_are_normalised(rows: int) -> None:
    past = images(rows)
    net = make_net("cnn", (1, 4, 4), 3, {})
    found = pretrain(History(past, images(12), past), net, {"epochs": 1, "batch": 64}, 1)
    assert found.head.pack(found.layers).isfinite().all()


def test_rows_one_by_one_cannot_be_normalised() -> None:
    net = make_net("cnn", (1, 4, 4), 3, {})
    with pytest.raises(InputError, match="needs at least two rows") as caught:
        pretrain(History(images(9), images(3), images(9)), net, {"epochs": 1, "batch": 1}, 1)
    assert caught.value.about == "task.pretrain.batch"
