"""The kernels as functions of tensors, with gradients; torch's own where kernels do not apply."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from agents.kernels import functions, products

_PLAIN = (torch.Tensor, torch.nn.Parameter)


def affine(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return ``x w + b`` [stack, rows, out] of ``x`` [stack, rows, in], ``w`` [stack, in, out], ``b`` [stack, 1, out].

    ``w`` and ``b`` may have one entry for the whole stack.
    """
    if not applies(x, w, b):
        return torch.baddbmm(b, x, w.expand(len(x), -1, -1))
    result: torch.Tensor = _Affine.apply(x, w, b) if recorded(x, w, b) else _affine(x, w, b)
    return result


def product(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    """Return ``x w`` [stack, rows, out] of ``x`` [stack, rows, in] and ``w`` [stack, in, out], or one for all."""
    return affine(x, w, x.new_zeros(1, 1, w.shape[2]))


def dots(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the scalar products [..., n] of ``x`` [..., n, width] with ``y`` [..., width]."""
    return product(x.flatten(0, -3), y.flatten(0, -2).unsqueeze(2)).view(x.shape[:-1])


def totals(x: torch.Tensor) -> torch.Tensor:
    """Return the sums [...] of ``x`` [..., n] along its last axis, added up from the first to the last."""
    return product(x.reshape(1, math.prod(x.shape[:-1]), x.shape[-1]), x.new_ones(1, x.shape[-1], 1)).view(x.shape[:-1])


def tanh(x: torch.Tensor) -> torch.Tensor:
    """Return tanh of every element."""
    return _each(functions.tanh_all, torch.tanh, x)


def sqrt(x: torch.Tensor) -> torch.Tensor:
    """Return the square root of every element."""
    return _each(functions.sqrt_all, torch.sqrt, x)


def sigmoid(x: torch.Tensor) -> torch.Tensor:
    """Return 1 / (1 + exp(-x)) of every element."""
    return _each(functions.sigmoid_all, torch.sigmoid, x)


def softplus(x: torch.Tensor) -> torch.Tensor:
    """Return log(1 + exp(x)) of every element."""
    return _each(functions.softplus_all, functional.softplus, x)


def softmax(x: torch.Tensor) -> torch.Tensor:
    """Return the softmax along the last axis."""
    if not applies(x) or recorded(x):
        return torch.softmax(x, -1)
    rows = x.detach().contiguous()
    out = torch.empty_like(rows)
    functions.softmax_rows(*(one.view(-1, one.shape[-1]).numpy() for one in (rows, out)))
    return out


def log_loss(logits: torch.Tensor, label: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return which rows of ``logits`` [samples, classes] are first largest at ``label``, and the cross-entropy [nats].

    Rows are float32 on a processor; ``label`` is int64 [samples].
    """
    correct, loss_nats = np.empty(len(label), np.bool_), np.empty(len(label), np.float32)
    rows = logits.detach().contiguous().numpy()
    functions.judge_rows(rows, label.contiguous().numpy(), correct, loss_nats)
    return torch.from_numpy(correct), torch.from_numpy(loss_nats)


def applies(*tensors: torch.Tensor) -> bool:
    """Return whether kernels compute with these tensors: float32 on a processor."""
    # Asked at every product: a loop begins sooner than a generator.
    for one in tensors:  # noqa: SIM110
        if type(one) not in _PLAIN or one.dtype is not torch.float32 or not one.is_cpu:
            return False
    return True


def recorded(*tensors: torch.Tensor) -> bool:
    """Return whether torch notes what is computed, for gradients."""
    return torch.is_grad_enabled() and any(one.requires_grad for one in tensors)


class _Affine(torch.autograd.Function):
    """The product with its gradients, which are products of the same kind."""

    @staticmethod
    def forward(context: Any, x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        context.save_for_backward(x, w, b)
        return _affine(x, w, b)

    @staticmethod
    def backward(context: Any, *slopes: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        (slope,), (x, w, b) = slopes, context.saved_tensors
        by_x, by_w, by_b = context.needs_input_grad
        return (
            product(slope, w.transpose(1, 2)) if by_x else None,
            product(*_joined(w, x.transpose(1, 2), slope)) if by_w else None,
            product(*_joined(b, slope.new_ones(1, 1, slope.shape[1]).expand(len(x), -1, -1), slope)) if by_b else None,
        )


def _joined(weights: torch.Tensor, left: torch.Tensor, right: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return ``left`` [stack, n, rows] and ``right`` [stack, rows, out]; as one entry if ``weights`` is one for all."""
    if len(weights) == len(right):
        return left, right
    return left.transpose(0, 1).reshape(1, left.shape[1], -1), right.reshape(1, -1, right.shape[2])


def _affine(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    (stack, rows, depth), (w_stack, inputs, columns), (b_stack, *offset) = x.shape, w.shape, b.shape
    if {w_stack, b_stack} - {1, stack} or inputs != depth or offset != [1, columns]:
        raise ValueError(f"no product of x {list(x.shape)}, w {list(w.shape)}, b {list(b.shape)}")
    if not depth:
        return b.expand(stack, rows, -1).clone()
    out = x.new_empty(stack, rows, columns)
    w, b = _readable(w), _readable(b)
    w_entry, w_step, _ = w.stride()
    weights = w.data_ptr(), w_entry if w_stack > 1 else 0, w_step
    offsets = b.data_ptr(), b.stride(0) if b_stack > 1 else 0
    products.multiply_at(out.data_ptr(), x.data_ptr(), *x.stride(), *weights, *offsets, stack, rows, depth, columns)
    return out


def _readable(stack: torch.Tensor) -> torch.Tensor:
    """Return a stack whose last axis is contiguous; what is the same memory over and over again stays so."""
    entry, _, step = stack.stride()
    if step == 1:
        return stack
    return stack.contiguous() if entry else stack[:1].contiguous().expand_as(stack)


def _each(kernel: Callable[..., None], of_torch: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> Any:
    if not applies(x) or recorded(x):
        return of_torch(x)
    values = x.detach().contiguous() if x.requires_grad else x.contiguous()
    out = torch.empty_like(values)
    kernel(values.numpy().reshape(-1), out.numpy().reshape(-1))
    return out
