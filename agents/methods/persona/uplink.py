"""What devices send of a window, and how the cloud reads it: features of the trunk, ids of clicks, or raw input."""

from __future__ import annotations

from typing import Protocol

import torch

from agents.codecs.message import Field
from agents.methods.base import CloudState, Payload, Recent
from agents.methods.kept_module import KeptModule
from agents.models.base import Base, Net
from agents.models.ranking import ScoringHead


class Uplink(Protocol):
    """One form of windows on their way up.

    Attributes:
        sees: what the method must be shown (see :class:`agents.methods.base.Method`).
        field: of the message.
    """

    sees: str
    field: Field

    def kept(self, base: Base) -> CloudState:
        """Return what the cloud must keep to read windows."""
        ...

    def sent(self, recent: Recent) -> torch.Tensor:
        """Return windows as devices send them: [tickets, *field.shape]."""
        ...

    def read(self, cloud: CloudState, payload: Payload) -> torch.Tensor:
        """Return the features of windows [tickets, window, context]; of padding too."""
        ...


class FeatureUplink:
    """The device's trunk has computed them."""

    sees = "features"

    def __init__(self, net: Net, window: int) -> None:
        self._context = net.head.context
        self.field = Field("features", (window, self._context), bound=net.feature_bound)

    def kept(self, base: Base) -> CloudState:
        return {}

    def sent(self, recent: Recent) -> torch.Tensor:
        return recent.features[..., : self._context]

    def read(self, cloud: CloudState, payload: Payload) -> torch.Tensor:
        return payload["features"]


class _ThroughTheTrunk:
    """The cloud runs the trunk itself."""

    sees = "raw"

    def __init__(self, net: Net, window: int) -> None:
        self.net, self.window = net, window
        self.trunk = KeptModule("trunk", net.build_trunk())

    def kept(self, base: Base) -> CloudState:
        return self.trunk.kept(base.trunk)

    @torch.no_grad()
    def features(self, cloud: CloudState, rows: torch.Tensor) -> torch.Tensor:
        """Return features [rows, F] of raw rows, in passes as everywhere."""
        base = Base(self.net, self.trunk.of(cloud), {"b": rows.new_zeros(1)})
        return base.features(rows, at_once=1)


class RawUplink(_ThroughTheTrunk):
    """The raw input: images as bytes, any other as numbers."""

    def __init__(self, net: Net, window: int) -> None:
        super().__init__(net, window)
        self._images = len(net.input_shape) == 3
        self.field = Field("raw", (window, *net.input_shape), "uint8" if self._images else "float")

    def sent(self, recent: Recent) -> torch.Tensor:
        return (recent.raw * 255.0).round().clamp(0, 255).to(torch.uint8) if self._images else recent.raw

    def read(self, cloud: CloudState, payload: Payload) -> torch.Tensor:
        raw = payload["raw"].float() / 255.0 if self._images else payload["raw"]
        return self.features(cloud, raw.flatten(0, 1)).unflatten(0, (-1, self.window))[..., : self.net.head.context]


class IdUplink(_ThroughTheTrunk):
    """The ids of the latest clicks before each decision, two bytes each."""

    def __init__(self, net: Net, window: int) -> None:
        super().__init__(net, window)
        self._clicks, items = int(net.options["window"]), int(net.options["items"])
        self.field = Field("ids", (window, self._clicks), "int16" if items < 2**15 else "int32")

    def sent(self, recent: Recent) -> torch.Tensor:
        return recent.raw[..., : self._clicks].to(getattr(torch, self.field.dtype))

    @torch.no_grad()
    def read(self, cloud: CloudState, payload: Payload) -> torch.Tensor:
        ids = payload["ids"].long().flatten(0, 1)
        users: torch.Tensor = self.trunk.of(cloud).users(ids)  # type: ignore[operator]  # of a trunk that ranks
        return users[:, : self.net.head.context].unflatten(0, (-1, self.window))


def uplink_of(kind: str, net: Net, window: int) -> Uplink:
    """Return how windows are sent.

    Raises:
        ValueError: a net that cannot be served so.
    """
    ranks = isinstance(net.head, ScoringHead)
    if kind == "features":
        return FeatureUplink(net, window)
    if ranks != (kind == "ids"):
        wanted = "ids" if ranks else "raw"
        raise ValueError(f"'uplink: {kind}' does not go with {net.name}; write 'uplink: {wanted}' or 'features'")
    return IdUplink(net, window) if ranks else RawUplink(net, window)
