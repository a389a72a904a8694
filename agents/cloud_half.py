"""The cloud half of a method: payloads in, updates out, in the order of service."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

import numpy as np
import torch

from agents.codecs import roundtrip
from agents.contract import Adapt, Kept
from agents.keeping import as_arrays, as_tensors, below, under
from agents.methods.base import CloudState, Method, Payload, Updates

_TYPES = {"int32": torch.int32, "int16": torch.int16, "uint8": torch.uint8}


class CloudHalf:
    """Keeps payloads until they are served and updates until they are installed."""

    def __init__(self, method: Method, state: CloudState) -> None:
        self._method = method
        self.state = state
        self._payloads: dict[int, Payload] = {}
        self._updates: dict[int, Updates] = {}

    @property
    def name(self) -> str:
        """Tell what is computed here: the method, its messages and its options."""
        return f"{self._method.name} {self._method.payload_fields} {vars(self._method).get('options', {})}"

    def take(self, parts: Iterable[tuple[list[int], Payload]]) -> None:
        """Take in what blocks collected, block by block."""
        for tickets, payloads in parts:
            self.receive(tickets, payloads)

    def receive(self, tickets: Sequence[int], payloads: Payload) -> None:
        """Take in the payloads of some tickets, stacked in their order."""
        _file(self._payloads, tickets, payloads)

    def adapt(self, adapts: Sequence[Adapt]) -> None:
        """Turn payloads into updates, in service order."""
        tickets = [ticket for order in adapts for ticket in order.tickets]
        if tickets:
            payloads = _stacked([self._payloads.pop(ticket) for ticket in tickets])
            self.state, updates = self._method.adapt(self.state, payloads)
            method = self._method
            _file(self._updates, tickets, roundtrip(method.codec, method.update_fields, updates))

    def measure_s(self, repeats: int = 21) -> float:
        """Return the median time [s] that adapting to one empty payload takes; the state stays as it was."""
        payload = {
            field.name: torch.zeros(1, *field.shape, dtype=_TYPES.get(field.dtype, torch.float32))
            for field in self._method.payload_fields
        }
        walls_s = []
        for _ in range(repeats):
            state = {name: values.clone() for name, values in self.state.items()}
            began = time.perf_counter()
            self._method.adapt(state, payload)
            walls_s.append(time.perf_counter() - began)
        return sorted(walls_s)[repeats // 2]

    def hand_out(self, tickets: Sequence[int]) -> Updates:
        """Give away the updates of some tickets, stacked in their order."""
        return _stacked([self._updates.pop(ticket) for ticket in tickets])

    def forget(self, ticket: int) -> None:
        """Drop whatever is kept of an exchange that came to nothing."""
        self._payloads.pop(ticket, None)
        self._updates.pop(ticket, None)

    def checkpoint(self) -> Kept:
        """Return the state, and all payloads and updates that wait here."""
        kept = below("state", as_arrays(self.state))
        for name, shelf in (("payloads", self._payloads), ("updates", self._updates)):
            kept[f"{name}.tickets"] = np.array(list(shelf), np.int64)
            kept |= below(f"{name}.rows", as_arrays(_stacked(list(shelf.values()))) if shelf else {})
        return kept

    def restore(self, kept: Kept) -> None:
        """Go to where :meth:`checkpoint` was called on a cloud half of the same method."""
        self.state = as_tensors(under("state", kept))
        for name, shelf in (("payloads", self._payloads), ("updates", self._updates)):
            shelf.clear()
            _file(shelf, kept[f"{name}.tickets"].tolist(), as_tensors(under(f"{name}.rows", kept)))


def _file(shelf: dict[int, dict[str, torch.Tensor]], tickets: Sequence[int], stacked: dict[str, torch.Tensor]) -> None:
    columns = {name: values.unbind(0) for name, values in stacked.items()}
    for row, ticket in enumerate(tickets):
        shelf[ticket] = {name: values[row] for name, values in columns.items()}


def _stacked(rows: Sequence[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    return {name: torch.stack([row[name] for row in rows]) for name in rows[0]}
