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


@compiled("void(f4[:,:,:], f4[:,:,:], f4[:,:,:], f4[:,:,::1])")
def multiply(x: np.ndarray, w: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """Put ``x w + b`` of ``x`` [stack, rows, in], ``w`` [stack, in, out], ``b`` [stack, 1, out] into ``out``.

    ``w`` and ``b`` may have one entry for the whole stack; their last axis is contiguous.
    """
    depth, columns = w.shape[1], w.shape[2]
    w_each = w.strides[0] if w.shape[0] > 1 else 0
    b_each = b.strides[0] if b.shape[0] > 1 else 0
    x_row, x_step, w_step, out_row = x.strides[1], x.strides[2], w.strides[1], out.strides[1]
    for entry in range(x.shape[0]):
        to, of = out.ctypes.data + entry * out.strides[0], x.ctypes.data + entry * x.strides[0]
        by, plus = w.ctypes.data + entry * w_each, b.ctypes.data + entry * b_each
        row = 0
        while row + _ROWS <= x.shape[1]:
            at, source = to + row * out_row, of + row * x_row
            _rows_at_once(at, out_row, source, x_row, x_step, by, w_step, plus, depth, columns)
            row += _ROWS
        while row < x.shape[1]:
            _single_row(to + row * out_row, of + row * x_row, x_step, by, w_step, plus, depth, columns)
            row += 1
