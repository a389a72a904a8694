"""What the cloud remembers of the messages of each device, from exchange to exchange."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from agents.checkpoint_names import with_prefix, without_prefix
from agents.codecs.base import Codec, End, Rows, fresh
from agents.codecs.message import Message, Tensors
from agents.contract import Snapshot
from agents.fleet.device_memory import NONE_YET, VERSION
from agents.fleet.row_buffer import RowBuffer


class CloudMemory:
    """The cloud's end of all messages of one kind, on the processor, by number of the device.

    The change by an exchange is stored under its ticket until the exchange ends with an install, or fails.
    """

    def __init__(self, codec: Codec, message: Message, end: End) -> None:
        self._codec, self._message, self._end = codec, message, end
        self._held, self._coming = RowBuffer(), RowBuffer()
        #: Names of what is remembered; nothing for most codecs.
        self.names = tuple(fresh(codec, message, end, 0))

    def of(self, devices: Sequence[int]) -> Tensors:
        """Return what is held of some devices, stacked, and the exchange by which it came, as :data:`VERSION`."""
        if not self.names:
            return {}
        new = [device for device in dict.fromkeys(devices) if device not in self._held]
        if new:
            begun = self._codec.memory(self._message, torch.tensor(new), self._end)
            self._held.put(new, begun | {VERSION: torch.full((len(new),), NONE_YET)})
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
