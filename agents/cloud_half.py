"""The cloud half of a method: payloads in, updates out, in the order of service."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict

import numpy as np
import torch

from agents.codecs.message import coded, decoded
from agents.contract import Kept
from agents.devices import CPU, device_of, moved, name_of
from agents.keeping import as_arrays, as_tensors, below, under
from agents.methods.base import CHUNK, CloudState, Method, Payload, Updates
from agents.shelf import Loan, Shelf

_TYPES = {"int32": torch.int32, "int16": torch.int16, "uint8": torch.uint8}


class CloudHalf:
    """Keeps payloads until they are served and updates until they are installed.

    It computes on the device that ``state`` is on; whatever waits here waits on the processor, coded as on the wire.
    """

    def __init__(self, method: Method, state: CloudState) -> None:
        self._method, self._device = method, device_of(state)
        self.state = state
        self._payloads, self._updates = Shelf(), Shelf()

    @property
    def name(self) -> str:
        """Tell what is computed here: the method, its messages and its options; and on what, unless it is as ever."""
        where = "" if self._device == CPU else f" on {self.device_name()}"
        options = vars(self._method).get("options", {})
        plain = options if isinstance(options, Mapping) else asdict(options)
        return f"{self._method.name} {self._method.payload_fields} {plain}{where}"

    def device_name(self) -> str:
        """Return which kind of device computes here."""
        return name_of(self._device)

    def take(self, parts: Iterable[tuple[np.ndarray, Payload]]) -> None:
        """Take in what blocks collected, block by block."""
        for tickets, payloads in parts:
            self.receive(tickets, payloads)

    def receive(self, tickets: np.ndarray, payloads: Payload) -> None:
        """Take in the payloads of some tickets, int64 [tickets], stacked in their order."""
        self._payloads.put(tickets.tolist(), payloads)

    def adapt(self, tickets: np.ndarray) -> None:
        """Turn the payloads of some tickets into updates, in the order of their service."""
        method = self._method
        # A few at a time, from payload to update: what is computed stays in the cache.
        for first in range(0, len(tickets), CHUNK):
            some = tickets[first : first + CHUNK].tolist()
            wire = moved(self._payloads.take(some), self._device)
            self.state, updates = method.adapt(self.state, decoded(method.codec, method.payload_fields, wire))
            self._updates.put(some, moved(coded(method.codec, method.update_fields, updates), CPU))

    def measure_s(self, repeats: int = 21) -> float:
        """Return the median time [s] that adapting to one empty payload takes; the state stays as it was."""
        payload = {
            field.name: torch.zeros(1, *field.shape, dtype=_TYPES.get(field.dtype, torch.float32), device=self._device)
            for field in self._method.payload_fields
        }
        walls_s = []
        for _ in range(repeats):
            state = {name: values.clone() for name, values in self.state.items()}
            began = time.perf_counter()
            # A GPU is only done when its results are here.
            moved(self._method.adapt(state, payload)[1], CPU)
            walls_s.append(time.perf_counter() - began)
        return sorted(walls_s)[repeats // 2]

    def parcel(self, tickets: np.ndarray) -> Loan:
        """Give away the updates of some tickets, in their order; they are looked at before anything else is done."""
        return self._updates.lend(tickets.tolist())

    def hand_out(self, tickets: np.ndarray) -> Updates:
        """Give away the updates of some tickets, stacked in their order."""
        return self._updates.take(tickets.tolist())

    def forget(self, tickets: np.ndarray) -> None:
        """Drop whatever is kept of exchanges that came to nothing."""
        for shelf in (self._payloads, self._updates):
            shelf.drop(tickets.tolist())

    def checkpoint(self) -> Kept:
        """Return the state, and all payloads and updates that wait here."""
        kept = below("state", as_arrays(self.state))
        for name, shelf in (("payloads", self._payloads), ("updates", self._updates)):
            kept |= below(name, shelf.checkpoint())
        return kept

    def restore(self, kept: Kept) -> None:
        """Go to where :meth:`checkpoint` was called on a cloud half of the same method."""
        self.state = moved(as_tensors(under("state", kept)), self._device)
        for name, shelf in (("payloads", self._payloads), ("updates", self._updates)):
            shelf.restore(under(name, kept))
