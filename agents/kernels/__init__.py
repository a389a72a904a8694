"""Arithmetic with a fixed order: the same bits in any batch, at any place of it, on every processor.

The law "one scenario and one seed give one digest" needs functions of a row that do not depend on the rows beside it.
Libraries do not promise that: they choose another order of summation, or fuse multiplication and addition, by shape,
by alignment and by instruction set. Here each element of a product is ``((b + x0 w0) + x1 w1) + ...``, in this order,
every step rounded to float32 as IEEE 754 says; vectors lie across the elements, never along a sum. Exponential,
logarithm and tanh are made of the same basic operations. LLVM compiles them for the processor it runs on and may
neither reorder nor fuse them.

On a GPU, and for other types than float32, torch computes.
"""

from agents.kernels.layers import (
    affine,
    applies,
    dots,
    log_loss,
    product,
    recorded,
    sigmoid,
    softmax,
    softplus,
    sqrt,
    tanh,
    totals,
)
from agents.kernels.steps import adam_step

__all__ = [
    "adam_step",
    "affine",
    "applies",
    "dots",
    "log_loss",
    "product",
    "recorded",
    "sigmoid",
    "softmax",
    "softplus",
    "sqrt",
    "tanh",
    "totals",
]
