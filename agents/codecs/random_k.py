"""Some numbers of each field, drawn at random; both ends draw the same places, so that none is written.

Stich, Cordonnier and Jaggi, "Sparsified SGD with memory" (NeurIPS 2018); without memory numbers are scaled so that what
arrives is right on average: Wangni, Wang, Liu and Zhang, "Gradient sparsification" (NeurIPS 2018).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from agents.codecs.around import ErrorFeedback
from agents.codecs.base import Codec, End, Rows
from agents.codecs.draws import drawn, draws, not_drawn_yet
from agents.codecs.message import Field, Tensors
from agents.codecs.options import RandomKOptions
from agents.codecs.per_field import Part, PerField
from agents.codecs.places import count_of
from agents.seeding import Purpose


class RandomPlaces(PerField):
    """A ``share`` of the numbers of each field, one at least; with ``scaled`` as much larger as they are fewer."""

    def __init__(self, seed: int, share: float, *, scaled: bool) -> None:
        self._seed, self._share, self._scaled = seed, share, scaled

    def layout(self, field: Field) -> Sequence[Part]:
        return (Part("numbers", count_of(self._share, field.numel), "<f4"),)

    def begin(self, field: Field, devices: torch.Tensor, end: End) -> Tensors:
        return not_drawn_yet(devices)

    def code_after(self, values: torch.Tensor, field: Field, memory: Rows) -> tuple[Tensors, Tensors]:
        return self.code(values.gather(1, self._places(field, memory).to(values.device)), field), drawn(memory)

    def code(self, values: torch.Tensor, field: Field) -> Tensors:
        scale = field.numel / max(values.shape[1], 1) if self._scaled else 1.0
        return {"numbers": values * scale}

    def restore_after(self, parts: Rows, field: Field, memory: Rows) -> tuple[torch.Tensor, Tensors]:
        values = self.restore(parts, field)
        return values.scatter_(1, self._places(field, memory).to(values.device), parts["numbers"]), drawn(memory)

    def restore(self, parts: Rows, field: Field) -> torch.Tensor:
        return parts["numbers"].new_zeros(len(parts["numbers"]), field.numel)

    def _places(self, field: Field, memory: Rows) -> torch.Tensor:
        """Return the places that an exchange sends, rising, int64 [messages, count]."""
        uniform = draws(self._seed, Purpose.CODEC_PLACES, field, memory, field.numel)
        first = uniform.argsort(dim=1, stable=True)[:, : count_of(self._share, field.numel)]
        return first.sort(dim=1).values


def random_k(seed: int, options: RandomKOptions) -> Codec:
    """Return the codec, with or without feedback."""
    places = RandomPlaces(seed, options.share, scaled=options.scaled)
    return ErrorFeedback(places) if options.feeds_back else places
