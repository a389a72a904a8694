"""A trunk that is trained together with the generator, as published: what the device runs once it is deployed.

Whatever is generated fits this trunk alone. A device that has got nothing yet runs the head that the generator makes of
a window that holds nothing; a share of the lessons has such windows.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import nn

from agents.codecs.message import Field
from agents.methods.base import CloudState, Payload, Recent
from agents.methods.kept_module import KeptModule
from agents.methods.past_windows import Windows, raw_windows_of
from agents.methods.persona.training import DEVICES, JUDGED, Course, Lesson, teach
from agents.models.base import Base, Net
from agents.models.head import HeadShape, Layers
from agents.models.training import generator, initialise
from agents.seeding import Purpose
from agents.streams.base import History

if TYPE_CHECKING:
    from agents.methods.generated import GeneratedHeads

#: Share of lessons whose windows hold nothing: they teach the head that a device begins with.
_EMPTY = 0.1


class JointUplink:
    """Features of the trunk that was trained jointly: the device has computed them."""

    sees = "raw"

    def __init__(self, net: Net, window: int) -> None:
        self.net = net
        self.trunk = KeptModule("trunk", net.build_trunk())
        self._context = net.head.context
        self.field = Field("features", (window, self._context), bound=net.feature_bound)

    def kept(self, base: Base) -> CloudState:
        return {}

    def fill(self, cloud: CloudState) -> None:
        """Take the trained trunk from the cloud."""
        self.trunk.of(cloud)

    @torch.no_grad()
    def features(self, raw: torch.Tensor) -> torch.Tensor:
        """Return trunk features [..., F] of raw input."""
        return Base(self.net, self.trunk.module, {"b": torch.zeros(1)}).features(raw, at_once=1)

    def sent(self, recent: Recent) -> torch.Tensor:
        real = torch.arange(recent.raw.shape[1], device=recent.count.device) < recent.count[:, None]
        return self.features(recent.raw)[..., : self._context] * real.unsqueeze(2)

    def read(self, cloud: CloudState, payload: Payload) -> torch.Tensor:
        return payload["features"]


class _Together(nn.Module):
    """Trunk and network as one: raw windows go in."""

    def __init__(self, net: Net, trunk: nn.Module, network: nn.Module) -> None:
        super().__init__()
        self.net, self.trunk, self.network = net, trunk, network

    def features(self, raw: torch.Tensor) -> torch.Tensor:
        """Return features [a, b, F] of flat raw input [a, b, n]."""
        rows = raw.flatten(0, 1)
        # Lists that rankers are taught are shorter than those that devices show: only images have a shape of their own.
        if len(self.net.input_shape) > 1:
            rows = rows.unflatten(1, self.net.input_shape)
        features: torch.Tensor = self.trunk(rows)
        return features.unflatten(0, raw.shape[:2])

    def forward(self, window: torch.Tensor, count: torch.Tensor) -> Any:
        real = (torch.arange(window.shape[1]) < count[:, None]).unsqueeze(2)
        return self.network(self.features(window)[..., : self.net.head.context] * real, count)


class _HeadOnRaw(NamedTuple):
    """The head behind the trunk that is being trained."""

    together: _Together

    @property
    def params(self) -> int:
        return self._head.params

    def unpack(self, packed: torch.Tensor) -> Layers:
        return self._head.unpack(packed)

    def forward(self, layers: Layers, query: torch.Tensor) -> torch.Tensor:
        return self._head.forward(layers, self.together.features(query))

    @property
    def _head(self) -> HeadShape:
        return self.together.net.head


class _TrainedBase(NamedTuple):
    """What lessons are judged with."""

    net: Net
    head: _HeadOnRaw


def train_jointly(method: GeneratedHeads, history: History, base: Base, seed: int) -> tuple[nn.Module, nn.Module]:
    """Return the network and its trunk, trained together; both begin with the base, DUET's universal network."""
    options, rng = method.options, generator(seed, Purpose.METHOD, 0)
    network, trunk = method.fresh_network(), deepcopy(base.trunk).requires_grad_(True)
    initialise(network, rng)
    method.first_weights(network, base, rng)
    together, none = _Together(base.net, trunk, network), torch.zeros(1, base.head.params)
    past = raw_windows_of(history.for_adapters)
    exam = raw_windows_of(history.validation).draw(JUDGED, options.window, generator(seed, Purpose.METHOD, 1))

    def lesson() -> Lesson:
        windows = past.draw(DEVICES, options.window, rng, options.stale)
        return Lesson(_some_empty(windows, rng), none)

    judging: Any = _TrainedBase(base.net, _HeadOnRaw(together))
    teach(together, judging, lesson, Lesson(exam, none), Course(options.steps, options.rate, 0.0, None), rng)
    return network, trunk.eval().requires_grad_(False)


def _some_empty(windows: Windows, rng: torch.Generator) -> Windows:
    empty = torch.rand(len(windows.real), generator=rng) < _EMPTY
    return windows._replace(real=windows.real * ~empty)
