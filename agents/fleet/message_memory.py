"""What both ends remember of messages from exchange to exchange: each device its own, the cloud those of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from agents.checkpoint_names import concatenated, with_prefix, without_prefix
from agents.codecs.base import Codec, End, Rows, begun, fresh
from agents.codecs.message import Message, Tensors
from agents.contract import Snapshot
from agents.fleet.device_state import DeviceStates, one_if_alike
from agents.fleet.memory_limit import MemoryLimit
from agents.fleet.row_buffer import RowBuffer
from agents.methods.base import Method
from agents.torch_device import CPU, moved

#: A field of the header of a message whose receiver has a memory: the last exchange that counts for its sender.
VERSION = "codec.version"
#: No exchange.
NONE_YET = -1
_NOTED = ("under_way", "sent_version", "read_version")


class DeviceMemory:
    """Codes payloads and reads updates. Each device has one exchange under way at most: the newest.

    ``up`` is the memory of the sender of payloads, ``sent`` the same after the payload under way, which counts once the
    exchange ends with an install; ``down`` is the memory of the receiver of updates.

    Args:
        devices: numbers in the fleet, int64 [width].
        device: what is computed on.
        known: what both ends have of fields before t = 0.
        limit: counts what is made.
    """

    def __init__(
        self,
        method: Method,
        devices: np.ndarray,
        device: torch.device,
        known: Rows,
        limit: MemoryLimit | None = None,
    ) -> None:
        self._method = method
        number = torch.from_numpy(devices)
        up = begun(method.payload_codec, method.payload_fields, number, "sender", known)
        down = begun(method.update_codec, method.update_fields, number, "receiver", known)
        self._up, self._down = list(up), list(down)
        rows = one_if_alike(_below("up", up) | _below("sent", up) | _below("down", down))
        self._rows = DeviceStates(moved(rows, device), len(devices), shared=False, limit=limit)
        # Whether the cloud remembers what payloads brought, so that both ends must agree.
        self._checks = bool(fresh(method.payload_codec, method.payload_fields, "receiver", 0))
        #: Whether collecting changes anything on the device.
        self.writes = writes_on_collect(method)
        # By device: the exchange under way, and the last ones that count for payloads and for updates.
        self._under_way, self._sent, self._read = (np.full(len(devices), NONE_YET) for _ in range(3))

    def under_way(self, rows: np.ndarray) -> np.ndarray:
        """Return the tickets of the exchanges that ``rows`` have under way, as far as they are noted: int64 [rows]."""
        return self._under_way[rows]

    def encode(self, rows: np.ndarray, tickets: np.ndarray, payload: Rows) -> Tensors:
        """Return the payloads of ``rows`` on the wire; ``tickets`` are under way from now on."""
        method = self._method
        held = _under("up", self._rows.of(rows), self._up)
        wire, later = method.payload_codec.encode(method.payload_fields, payload, held)
        if self.writes:
            self._under_way[rows] = tickets
        if later:
            self._rows.put(rows, _below("sent", later))
        return wire | {VERSION: torch.from_numpy(self._sent[rows])} if self._checks else wire

    def decode(self, rows: np.ndarray, tickets: np.ndarray, wire: Tensors) -> Tensors:
        """Return the updates of ``tickets``, which end the exchanges of ``rows``: what was sent counts from now on."""
        method = self._method
        if VERSION in wire:
            require_version(wire.pop(VERSION), torch.from_numpy(self._read[rows]), torch.from_numpy(tickets))
        held = _under("down", self._rows.of(rows), self._down)
        updates, later = method.update_codec.decode(method.update_fields, wire, held)
        self._read[rows] = tickets
        if later:
            self._rows.put(rows, _below("down", later))
        self.commit(rows, tickets)
        return updates

    def commit(self, rows: np.ndarray, tickets: np.ndarray) -> None:
        """Let what was sent with ``tickets`` count, where they are still under way."""
        ours = self._under_way[rows] == tickets
        mine = rows[ours]
        if self._up and len(mine):
            self._rows.put(mine, _below("up", _under("sent", self._rows.of(mine), self._up)))
        self._sent[mine] = tickets[ours]
        self._under_way[mine] = NONE_YET

    def forget(self, rows: np.ndarray, tickets: np.ndarray) -> np.ndarray:
        """End failed exchanges; return those of ``rows`` whose exchange under way is among them."""
        mine = rows[self._under_way[rows] == tickets]
        self._under_way[mine] = NONE_YET
        return mine

    def checkpoint(self, rows: slice) -> Snapshot:
        """Return copies of the rows of one block."""
        noted = zip(_NOTED, (self._under_way, self._sent, self._read), strict=True)
        return {name: values[rows].copy() for name, values in noted} | self._rows.checkpoint(rows)

    def restore(self, snapshot: Sequence[Snapshot]) -> None:
        """Restore the state at :meth:`checkpoint`."""
        noted = concatenated([{name: one[name] for name in _NOTED} for one in snapshot])
        self._under_way, self._sent, self._read = (noted[name] for name in _NOTED)
        self._rows.restore([{name: values for name, values in one.items() if name not in noted} for one in snapshot])


class CloudMemory:
    """The cloud's end of all messages of one kind, on the processor, by number of the device.

    The change by an exchange is stored under its ticket until the exchange ends with an install, or fails.
    """

    def __init__(self, codec: Codec, message: Message, end: End, known: Rows) -> None:
        self._codec, self._message, self._end = codec, message, end
        self._known = dict(moved(known, CPU))
        self._held, self._coming = RowBuffer(), RowBuffer()
        #: Names of what is remembered; nothing for most codecs.
        self.names = tuple(fresh(codec, message, end, 0))

    def of(self, devices: Sequence[int]) -> Tensors:
        """Return what is held of some devices, stacked, and the exchange by which it came, as :data:`VERSION`."""
        if not self.names:
            return {}
        new = [device for device in dict.fromkeys(devices) if device not in self._held]
        if new:
            rows = begun(self._codec, self._message, torch.tensor(new), self._end, self._known)
            self._held.put(new, rows | {VERSION: torch.full((len(new),), NONE_YET)})
        return self._held.look(devices)

    def note(self, tickets: Sequence[int], devices: torch.Tensor, later: Rows) -> None:
        """Store the memories that devices will have if their exchanges succeed."""
        if self.names:
            self._coming.put(tickets, {**later, "device": devices, VERSION: torch.tensor(tickets)})

    def commit(self, tickets: Sequence[int]) -> None:
        """Commit the stored changes of some exchanges."""
        noted = [ticket for ticket in tickets if ticket in self._coming]
        if noted:
            rows = self._coming.take(noted)
            self._held.put(rows.pop("device").tolist(), rows)

    def forget(self, tickets: Sequence[int]) -> None:
        """Drop the stored changes of failed exchanges."""
        self._coming.drop(tickets)

    def checkpoint(self) -> Snapshot:
        """Return all that is held and noted."""
        return with_prefix("held", self._held.checkpoint()) | with_prefix("coming", self._coming.checkpoint())

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Restore the state at :meth:`checkpoint`."""
        self._held.restore(without_prefix("held", snapshot))
        self._coming.restore(without_prefix("coming", snapshot))


def writes_on_collect(method: Method) -> bool:
    """Return whether a collect changes the state of a device."""
    return method.writes_on_collect or bool(fresh(method.payload_codec, method.payload_fields, "sender", 0))


def require_version(sent: torch.Tensor, held: torch.Tensor, tickets: torch.Tensor) -> None:
    """Check that both ends of messages hold the same: what the sender counts, and what the receiver does.

    Raises:
        RuntimeError: they do not, which is a bug of this project; the message names a ticket.
    """
    sent, held = sent.cpu(), held.cpu()
    apart = (sent != held).nonzero()[:1].flatten().tolist()
    if apart:
        ticket, one, other = (int(values[apart[0]]) for values in (tickets, sent, held))
        raise RuntimeError(f"ticket {ticket} was coded after exchange {one}, and the other end holds exchange {other}")


def _below(prefix: str, tensors: Mapping[str, torch.Tensor]) -> Tensors:
    return {f"{prefix}.{name}": values for name, values in tensors.items()}


def _under(prefix: str, rows: Rows, names: Sequence[str]) -> Tensors:
    return {name: rows[f"{prefix}.{name}"] for name in names}
