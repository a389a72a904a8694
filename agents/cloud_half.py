"""The cloud half of a method: payloads in, updates out, in the order of service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch

from agents.codecs import coded, decoded
from agents.contract import Kept, ServiceTime
from agents.devices import CPU, device_of, moved, name_of
from agents.keeping import as_arrays, as_tensors, below, under
from agents.methods.base import CHUNK, CloudState, Method, Payload, Updates, Who
from agents.methods.padding import without_padding
from agents.service_time import measure
from agents.shelf import Loan, Shelf

#: What is kept beside the fields of a payload.
_DEVICE, _COLLECTED_S = "who.device", "who.collected_s"


class Collected(NamedTuple):
    """What some devices handed over.

    Attributes:
        ticket, device: int64 [tickets]; devices are numbered over the fleet.
        at_s: float64 [tickets], when they did [s].
        payload: stacked in the same order, coded as on the wire.
    """

    ticket: np.ndarray
    device: np.ndarray
    at_s: np.ndarray
    payload: Payload


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
        method = self._method
        options = vars(method).get("options", {})
        return f"{method.name} {method.payload_fields} {method.update_fields} {options}{where}"

    def device_name(self) -> str:
        """Return which kind of device computes here."""
        return name_of(self._device)

    def take(self, parts: Iterable[Collected]) -> None:
        """Take in what blocks collected, block by block."""
        for ticket, device, at_s, payload in parts:
            # What comes from another process must not be written to; tensors may be.
            who = {_DEVICE: torch.from_numpy(device.copy()), _COLLECTED_S: torch.from_numpy(at_s.copy())}
            self._payloads.put(ticket.tolist(), payload | who)

    def adapt(self, tickets: np.ndarray, groups: np.ndarray) -> None:
        """Turn the payloads of some tickets into updates, in the order of their service; groups share a number."""
        method = self._method
        for part in self._parts(groups):
            some = tickets[part].tolist()
            wire = moved(self._payloads.take(some), self._device)
            who = self._who(tickets[part], groups[part], wire)
            payloads = decoded(method.codec, method.payload_fields, wire)
            self.state, updates = method.adapt(self.state, payloads, who)
            self._updates.put(some, moved(coded(method.codec, method.update_fields, updates), CPU))

    def _parts(self, groups: np.ndarray) -> Iterator[slice]:
        """Yield what is adapted to in one call: groups if the method wants them whole, else so much as stays cached."""
        if self._method.together:
            ends = np.flatnonzero(np.diff(groups, append=-1)) + 1
            yield from (slice(first, end) for first, end in pairwise([0, *ends.tolist()]))
        else:
            yield from (slice(first, first + CHUNK) for first in range(0, len(groups), CHUNK))

    def _who(self, ticket: np.ndarray, group: np.ndarray, wire: Payload) -> Who:
        numbers = (torch.from_numpy(values).to(self._device) for values in (ticket, group))
        ticket_, group_ = numbers
        return Who(ticket_, wire.pop(_DEVICE), wire.pop(_COLLECTED_S), group_)

    def measure(self, payloads: Payload) -> ServiceTime:
        """Return how long it takes to serve some of ``payloads``, as on the wire; the state stays as it was.

        Rows are computed without padding: it keeps bits the same, and a cloud that only serves does without.
        """
        scratch = CloudHalf(self._method, {name: values.clone() for name, values in self.state.items()})
        with without_padding():
            return measure(lambda requests: scratch._serve(payloads, requests))

    def _serve(self, wire: Payload, requests: int) -> None:
        method, some = self._method, {name: rows[:requests] for name, rows in wire.items()}
        payloads = decoded(method.codec, method.payload_fields, moved(some, self._device))
        self.state, updates = method.adapt(self.state, payloads, self._nobody(requests))
        # A GPU is only done when its results are here.
        moved(coded(method.codec, method.update_fields, updates), CPU)

    def _nobody(self, requests: int) -> Who:
        zeros = torch.zeros(requests, dtype=torch.int64, device=self._device)
        return Who(torch.arange(requests, device=self._device), zeros, zeros.double(), zeros)

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
