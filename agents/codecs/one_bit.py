"""One bit a number: its sign; each arrives as large as all are on average.

Seide, Fu, Droppo, Li and Yu, "1-bit stochastic gradient descent" (Interspeech 2014); Bernstein et al., "signSGD" (ICML
2018); Karimireddy et al., "Error feedback fixes SignSGD" (ICML 2019).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from agents.codecs.around import ErrorFeedback
from agents.codecs.base import Codec, Rows
from agents.codecs.bits import packed, packed_bytes, unpacked
from agents.codecs.message import Field, Tensors
from agents.codecs.options import OneBitOptions
from agents.codecs.per_field import Part, PerField
from agents.kernels import totals


class Signs(PerField):
    """The mean absolute value of a field, and a sign for each of its numbers."""

    def layout(self, field: Field) -> Sequence[Part]:
        return (Part("mean", 1, "<f4"), Part("signs", packed_bytes(field.numel, 1), "<u1"))

    def code(self, values: torch.Tensor, field: Field) -> Tensors:
        mean = totals(values.abs()).unsqueeze(1) / max(field.numel, 1)
        return {"mean": mean, "signs": packed(values < 0.0, 1)}

    def restore(self, parts: Rows, field: Field) -> torch.Tensor:
        return parts["mean"] * (1.0 - 2.0 * unpacked(parts["signs"], 1, field.numel))


def one_bit(options: OneBitOptions) -> Codec:
    """Return the codec, with or without feedback."""
    return ErrorFeedback(Signs()) if options.feeds_back else Signs()
