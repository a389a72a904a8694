"""What a method is: one way of keeping device models fit.

The device half runs inside blocks on stacked tensors, the cloud half in one place. All state is plain
dictionaries of tensors, so that it goes through a checkpoint as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from agents.codecs.message import Codec, Field, nbytes
from agents.models.base import Base, Net
from agents.models.head import HeadShape
from agents.tasks.base import History

#: Tensors of the cloud, by name. What never changes (``adapter.*``) is here too: a checkpoint is complete.
CloudState = dict[str, torch.Tensor]
#: Tensors of devices, leading axis = device; one row for all if the method's ``shared_rows``.
DeviceState = Mapping[str, torch.Tensor]
#: What goes up, leading axis = ticket; the fields are the method's ``payload_fields``.
Payload = dict[str, torch.Tensor]
#: What comes down, leading axis = ticket; the fields are the method's ``update_fields``.
Updates = dict[str, torch.Tensor]

#: Tickets that the cloud computes at once: always this many rows, padded, so that bits show no batch size.
CHUNK = 64


@dataclass(frozen=True)
class Recent:
    """The newest samples of devices that are about to send, oldest first, right padded with zeros.

    Attributes:
        features: float32 [tickets, window, features], of the frozen trunk.
        label: int64 [tickets, window]; -1 where there is none or it is not due yet.
        count: int64 [tickets], samples that are really there.
    """

    features: torch.Tensor
    label: torch.Tensor
    count: torch.Tensor


@dataclass(frozen=True)
class Context:
    """What a method is built from.

    Attributes:
        options: an instance of the options class in its row of the table; a plain mapping for a user's class that
            declares none.
        codec: of its messages.
        net: the architecture on the device.
    """

    options: Any
    codec: Codec
    net: Net


class Method(Protocol):
    """One way of keeping device models fit.

    The tensors of one call lie on one device, and what is made anew belongs there too (``new_zeros``, ``device=``):
    it may be a GPU. Only :meth:`prepare` is always called on the processor.

    Attributes:
        head: what devices predict with.
        window: samples that :meth:`collect` is given; 0 for none.
        needs_labels: whether labels must be shown in :class:`Recent`.
        shared_rows: whether all devices share one row of state (index with zeros; nothing is installed).
        payload_fields, update_fields: the messages, in the order in which they are written.
    """

    name: str
    codec: Codec
    head: HeadShape
    window: int
    needs_labels: bool
    shared_rows: bool
    payload_fields: tuple[Field, ...]
    update_fields: tuple[Field, ...]

    @property
    def payload_bytes(self) -> int:
        """Bytes of one payload, as serialised."""
        ...

    @property
    def update_bytes(self) -> int:
        """Bytes of one update, as serialised."""
        ...

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        """Return the cloud before t = 0; may train, and then keeps the result in the cache."""
        ...

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        """Return the state of fresh devices: [devices, ...], or [1, ...] if ``shared_rows``."""
        ...

    def predict(self, state: DeviceState, x: torch.Tensor) -> torch.Tensor:
        """Return logits [devices, samples, classes] of trunk features ``x`` [devices, samples, features]."""
        ...

    def learn(self, state: DeviceState, recent: Recent) -> DeviceState:
        """Take a step on the device itself."""
        ...

    def collect(self, state: DeviceState, recent: Recent) -> Payload:
        """Return what devices send up; rows of ``state`` and ``recent`` belong together."""
        ...

    def adapt(self, cloud: CloudState, payloads: Payload) -> tuple[CloudState, Updates]:
        """Turn payloads, stacked in service order, into updates; bits depend on no batch size."""
        ...

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        """Return the rows of ``state`` after their updates; rows belong together."""
        ...


class Deployed:
    """What most methods share: sizes from the fields, a head of its own on each device, no local learning."""

    name: str
    needs_labels = False
    shared_rows = False
    window = 0
    payload_fields: tuple[Field, ...] = ()
    update_fields: tuple[Field, ...] = ()

    def __init__(self, context: Context) -> None:
        self.codec, self.net, self.head = context.codec, context.net, context.net.head

    @property
    def payload_bytes(self) -> int:
        return nbytes(self.codec, self.payload_fields)

    @property
    def update_bytes(self) -> int:
        return nbytes(self.codec, self.update_fields)

    def predict(self, state: DeviceState, x: torch.Tensor) -> torch.Tensor:
        return self.head.forward(state, x)

    def learn(self, state: DeviceState, recent: Recent) -> DeviceState:
        return state


def in_chunks(compute: Callable[[Payload], Updates], payloads: Payload, chunk: int = CHUNK) -> Updates:
    """Apply ``compute`` to rows in chunks of a fixed size and stack what comes out, in order.

    Rows of padding are zeros and their results are dropped. ``compute`` must treat rows alike and apart.
    """
    tickets = len(next(iter(payloads.values())))
    parts = []
    for first in range(0, tickets, chunk):
        rows = {name: _padded(values[first : first + chunk], chunk) for name, values in payloads.items()}
        parts.append(compute(rows))
    return {name: values[:tickets] for name, values in stacked(parts).items()}


def stacked(parts: Sequence[Updates]) -> Updates:
    """Return the rows of all parts, one part after the other."""
    if len(parts) == 1:
        return parts[0]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def _padded(rows: torch.Tensor, chunk: int) -> torch.Tensor:
    missing = chunk - len(rows)
    return torch.cat([rows, rows.new_zeros(missing, *rows.shape[1:])]) if missing else rows
