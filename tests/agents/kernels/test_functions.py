"""Functions of one number or row: close to the exact ones, and the same wherever a number stands."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from agents.kernels import adam_step, log_loss, sigmoid, softmax, softplus, sqrt, tanh

Function = Callable[[torch.Tensor], torch.Tensor]
FUNCTIONS: list[tuple[Function, Function]] = [
    (tanh, torch.tanh),
    (lambda x: sqrt(x.abs()), lambda x: torch.sqrt(x.abs())),
    (sigmoid, torch.sigmoid),
    (softplus, torch.nn.functional.softplus),
]


def drawn(*shape: int, scale: float = 3.0) -> torch.Tensor:
    return scale * torch.randn(*shape, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize(("mine", "exact"), FUNCTIONS)
def test_a_function_is_exact_to_a_few_units_in_the_last_place(mine: Function, exact: Function) -> None:
    x = torch.linspace(-30.0, 30.0, 300_001)
    wanted = exact(x.double())
    assert ((mine(x) - wanted).abs() <= 6 * 2.0**-24 * wanted.abs() + 1e-36).all()


@pytest.mark.parametrize(("mine", "exact"), FUNCTIONS)
def test_ends_of_the_line_and_what_is_no_number(mine: Function, exact: Function) -> None:
    x = torch.tensor([torch.inf, -torch.inf, torch.nan, 0.0, -0.0, 1e-30, 3e38, -3e38])
    assert torch.allclose(mine(x), exact(x), atol=1e-30, rtol=1e-6, equal_nan=True)


@pytest.mark.parametrize(("mine", "exact"), FUNCTIONS)
def test_bits_depend_on_no_place(mine: Function, exact: Function) -> None:
    x = drawn(7, 41)
    for size in (1, 2, 3, 5, 16, 31):
        assert torch.equal(torch.cat([mine(part) for part in x.flatten().split(size)]), mine(x).flatten())
    assert torch.equal(mine(x[:, ::3]), mine(x)[:, ::3])


@pytest.mark.parametrize(("mine", "exact"), FUNCTIONS)
def test_gradients_reach_through(mine: Function, exact: Function) -> None:
    x = drawn(9).requires_grad_()
    mine(x).sum().backward()
    wanted = x.detach().double().requires_grad_()
    exact(wanted).sum().backward()
    assert x.grad is not None
    assert wanted.grad is not None
    assert torch.allclose(x.grad.double(), wanted.grad, atol=1e-6)


@given(rows=st.integers(1, 30), classes=st.integers(1, 40))
def test_softmax_and_loss_of_a_row_are_those_of_the_row_alone(rows: int, classes: int) -> None:
    logits, label = drawn(rows, classes, scale=6.0), torch.arange(rows) % classes
    share, (correct, loss_nats) = softmax(logits), log_loss(logits, label)
    assert torch.allclose(share.double(), torch.softmax(logits.double(), 1), atol=1e-6)
    exact = torch.nn.functional.cross_entropy(logits.double(), label, reduction="none")
    assert torch.allclose(loss_nats.double(), exact, atol=1e-5)
    assert torch.equal(correct, logits.argmax(1) == label)
    for row in range(rows):
        part = slice(row, row + 1)
        assert torch.equal(softmax(logits[row]), share[row])
        assert torch.equal(log_loss(logits[part], label[part])[1], loss_nats[part])


def test_of_equal_classes_the_first_counts_and_no_number_beats_all() -> None:
    logits = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [torch.nan, 5.0, 1.0], [torch.nan, 5.0, 1.0]])
    correct, loss_nats = log_loss(logits, torch.tensor([0, 1, 1, 0]))
    assert correct.tolist() == [True, False, False, True]
    assert loss_nats.isnan().tolist() == [False, False, True, True]


def test_a_step_of_adam_is_that_of_the_textbook_in_any_place() -> None:
    value, slope, first, second = (drawn(5, 23, scale=scale) for scale in (1.0, 0.1, 0.01, 0.001))
    second = second.abs()
    wanted_first = 0.9 * first.double() + 0.1 * slope.double()
    wanted_second = 0.999 * second.double() + 0.001 * slope.double() ** 2
    wanted = value.double() - 0.01 * wanted_first / ((wanted_second * 1.5).sqrt() + 1e-8)
    alone = [one[2:3].clone() for one in (value, slope, first, second)]
    for tensors in ([value, slope, first, second], alone):
        adam_step(*tensors, (0.9, 0.999), 1.5, 0.01, 1e-8)
    assert torch.allclose(value.double(), wanted, atol=1e-6)
    assert all(torch.equal(one, many[2:3]) for one, many in zip(alone, (value, slope, first, second), strict=True))
