"""The cloud half of a method: payloads in, updates out, in the order of service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch

from agents.checkpoint_names import (
    as_arrays,
    as_tensors,
    frozen_part,
    moving_part,
    shared_arrays,
    with_prefix,
    without_prefix,
)
from agents.codecs.base import Codec, fresh, nbytes_of
from agents.codecs.message import Message
from agents.contract import ServiceTime, Snapshot
from agents.fleet.message_memory import VERSION, CloudMemory, require_version
from agents.fleet.row_buffer import BufferView, RowBuffer
from agents.methods.base import CHUNK, CloudState, Method, Payload, Updates, Who
from agents.methods.chunks import without_padding
from agents.orders import Kind, Orders
from agents.service_time import measure
from agents.torch_device import CPU, device_of, moved, name_of

#: Requests that are adapted to in one call: at most so many, and so many as have about so many bytes of messages.
_MOST, _CACHED_BYTES = 1024, 2**22
#: What is kept beside the fields of a payload.
_DEVICE, _COLLECTED_S = "who.device", "who.collected_s"
#: Prefixes of what is remembered of the device, of payloads and of updates.
_UP, _DOWN = "held.up.", "held.down."


class Collected(NamedTuple):
    """Payloads collected from some devices.

    Attributes:
        ticket, device: int64 [tickets]; devices are numbered over the fleet.
        at_s: float64 [tickets], the time of the collect [s].
        payload: stacked in the same order, coded as on the wire.
    """

    ticket: np.ndarray
    device: np.ndarray
    at_s: np.ndarray
    payload: Payload


class CloudHalf:
    """Keeps payloads until they are served and updates until they are installed.

    It computes on the device that ``state`` is on; what waits here stays on the processor, coded as on the wire.
    """

    def __init__(self, method: Method, state: CloudState) -> None:
        self._method, self._device = method, device_of(state)
        self.state = state
        self._payloads, self._updates = RowBuffer(), RowBuffer()
        known = method.known(state)
        self._up = CloudMemory(method.payload_codec, method.payload_fields, "receiver", known)
        self._down = CloudMemory(method.update_codec, method.update_fields, "sender", known)
        least = method.payload_bytes + method.update_bytes
        self._most = max(CHUNK, min(_MOST, _CACHED_BYTES // max(1, least)))
        # Most codecs remember nothing.
        self._memories = [memory for memory in (self._up, self._down) if memory.names]
        # Whether devices remember what updates brought, so that both ends must agree.
        self._checks = bool(fresh(method.update_codec, method.update_fields, "receiver", 0))

    @property
    def name(self) -> str:
        """What is computed here: the method, its messages and its options; and the device, unless it is the CPU."""
        where = "" if self._device == CPU else f" on {self.device_name()}"
        method = self._method
        options = vars(method).get("options", {})
        plain = options if isinstance(options, Mapping) else asdict(options)
        return f"{method.name} {method.payload_fields} {method.update_fields} {plain}{where}"

    def device_name(self) -> str:
        """Return which kind of device computes here."""
        return name_of(self._device)

    def take(self, parts: Iterable[Collected]) -> None:
        """Take in what blocks collected, block by block."""
        for ticket, device, at_s, payload in parts:
            who = {_DEVICE: torch.tensor(device), _COLLECTED_S: torch.tensor(at_s)}
            held = self._held_of(device.tolist()) if self._memories else {}
            self._payloads.put(ticket.tolist(), payload | who | held)

    def _held_of(self, devices: list[int]) -> Payload:
        """Return what is remembered of devices that collect now: their exchanges depend on it, not on later state."""
        held = {_UP: self._up.of(devices), _DOWN: self._down.of(devices)}
        return {f"{prefix}{name}": values for prefix, one in held.items() for name, values in one.items()}

    def serve(self, orders: Orders) -> None:
        """Compute what is ordered, adapts and broadcasts, in the order given."""
        ends = np.flatnonzero(np.diff(orders.kind, append=-1)) + 1
        for first, end in pairwise([0, *ends.tolist()] if len(orders) else []):
            some = orders.take(slice(first, end))
            if some.kind[0] == Kind.BROADCAST:
                self._broadcast(some)
            else:
                self.adapt(some.ticket, some.group)

    def _broadcast(self, orders: Orders) -> None:
        ticket, device, at_s = (
            torch.tensor(values, device=self._device) for values in (orders.ticket, orders.device, orders.at_s)
        )
        who = Who(ticket, device, at_s, ticket)
        held = moved(self._down.of(orders.device.tolist()), self._device)
        updates = self._written(self._method.broadcast(self.state, who), who, held)
        self._updates.put(orders.ticket.tolist(), moved(updates, CPU))

    def confirm(self, tickets: np.ndarray) -> None:
        """Let payloads that get no answer count for what is remembered of their devices."""
        if self._up.names:
            self._up.commit(tickets.tolist())

    def adapt(self, tickets: np.ndarray, groups: np.ndarray) -> None:
        """Turn the payloads of some tickets into updates, in the order of their service; groups share a number."""
        method = self._method
        for part in self._parts(groups):
            some = tickets[part].tolist()
            wire = moved(self._payloads.take(some), self._device)
            who = self._who(tickets[part], groups[part], wire)
            payloads = self._read(wire, who)
            self.state, updates = self._same_frozen(*method.adapt(self.state, payloads, who))
            # Where updates hold nothing, one is installed all the same.
            if updates or not method.update_fields:
                self._updates.put(some, moved(self._written(updates, who, _taken(wire, _DOWN)), CPU))

    def _read(self, wire: Payload, who: Who) -> Payload:
        """Return the payloads that the wire holds."""
        held = _taken(wire, _UP)
        version, method = held.pop(VERSION, None), self._method
        if version is not None and VERSION in wire:
            require_version(wire.pop(VERSION), version, who.ticket)
        payloads, later = method.payload_codec.decode(method.payload_fields, wire, held)
        if self._up.names:
            self._up.note(who.ticket.tolist(), who.device.cpu(), moved(later, CPU))
        return payloads

    def _written(self, updates: Updates, who: Who, held: Payload) -> Updates:
        """Return updates on the wire."""
        method, version = self._method, held.pop(VERSION, None)
        wire, later = method.update_codec.encode(method.update_fields, updates, held)
        if self._down.names:
            self._down.note(who.ticket.tolist(), who.device.cpu(), moved(later, CPU))
        return wire | {VERSION: version} if self._checks and version is not None else wire

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
            most = self._most
            yield from (slice(first, first + most) for first in range(0, len(groups), most))

    def _who(self, ticket: np.ndarray, group: np.ndarray, wire: Payload) -> Who:
        numbers = (torch.tensor(values, device=self._device) for values in (ticket, group))
        ticket_, group_ = numbers
        return Who(ticket_, wire.pop(_DEVICE), wire.pop(_COLLECTED_S), group_)

    def measure(self, payloads: Payload) -> ServiceTime:
        """Return how long it takes to serve some of ``payloads``, as on the wire; the state stays as it was.

        Rows are computed without padding: it keeps bits the same, and a cloud that only serves does without.
        """
        copied = {name: values.clone() for name, values in moving_part(self.state).items()}
        scratch = CloudHalf(self._method, self.state | copied)
        with without_padding():
            return measure(lambda requests: scratch._serve(payloads, requests))

    def _serve(self, wire: Payload, requests: int) -> None:
        some = {name: rows[:requests] for name, rows in wire.items()} | self._held_of(list(range(requests)))
        some, who = moved(some, self._device), self._no_devices(requests)
        self.state, updates = self._same_frozen(*self._method.adapt(self.state, self._read(some, who), who))
        # A GPU is only done when its results are here.
        moved(self._written(updates, who, _taken(some, _DOWN)), CPU)

    def _no_devices(self, requests: int) -> Who:
        zeros = torch.zeros(requests, dtype=torch.int64, device=self._device)
        return Who(torch.arange(requests, device=self._device), zeros, zeros.double(), zeros)

    def payload_bytes_of(self, tickets: np.ndarray) -> np.ndarray:
        """Return the bytes of payloads that were collected and not adapted to yet: int64 [tickets]."""
        return _bytes_of(self._method.payload_codec, self._method.payload_fields, self._payloads, tickets)

    def update_bytes_of(self, tickets: np.ndarray) -> np.ndarray:
        """Return the bytes of updates that are not installed yet: int64 [tickets]."""
        return _bytes_of(self._method.update_codec, self._method.update_fields, self._updates, tickets)

    def updates_for(self, tickets: np.ndarray) -> BufferView:
        """Remove and return updates that are installed now; they must be read before the next call."""
        self._commit(tickets)
        return self._updates.view(tickets.tolist())

    def take_updates(self, tickets: np.ndarray) -> Updates:
        """Remove and return updates that are installed now, stacked in the order of their tickets."""
        self._commit(tickets)
        return self._updates.take(tickets.tolist())

    def _commit(self, tickets: np.ndarray) -> None:
        for memory in self._memories:
            memory.commit(tickets.tolist())

    def forget(self, tickets: np.ndarray) -> None:
        """Drop all that is stored of exchanges that failed."""
        for buffer in (self._payloads, self._updates):
            buffer.drop(tickets.tolist())
        for memory in self._memories:
            memory.forget(tickets.tolist())

    def checkpoint(self) -> Snapshot:
        """Return the state, all payloads and updates that wait here, and what is remembered of devices."""
        snapshot = with_prefix("state", as_arrays(moving_part(self.state)))
        snapshot |= with_prefix("state", shared_arrays(frozen_part(self.state)))
        for name, part in self._kept_by().items():
            snapshot |= with_prefix(name, part.checkpoint())
        return snapshot

    def restore(self, snapshot: Snapshot) -> None:
        """Restore the state at :meth:`checkpoint`, called on a cloud half of the same method."""
        self.state = moved(as_tensors(without_prefix("state", snapshot)), self._device)
        for name, part in self._kept_by().items():
            part.restore(without_prefix(name, snapshot))

    def _kept_by(self) -> dict[str, RowBuffer | CloudMemory]:
        return {"payloads": self._payloads, "updates": self._updates, "codec.up": self._up, "codec.down": self._down}


def _taken(wire: Payload, prefix: str) -> Payload:
    """Take out of a wire what was put beside it under a prefix."""
    return {name.removeprefix(prefix): wire.pop(name) for name in list(wire) if name.startswith(prefix)}


def _bytes_of(codec: Codec, message: Message, buffer: RowBuffer, tickets: np.ndarray) -> np.ndarray:
    wire = buffer.look(tickets.tolist()) if len(tickets) else {}
    return np.asarray(nbytes_of(codec, message, wire, len(tickets)).numpy())
