"""Products: the bits of an element depend on its own numbers alone, and are those of the plain loop."""

from __future__ import annotations

from itertools import product as pairs

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from agents.kernels import affine, dots, product, totals

SIZES = st.integers(1, 70)


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def one_by_one(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return ``x w + b`` of one row, step by step in float32."""
    total = b.copy()
    for one, weights in zip(x, w, strict=True):
        total = total + one * weights
    return total


@given(stack=st.integers(1, 4), rows=st.integers(1, 20), inputs=SIZES, outputs=SIZES, shared=st.booleans())
def test_a_product_is_that_of_each_row_alone(stack: int, rows: int, inputs: int, outputs: int, shared: bool) -> None:
    weights = 1 if shared else stack
    x, w, b = drawn(stack, rows, inputs), drawn(weights, inputs, outputs, seed=1), drawn(weights, 1, outputs, seed=2)
    result = affine(x, w, b).numpy()
    for entry, row in pairs(range(stack), range(rows)):
        mine = 0 if shared else entry
        alone = one_by_one(x[entry, row].numpy(), w[mine].numpy(), b[mine, 0].numpy())
        assert result[entry, row].tobytes() == alone.tobytes()


@given(rows=st.integers(1, 20), inputs=SIZES, outputs=SIZES)
def test_how_tensors_lie_in_memory_changes_nothing(rows: int, inputs: int, outputs: int) -> None:
    x, w, b = (
        drawn(3, inputs, rows).transpose(1, 2),
        drawn(3, outputs, inputs, seed=1).transpose(1, 2),
        drawn(3, 1, outputs),
    )
    plain = affine(x.contiguous(), w.contiguous(), b.contiguous())
    assert torch.equal(affine(x, w, b), plain)
    wide = drawn(3, rows + 2, inputs + 5)
    wide[:, 1:-1, 3:-2] = x
    assert torch.equal(affine(wide[:, 1:-1, 3:-2], w, b), plain)
    repeated = w[:1].expand(3, -1, -1)
    assert torch.equal(affine(x, repeated, b), affine(x, repeated.contiguous(), b))


@given(stack=st.integers(1, 4), rows=st.integers(1, 20), inputs=SIZES, outputs=SIZES, shared=st.booleans())
def test_gradients_are_those_of_the_exact_product(
    stack: int, rows: int, inputs: int, outputs: int, shared: bool
) -> None:
    weights = 1 if shared else stack
    shapes = (stack, rows, inputs), (weights, inputs, outputs), (weights, 1, outputs)
    mine = [drawn(*shape, seed=seed).requires_grad_() for seed, shape in enumerate(shapes)]
    exact = [one.detach().double().requires_grad_() for one in mine]
    slope = drawn(stack, rows, outputs, seed=7)
    affine(*mine).backward(slope)
    (exact[0] @ exact[1] + exact[2]).backward(slope.double())
    for one, other in zip(mine, exact, strict=True):
        assert one.grad is not None
        assert other.grad is not None
        assert torch.allclose(one.grad.double(), other.grad, atol=1e-4, rtol=1e-4)


def test_gradients_of_a_row_depend_on_no_row_beside_it() -> None:
    x, w = drawn(6, 5, 9), drawn(6, 9, 11, seed=1).requires_grad_()
    product(x, w).square().sum().backward()
    alone = w[2:3].detach().clone().requires_grad_()
    product(x[2:3], alone).square().sum().backward()
    assert w.grad is not None
    assert alone.grad is not None
    assert torch.equal(w.grad[2:3], alone.grad)


def test_second_derivatives_exist() -> None:
    x, w = drawn(1, 3, 4).double().float().requires_grad_(), drawn(1, 4, 2, seed=1).requires_grad_()
    (slope,) = torch.autograd.grad(product(x, w).square().sum(), x, create_graph=True)
    (curvature,) = torch.autograd.grad(slope.sum(), w)
    exact_x, exact_w = (one.detach().double().requires_grad_() for one in (x, w))
    (exact,) = torch.autograd.grad((exact_x @ exact_w).square().sum(), exact_x, create_graph=True)
    assert torch.allclose(curvature.double(), torch.autograd.grad(exact.sum(), exact_w)[0], atol=1e-4)


@given(rows=st.integers(1, 20), number=st.integers(1, 30), width=SIZES)
def test_scalar_products_and_sums_of_a_row_are_those_of_the_row_alone(rows: int, number: int, width: int) -> None:
    x, y = drawn(rows, number, width), drawn(rows, width, seed=1)
    together, summed = dots(x, y), totals(x)
    assert torch.allclose(together.double(), (x.double() * y.double().unsqueeze(1)).sum(2), atol=1e-4)
    assert torch.allclose(summed.double(), x.double().sum(2), atol=1e-4)
    for row in range(rows):
        assert torch.equal(dots(x[row : row + 1], y[row : row + 1])[0], together[row])
        assert torch.equal(dots(x[row : row + 1, -1:], y[row : row + 1])[0], together[row, -1:])
        assert torch.equal(totals(x[row, -1]), summed[row, -1])


def test_shapes_that_do_not_fit_are_refused_before_memory_is_read() -> None:
    for shapes in [
        ((2, 3, 4), (3, 4, 5), (1, 1, 5)),
        ((2, 3, 4), (2, 5, 5), (1, 1, 5)),
        ((2, 3, 4), (2, 4, 5), (1, 1, 4)),
    ]:
        with pytest.raises(ValueError, match="no product"):
            affine(*(drawn(*shape) for shape in shapes))


def test_no_inputs_leave_the_offsets_and_no_rows_nothing() -> None:
    b = drawn(2, 1, 3)
    assert torch.equal(affine(torch.empty(2, 4, 0), torch.empty(2, 0, 3), b), b.expand(2, 4, 3))
    assert affine(torch.empty(2, 0, 5), drawn(2, 5, 3), b).shape == (2, 0, 3)
