from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.nn import functional

from agents.models import Base, make_net
from agents.models.training import Recipe, fit_heads, generator, pretrain
from agents.seeding import Purpose
from agents.tasks.base import History

NET = make_net("mlp", (4,), 3, {"hidden": [8, 8], "layers": 1})
OPTIONS = {"epochs": 4, "batch": 64, "rate": 1e-2}


def accuracy(base: Base, history: History) -> float:
    past = history.validation
    logits = base.head.forward(base.layers, base.features(past.x).unsqueeze(0))[0]
    return float((logits.argmax(1) == past.label).float().mean())


def test_training_learns_and_tells_its_progress(blobs: History) -> None:
    told: list[tuple[str, float]] = []
    base = pretrain(blobs, NET, OPTIONS, 3, lambda *step: told.append(step))
    assert accuracy(base, blobs) > 0.9
    assert told == [("base model", share) for share in (0.25, 0.5, 0.75, 1.0)]


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
    told: list[tuple[str, float]] = []
    again = pretrain(blobs, NET, OPTIONS, 3, lambda *step: told.append(step))
    assert again.digest() == first.digest()
    assert not told
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


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(ValueError, match="'epoch'; known are epochs, batch, rate"):
        Recipe.read({"epoch": 3})


def rows(heads: int) -> tuple[torch.Tensor, torch.Tensor]:
    chance = generator(1, Purpose.METHOD)
    label = torch.randint(3, (heads, 32), generator=chance)
    return 2.0 * torch.eye(8)[label] + 0.3 * torch.randn(heads, 32, 8, generator=chance), label


def start() -> torch.Tensor:
    return 0.1 * torch.randn(1, NET.head.params, generator=generator(2, Purpose.METHOD))


def test_heads_are_fitted_each_on_its_own_rows_and_bits_do_not_depend_on_the_others() -> None:
    features, label = rows(5)
    together = fit_heads(NET.head, start(), features, label, steps=25, rate=3e-2)
    alone = fit_heads(NET.head, start(), features[2:3], label[2:3], steps=25, rate=3e-2)
    assert torch.equal(together[2:3], alone)
    predicted = NET.head.forward(NET.head.unpack(together), features).argmax(2)
    assert (predicted == label).float().mean() > 0.95


def test_rows_that_do_not_count_change_nothing() -> None:
    features, label = rows(2)
    weight = torch.ones(2, 32)
    weight[:, 20:] = 0.0
    spoiled = features.clone()
    spoiled[:, 20:] = 7.0
    fits = [fit_heads(NET.head, start(), x, label, 10, 1e-2, weight=weight) for x in (features, spoiled)]
    assert torch.allclose(*fits, atol=1e-6)


def test_a_head_without_labels_stays_as_it_was_to_the_bit() -> None:
    features, label = rows(1)
    same = fit_heads(NET.head, start(), features, label, 10, 1e-2, torch.zeros(1, 32), anchor=1e-3)
    assert torch.equal(same, start())


def test_an_anchor_holds_a_head_back() -> None:
    features, label = rows(1)
    free, held = (fit_heads(NET.head, start(), features, label, 20, 1e-2, anchor=pull) for pull in (0.0, 1.0))
    assert (held - start()).norm() < 0.5 * (free - start()).norm()
