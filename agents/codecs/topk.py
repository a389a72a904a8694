"""Only the largest numbers of each field are sent, with their places; all others are zeros on arrival.

Aji and Heafield, "Sparse communication for distributed gradient descent" (EMNLP 2017). What is not sent is kept by
error feedback and sent later: Stich, Cordonnier and Jaggi, "Sparsified SGD with memory" (NeurIPS 2018).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from agents.codecs.around import ErrorFeedback
from agents.codecs.base import Codec, Rows
from agents.codecs.message import Field, Tensors
from agents.codecs.options import TopKOptions
from agents.codecs.per_field import Part, PerField
from agents.codecs.places import count_of, pack_places, places_bytes, unpack_places


class Largest(PerField):
    """Send a ``share`` of the numbers of each field, those that are largest in absolute value, one at least.

    With a ``threshold``, of these only numbers that are as large: how many there are then depends on the data, and
    is written first, in four bytes.
    """

    def __init__(self, share: float, threshold: float | None) -> None:
        self._share, self._threshold = share, threshold
        self.fixed = threshold is None

    def layout(self, field: Field) -> Sequence[Part]:
        most = self._most_sent(field)
        sent = (Part("places", most, "<i4"), Part("numbers", most, "<f4"))
        return sent if self.fixed else (Part("count", 1, "<u4"), *sent)

    def code(self, values: torch.Tensor, field: Field) -> Tensors:
        # Equal numbers are taken in their order: a stable sort does not show who else is in the batch.
        order = values.abs().sort(dim=1, descending=True, stable=True).indices
        places = order[:, : self._most_sent(field)].sort(dim=1).values
        numbers = values.gather(1, places)
        if self._threshold is None:
            return {"places": places.int(), "numbers": numbers}
        return _in_front(places, numbers, numbers.abs() >= self._threshold, field.numel)

    def restore(self, parts: Rows, field: Field) -> torch.Tensor:
        numbers = parts["numbers"]
        # What is not sent after all has its place behind the last one.
        values = numbers.new_zeros(len(numbers), field.numel + 1)
        return values.scatter_(1, parts["places"].long(), numbers)[:, : field.numel]

    def most(self, field: Field) -> int:
        most = self._most_sent(field)
        if self.fixed:
            return int(_bytes(field, torch.tensor(most)))
        return _COUNT.itemsize + int(_bytes(field, torch.arange(most + 1)).max())

    def sizes(self, parts: Rows, field: Field) -> torch.Tensor:
        if self.fixed:
            return super().sizes(parts, field)
        return _COUNT.itemsize + _bytes(field, parts["count"][:, 0])

    def pack(self, parts: Rows, field: Field) -> bytes:
        count = self._most_sent(field) if self.fixed else int(parts["count"])
        head = b"" if self.fixed else np.array([count], _COUNT).tobytes()
        numbers = parts["numbers"][:count].numpy().astype(_NUMBER).tobytes()
        return head + pack_places(field.numel, parts["places"][:count].long()) + numbers

    def unpack(self, data: bytes, field: Field) -> tuple[Tensors, int]:
        most, start = self._most_sent(field), 0 if self.fixed else _COUNT.itemsize
        count = most if self.fixed else int(np.frombuffer(data[:start], _COUNT)[0])
        sent, size = unpack_places(field.numel, count, data[start:])
        start, end = start + size, start + size + count * _NUMBER.itemsize
        if len(data) < end:
            raise ValueError(f"{field.name} needs {end} bytes")
        places, numbers = torch.full((most,), field.numel, dtype=torch.int32), torch.zeros(most)
        places[:count] = sent
        numbers[:count] = torch.from_numpy(np.frombuffer(data[start:end], _NUMBER).astype(np.float32))
        read = {} if self.fixed else {"count": torch.tensor([count])}
        return read | {"places": places, "numbers": numbers}, end

    def _most_sent(self, field: Field) -> int:
        return count_of(self._share, field.numel)


def _in_front(places: torch.Tensor, numbers: torch.Tensor, sent: torch.Tensor, numel: int) -> Tensors:
    """Return what is sent before what is not, each in its order: the latter as zeros, behind the last place."""
    order = sent.byte().sort(dim=1, descending=True, stable=True).indices
    places, numbers = places.masked_fill(~sent, numel).int(), numbers.masked_fill(~sent, 0.0)
    return {"count": sent.sum(1, keepdim=True), "places": places.gather(1, order), "numbers": numbers.gather(1, order)}


def _bytes(field: Field, count: torch.Tensor) -> torch.Tensor:
    return places_bytes(field.numel, count) + count * _NUMBER.itemsize


_COUNT, _NUMBER = np.dtype("<u4"), np.dtype("<f4")


def topk(options: TopKOptions) -> Codec:
    """Return the codec, with or without feedback."""
    largest = Largest(options.share, options.threshold)
    return ErrorFeedback(largest) if options.feeds_back else largest
