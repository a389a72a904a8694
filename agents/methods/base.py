"""What a method is: one way of keeping device models fit.

The device half runs inside blocks on stacked tensors, the cloud half in one place. All state is plain
dictionaries of tensors, so that it goes through a checkpoint as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch

from agents.codecs.base import Codec
from agents.codecs.message import Field
from agents.contract import Costs
from agents.methods.chunks import CHUNK as CHUNK
from agents.methods.chunks import in_chunks as in_chunks
from agents.methods.chunks import stacked as stacked
from agents.methods.recent import Recent as Recent
from agents.models.base import Base, Net
from agents.models.costs import costs_of
from agents.models.head import HeadShape
from agents.signals.values import energy
from agents.streams.base import History

#: Tensors of the cloud, by name; a checkpoint keeps them all. What is named ``frozen.*`` (a large model that teaches)
#: must never change: it is kept once for a whole run, and never copied for an exchange.
CloudState = dict[str, torch.Tensor]
#: Tensors of devices, leading axis = device; one row for all if the method's ``shared_rows``.
DeviceState = Mapping[str, torch.Tensor]
#: What goes up, leading axis = ticket; the fields are the method's ``payload_fields``.
Payload = dict[str, torch.Tensor]
#: What comes down, leading axis = ticket; the fields are the method's ``update_fields``.
Updates = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Who:
    """Whose payloads the cloud is given, row by row.

    Attributes:
        ticket: int64 [tickets].
        device: int64 [tickets], numbered over the whole fleet: the cloud may remember something of each.
        collected_s: float64 [tickets], when the payload was handed over [s].
        group: int64 [tickets]; tickets of one batch or round share a number, which rises from call to call.
    """

    ticket: torch.Tensor
    device: torch.Tensor
    collected_s: torch.Tensor
    group: torch.Tensor

    def __len__(self) -> int:
        return len(self.ticket)

    def rows(self, rows: slice | torch.Tensor) -> Who:
        """Return some rows."""
        return Who(self.ticket[rows], self.device[rows], self.collected_s[rows], self.group[rows])


class Inputs(Protocol):
    """Samples that devices are about to predict, side by side: [devices, samples, ...], right padded."""

    @property
    def features(self) -> torch.Tensor:
        """Trunk features, float32 [devices, samples, F]."""
        ...

    @property
    def raw(self) -> torch.Tensor:
        """Raw input as the task has it, [devices, samples, *input_shape]; only where the method ``sees`` raw input."""
        ...

    @property
    def present(self) -> torch.Tensor:
        """Which views are there, uint8 [devices, samples, views]; only where the task has views."""
        ...


@dataclass(frozen=True)
class OfFeatures:
    """Inputs of which only the features are at hand."""

    features: torch.Tensor

    @property
    def raw(self) -> torch.Tensor:
        raise TypeError("these inputs have no raw form; say sees = 'raw'")

    @property
    def present(self) -> torch.Tensor:
        raise TypeError("these inputs have no views")


@dataclass(frozen=True)
class Context:
    """What a method is built from.

    Attributes:
        options: an instance of the options class in its row of the table; a plain mapping for a user's class that
            declares none.
        codec: of its payloads, and of its updates unless there is an ``update_codec``.
        net: the architecture on the device.
        devices: how many there are in the fleet; 1 where that is not known.
        cohorts: devices of each cohort, by name, in the order of their numbers; empty where not known.
    """

    options: Any
    codec: Codec
    net: Net
    update_codec: Codec | None = None
    devices: int = 1
    cohorts: Mapping[str, int] = field(default_factory=dict)


class Method(Protocol):
    """One way of keeping device models fit.

    The tensors of one call lie on one device, and new tensors belong there too (``new_zeros``, ``device=``):
    it may be a GPU. Only :meth:`prepare` is always called on the processor. Rows of the arguments of one call belong
    together; bits of a row depend on no other row, unless ``together`` says so.

    Attributes:
        head: what devices predict with.
        window: samples that :meth:`collect` and :meth:`learn` are given; 0 for none.
        needs_labels: whether labels must be shown in :class:`Recent`.
        shared_rows: whether all devices share one row of state (index with zeros; nothing is installed).
        sees: ``features`` of the frozen trunk, or ``raw`` input too.
        together: whether :meth:`adapt` wants each batch or round whole, in one call.
        writes_on_collect: whether :meth:`collect` changes the state.
        expires_s: how long an update stays in force if none follows [s]; None for ever.
        learning_steps: steps that :meth:`learn` takes, where they are always as many; None if the data decide.
        payload_fields, update_fields: the messages, in the order in which they are written.
        payload_codec, update_codec: how they are coded.
    """

    name: str
    payload_codec: Codec
    update_codec: Codec
    head: HeadShape
    window: int
    needs_labels: bool
    shared_rows: bool
    sees: str
    together: bool
    writes_on_collect: bool
    expires_s: float | None
    learning_steps: int | None
    payload_fields: tuple[Field, ...]
    update_fields: tuple[Field, ...]

    @property
    def payload_bytes(self) -> int:
        """Bytes of one payload, as serialised; the most there may be, where sizes depend on data."""
        ...

    @property
    def update_bytes(self) -> int:
        """Bytes of one update, as serialised; the most there may be, where sizes depend on data."""
        ...

    @property
    def costs(self) -> Costs:
        """Multiply-adds of devices and of the cloud."""
        ...

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        """Return the cloud before t = 0; may train, and then keeps the result in the cache."""
        ...

    def known(self, cloud: CloudState) -> Mapping[str, torch.Tensor]:
        """Return what both ends have of some fields of messages before t = 0, [1, ...]: differences begin there."""
        ...

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        """Return the state of fresh devices: [devices, ...], or [1, ...] if ``shared_rows``."""
        ...

    def predict(self, state: DeviceState, inputs: Inputs) -> torch.Tensor:
        """Return logits [devices, samples, classes]."""
        ...

    def score(self, state: DeviceState, inputs: Inputs, logits: torch.Tensor) -> torch.Tensor:
        """Return how far out of distribution each sample is, [devices, samples], for the signal ``score``."""
        ...

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        """Learn on the device itself: return what is to be installed, and the steps taken, int64 [devices]."""
        ...

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        """Return the state after handing over, and what devices send up."""
        ...

    def lost(self, state: DeviceState) -> DeviceState:
        """Return the state of devices whose exchange came to nothing: what :meth:`collect` wrote may be undone."""
        ...

    def gate(self, state: DeviceState, recent: Recent) -> torch.Tensor:
        """Return how much each device would gain from asking now: float32 [devices], for gated triggers."""
        ...

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        """Turn payloads, stacked in service order, into updates."""
        ...

    def broadcast(self, cloud: CloudState, who: Who) -> Updates:
        """Return what the cloud sends to devices that it calls by itself, as in a round."""
        ...

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        """Return the state after updates."""
        ...

    def expired(self, state: DeviceState) -> DeviceState:
        """Return the state of devices whose last update is ``expires_s`` old."""
        ...


class Deployed:
    """What most methods share: sizes from the fields, a head of its own on each device, nothing else."""

    name: str
    needs_labels = shared_rows = together = writes_on_collect = False
    sees = "features"
    expires_s: float | None = None
    learning_steps: int | None = None
    window = 0
    payload_fields: tuple[Field, ...] = ()
    update_fields: tuple[Field, ...] = ()

    def __init__(self, context: Context) -> None:
        self.payload_codec = context.codec
        self.update_codec = context.update_codec or context.codec
        self.net, self.head = context.net, context.net.head

    @property
    def payload_bytes(self) -> int:
        return self.payload_codec.most_bytes(self.payload_fields)

    @property
    def update_bytes(self) -> int:
        return self.update_codec.most_bytes(self.update_fields)

    @property
    def costs(self) -> Costs:
        return costs_of(self.net, self.window)

    def known(self, cloud: CloudState) -> Mapping[str, torch.Tensor]:
        return {}

    def predict(self, state: DeviceState, inputs: Inputs) -> torch.Tensor:
        return self.head.forward(state, inputs.features)

    def score(self, state: DeviceState, inputs: Inputs, logits: torch.Tensor) -> torch.Tensor:
        return energy(logits)

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        raise NotImplementedError(f"{self.name} does not learn on the device")

    def lost(self, state: DeviceState) -> DeviceState:
        return state

    def gate(self, state: DeviceState, recent: Recent) -> torch.Tensor:
        raise NotImplementedError(f"{self.name} has no gate")

    def broadcast(self, cloud: CloudState, who: Who) -> Updates:
        raise NotImplementedError(f"{self.name} takes part in no rounds")

    def expired(self, state: DeviceState) -> DeviceState:
        raise NotImplementedError(f"{self.name} does not expire")
