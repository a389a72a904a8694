"""Products of stacks of matrices, element by element in a fixed order."""

from __future__ import annotations

import numpy as np

from agents.kernels.compiling import compiled, inlined
from agents.kernels.tiles import LANES, tile

#: Rows that share what they load of the weights.
_ROWS = 4
_many, _many_partial = tile(_ROWS, partial=False), tile(_ROWS, partial=True)
_one, _one_partial = tile(1, partial=False), tile(1, partial=True)


@inlined
def _rows_at_once(out, out_step, x, x_row, x_step, w, w_step, b, depth, columns):  # type: ignore[no-untyped-def]
    first = 0
    while first + LANES <= columns:
        at = 4 * first
        _many(out + at, out_step, x, x_row, x_step, w + at, w_step, b + at, depth, 0)
        first += LANES
    if first < columns:
        at = 4 * first
        _many_partial(out + at, out_step, x, x_row, x_step, w + at, w_step, b + at, depth, columns - first)


@inlined
def _single_row(out, x, x_step, w, w_step, b, depth, columns):  # type: ignore[no-untyped-def]
    first = 0
    while first + LANES <= columns:
        at = 4 * first
        _one(out + at, 0, x, 0, x_step, w + at, w_step, b + at, depth, 0)
        first += LANES
    if first < columns:
        at = 4 * first
        _one_partial(out + at, 0, x, 0, x_step, w + at, w_step, b + at, depth, columns - first)


@inlined
def _products(  # type: ignore[no-untyped-def]
    out, out_entry, out_row, x, x_entry, x_row, x_step, w, w_entry, w_step, b, b_entry, stack, rows, depth, columns
):
    for entry in range(stack):
        to, of = out + entry * out_entry, x + entry * x_entry
        by, plus = w + entry * w_entry, b + entry * b_entry
        row = 0
        while row + _ROWS <= rows:
            at, source = to + row * out_row, of + row * x_row
            _rows_at_once(at, out_row, source, x_row, x_step, by, w_step, plus, depth, columns)
            row += _ROWS
        while row < rows:
            _single_row(to + row * out_row, of + row * x_row, x_step, by, w_step, plus, depth, columns)
            row += 1


@compiled("void(f4[:,:,:], f4[:,:,:], f4[:,:,:], f4[:,:,::1])")
def multiply(x: np.ndarray, w: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """Put ``x w + b`` of ``x`` [stack, rows, in], ``w`` [stack, in, out], ``b`` [stack, 1, out] into ``out``.

    ``w`` and ``b`` may have one entry for the whole stack; their last axis is contiguous.
    """
    w_entry = w.strides[0] if w.shape[0] > 1 else 0
    b_entry = b.strides[0] if b.shape[0] > 1 else 0
    _products(
        out.ctypes.data, out.strides[0], out.strides[1],
        x.ctypes.data, x.strides[0], x.strides[1], x.strides[2],
        w.ctypes.data, w_entry, w.strides[1],
        b.ctypes.data, b_entry,
        x.shape[0], x.shape[1], w.shape[1], w.shape[2],
    )  # fmt: skip


@compiled("void(i8, i8, i8, i8, i8, i8, i8, i8, i8, i8, i8, i8, i8, i8)")
def multiply_at(  # type: ignore[no-untyped-def]
    out, x, x_entry, x_row, x_step, w, w_entry, w_step, b, b_entry, stack, rows, depth, columns
):
    """Do as :func:`multiply` does, by addresses and by distances in numbers; ``out`` is contiguous.

    A call that takes no arrays begins in a third of the time: most products are small.
    """
    _products(
        out, 4 * rows * columns, 4 * columns,
        x, 4 * x_entry, 4 * x_row, 4 * x_step,
        w, 4 * w_entry, 4 * w_step,
        b, 4 * b_entry,
        stack, rows, depth, columns,
    )  # fmt: skip
