from __future__ import annotations

import pytest
import torch

from agents.methods.persona.adapter import Adapter, bounded
from agents.models.head import HeadShape
from agents.models.training import generator, initialise
from agents.seeding import Purpose

#: The heads of the paper's recommenders: SASRec and GRU4Rec, DIN.
SMALL, LARGE = HeadShape((32, 32, 32)), HeadShape((64, 128, 64, 1))


def adapter(head: HeadShape, transfer: str = "gru", pooling: str = "mean_std") -> Adapter:
    made = Adapter(head, 32, 48, transfer, pooling)
    chance = generator(1, Purpose.METHOD)
    initialise(made, chance)
    made.first_weights(chance)
    return made


def windows(head: HeadShape, tickets: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    window = torch.randn(tickets, 10, head.dims[0], generator=torch.Generator().manual_seed(2))
    count = torch.tensor([10, 4, 1, 10, 7, 3])[:tickets]
    return window * (torch.arange(10) < count[:, None]).unsqueeze(2), count


@pytest.mark.parametrize(("head", "weights"), [(SMALL, 69_696), (LARGE, 549_153)])
def test_the_optimiser_sees_every_weight_of_the_generator(head: HeadShape, weights: int) -> None:
    made = adapter(head)
    assert sum(one.numel() for one in made.generator.parameters()) == weights
    optimiser = torch.optim.Adam(made.parameters())
    seen = {id(one) for group in optimiser.param_groups for one in group["params"]}
    assert {id(one) for one in made.generator.parameters()} <= seen
    made(*windows(head))[1].square().sum().backward()
    assert all(one.grad is not None and one.grad.any() for one in made.parameters())


def test_an_edit_of_zero_changes_no_bit_of_the_logits() -> None:
    made = adapter(SMALL)
    for one in made.generator.parameters():
        torch.nn.init.zeros_(one)
    packed = torch.randn(6, SMALL.params)
    edited = packed + bounded(made(*windows(SMALL))[1], 0.3).detach()
    x = torch.randn(6, 16, 32)
    assert torch.equal(SMALL.forward(SMALL.unpack(edited), x), SMALL.forward(SMALL.unpack(packed), x))


def test_an_untrained_adapter_edits_little() -> None:
    edit = adapter(SMALL)(*windows(SMALL))[1]
    assert 0 < edit.abs().max() < 0.5


@pytest.mark.parametrize("transfer", ["gru", "linear"])
@pytest.mark.parametrize("pooling", ["mean_std", "gru"])
def test_padding_is_not_looked_at(transfer: str, pooling: str) -> None:
    made = adapter(SMALL, transfer, pooling)
    window, count = windows(SMALL)
    spoiled = window + 9.0 * (torch.arange(10) >= count[:, None]).unsqueeze(2)
    assert torch.allclose(made(window, count)[1], made(spoiled, count)[1], atol=1e-6)


def test_mean_and_spread_do_not_know_the_order_and_a_gru_does() -> None:
    window, count = windows(SMALL, 1)
    for pooling, same in (("mean_std", True), ("gru", False)):
        made = adapter(SMALL, "linear", pooling)
        turned = made(window.flip(1), count)[1]
        assert torch.allclose(made(window, count)[1], turned, atol=1e-5) is same


@pytest.mark.parametrize(("transfer", "reaches"), [("gru", True), ("linear", False)])
def test_transfer_lets_the_second_layers_edit_depend_on_the_first(transfer: str, reaches: bool) -> None:
    made = adapter(SMALL, transfer)
    first = (
        made.transfer.stack.weight_hh_l0 if transfer == "gru" else made.transfer.maps[0].weight  # type: ignore[union-attr]  # of the transfer just chosen
    )
    edit = made(*windows(SMALL))[1]
    second_layer = edit[:, 32 * 32 + 32 :]
    (grad,) = torch.autograd.grad(second_layer.square().sum(), first, allow_unused=True)
    assert (grad is not None and bool(grad.any())) is reaches


def test_the_bound_holds_and_keeps_its_gradient() -> None:
    edit = torch.linspace(-9.0, 9.0, 101, requires_grad=True)
    assert bounded(edit, 0.3).abs().max() <= 0.3
    near = torch.tensor([1e-3])
    assert torch.allclose(bounded(near, 0.3), near, rtol=1e-4)
    assert torch.equal(bounded(edit, None), edit)
    bounded(edit, 3.0).sum().backward()
    assert edit.grad is not None
    assert (edit.grad > 0).all()


def test_moving_a_generator_moves_every_edit_by_as_much() -> None:
    made, by = adapter(SMALL), torch.randn(SMALL.params)
    before = made(*windows(SMALL))[1].detach()
    made.generator.move(by)
    assert torch.allclose(made(*windows(SMALL))[1], before + by, atol=1e-5)
