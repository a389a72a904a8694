"""The cloud half of a method: payloads in, updates out, in the order of service."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch

from agents.codecs import coded, decoded
from agents.contract import Kept
from agents.devices import CPU, device_of, moved, name_of
from agents.keeping import as_arrays, as_tensors, below, frozen_part, moving_part, shared_arrays, under
from agents.methods.base import CHUNK, CloudState, Method, Payload, Updates, Who
from agents.shelf import Loan, Shelf

#: What is kept beside the fields of a payload.
_DEVICE, _COLLECTED_S = "who.device", "who.collected_s"
_TYPES = {"int32": torch.int32, "int16": torch.int16, "uint8": torch.uint8}


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
        return f"{self._method.name} {self._method.payload_fields} {vars(self._method).get('options', {})}{where}"

    def device_name(self) -> str:
        """Return which kind of device computes here."""
        return name_of(self._device)

    def take(self, parts: Iterable[Collected]) -> None:
        """Take in what blocks collected, block by block."""
        for ticket, device, at_s, payload in parts:
            who = {_DEVICE: torch.from_numpy(device), _COLLECTED_S: torch.from_numpy(at_s)}
            self._payloads.put(ticket.tolist(), payload | who)

    def adapt(self, tickets: np.ndarray, groups: np.ndarray) -> None:
        """Turn the payloads of some tickets into updates, in the order of their service; groups share a number."""
        method = self._method
        for part in self._parts(groups):
            some = tickets[part].tolist()
            wire = moved(self._payloads.take(some), self._device)
            who = self._who(tickets[part], groups[part], wire)
            payloads = decoded(method.codec, method.payload_fields, wire)
            self.state, updates = self._same_frozen(*method.adapt(self.state, payloads, who))
            self._updates.put(some, moved(coded(method.codec, method.update_fields, updates), CPU))

    def _same_frozen(self, later: CloudState, updates: Updates) -> tuple[CloudState, Updates]:
        """Return the state of the cloud after a call of the method, with its frozen part.

        Raises:
            TypeError: the method has changed a frozen tensor, which is kept once for the whole run.
        """
        frozen = frozen_part(self.state)
        changed = [name for name, values in frozen_part(later).items() if values is not frozen.get(name)]
        if changed:
            raise TypeError(f"{self._method.name}.adapt changed {changed[0]!r}; what changes needs another name")
        return {**later, **frozen}, updates

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

    def measure_s(self, repeats: int = 21) -> float:
        """Return the median time [s] that adapting to one empty payload takes; the state stays as it was."""
        payload = {
            field.name: torch.zeros(1, *field.shape, dtype=_TYPES.get(field.dtype, torch.float32), device=self._device)
            for field in self._method.payload_fields
        }
        walls_s = []
        for _ in range(repeats):
            state = self.state | {name: values.clone() for name, values in moving_part(self.state).items()}
            began = time.perf_counter()
            # A GPU is only done when its results are here.
            moved(self._method.adapt(state, payload, self._nobody())[1], CPU)
            walls_s.append(time.perf_counter() - began)
        return sorted(walls_s)[repeats // 2]

    def _nobody(self) -> Who:
        zeros = torch.zeros(1, dtype=torch.int64, device=self._device)
        return Who(zeros, zeros, zeros.double(), zeros)

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
        kept = below("state", as_arrays(moving_part(self.state)))
        kept |= below("state", shared_arrays(frozen_part(self.state)))
        for name, shelf in (("payloads", self._payloads), ("updates", self._updates)):
            kept |= below(name, shelf.checkpoint())
        return kept

    def restore(self, kept: Kept) -> None:
        """Go to where :meth:`checkpoint` was called on a cloud half of the same method."""
        self.state = moved(as_tensors(under("state", kept)), self._device)
        for name, shelf in (("payloads", self._payloads), ("updates", self._updates)):
            shelf.restore(under(name, kept))
