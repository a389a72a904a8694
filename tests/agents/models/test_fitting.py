from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from agents.models.fitting import fit_heads, gradient
from agents.models.head import HeadShape
from agents.models.training import generator
from agents.seeding import Purpose

HEAD = HeadShape((8, 8, 3))


@pytest.mark.parametrize(
    "head", [HeadShape((8, 3)), HEAD, HeadShape((8, 5, 7, 3), "relu"), HeadShape((8, 40, 20, 12, 3))]
)
def test_gradients_by_hand_are_those_of_the_general_machinery(head: HeadShape) -> None:
    features, label = rows(4)
    weight = torch.rand(4, 32, generator=generator(3, Purpose.METHOD))
    packed = (0.5 * torch.randn(4, head.params, generator=generator(4, Purpose.METHOD))).requires_grad_()
    logits = head.forward(head.unpack(packed), features)
    loss = functional.cross_entropy(logits.flatten(0, 1), label.flatten(), reduction="none")
    (loss.view(4, 32) * weight).sum().backward()
    by_hand = gradient(head, head.unpack(packed.detach()), features, label, weight.unsqueeze(2))
    assert packed.grad is not None
    assert torch.allclose(head.pack(by_hand), packed.grad, atol=1e-5)
    rebuilt = head.unpack(head.pack(by_hand))
    assert all(torch.equal(by_hand[name], rebuilt[name]) for name in rebuilt)


def test_steps_are_those_of_adam() -> None:
    features, label = rows(1)
    packed = start().requires_grad_()
    optimiser = torch.optim.Adam([packed], lr=1e-2)
    for _ in range(20):
        loss = functional.cross_entropy(HEAD.forward(HEAD.unpack(packed), features)[0], label[0])
        optimiser.zero_grad()
        (loss + 0.1 * (packed - start()).square().sum()).backward()
        optimiser.step()
    ours = fit_heads(HEAD, start(), features, label, steps=20, rate=1e-2, anchor=0.1)
    assert torch.allclose(ours, packed.detach(), atol=1e-4)


def rows(heads: int) -> tuple[torch.Tensor, torch.Tensor]:
    chance = generator(1, Purpose.METHOD)
    label = torch.randint(3, (heads, 32), generator=chance)
    return 2.0 * torch.eye(8)[label] + 0.3 * torch.randn(heads, 32, 8, generator=chance), label


def start() -> torch.Tensor:
    return 0.1 * torch.randn(1, HEAD.params, generator=generator(2, Purpose.METHOD))


def test_heads_are_fitted_each_on_its_own_rows_and_bits_do_not_depend_on_the_others() -> None:
    features, label = rows(5)
    together = fit_heads(HEAD, start(), features, label, steps=25, rate=3e-2)
    alone = fit_heads(HEAD, start(), features[2:3], label[2:3], steps=25, rate=3e-2)
    assert torch.equal(together[2:3], alone)
    predicted = HEAD.forward(HEAD.unpack(together), features).argmax(2)
    assert (predicted == label).float().mean() > 0.95


def test_rows_that_do_not_count_change_nothing() -> None:
    features, label = rows(2)
    weight = torch.ones(2, 32)
    weight[:, 20:] = 0.0
    spoiled = features.clone()
    spoiled[:, 20:] = 7.0
    fits = [fit_heads(HEAD, start(), x, label, 10, 1e-2, weight=weight) for x in (features, spoiled)]
    assert torch.allclose(*fits, atol=1e-6)


def test_a_head_without_labels_stays_as_it_was_to_the_bit() -> None:
    features, label = rows(1)
    same = fit_heads(HEAD, start(), features, label, 10, 1e-2, torch.zeros(1, 32), anchor=1e-3)
    assert torch.equal(same, start())


def test_an_anchor_holds_a_head_back() -> None:
    features, label = rows(1)
    free, held = (fit_heads(HEAD, start(), features, label, 20, 1e-2, anchor=pull) for pull in (0.0, 1.0))
    assert (held - start()).norm() < 0.5 * (free - start()).norm()
