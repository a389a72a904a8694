"""What methods are examined with: small nets, a past, devices with windows, and what these hand over."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch

from agents.methods.base import (
    CloudState,
    DeviceState,
    Inputs,
    Method,
    OfFeatures,
    Payload,
    Recent,
    Updates,
    Who,
)
from agents.models.base import Base, Net
from agents.models.making import make_net
from agents.models.ranking import ScoringHead
from agents.models.training import pretrain
from agents.streams.base import History, Past

CLASSES, CONTEXTS, INPUTS, DEVICES = 4, 3, 12, 9
#: Items, and clicks of a window, where items are ranked.
ITEMS, CLICKS = 20, 6


def small_net() -> Net:
    """Return the net that methods are examined with."""
    return make_net("mlp", (INPUTS,), CLASSES, {"hidden": [16, 16]})


def ranked_net() -> Net:
    """Return the net that methods are examined with which rank items."""
    shape, known = (CLICKS + CLASSES + 1,), {"items": ITEMS, "window": CLICKS}
    return make_net("gru4rec", shape, CLASSES + 1, {}, known)


def ranked_history() -> History:
    """Return a past of clicks: users who go round the items in steps of their own."""
    generator = torch.Generator().manual_seed(0)

    def past(users: int, clicks: int) -> Past:
        rows, order = torch.meshgrid(torch.arange(users), torch.arange(clicks), indexing="ij")
        place = (rows + order * (1 + rows % 3)).unsqueeze(2) + (torch.arange(CLICKS + 1) - CLICKS) * (
            1 + rows.unsqueeze(2) % 3
        )
        ids = (place % ITEMS + 1).flatten(0, 1)
        other = torch.randint(1, ITEMS + 1, (len(ids), CLASSES), generator=generator)
        x = torch.cat([ids[:, :CLICKS], ids[:, CLICKS:], other], 1)
        return Past(x, torch.zeros(len(x), dtype=torch.int64), rows.flatten(), order.flatten())

    return History(past(20, 12), past(20, 4))


def small_history() -> History:
    """Return a past of three contexts, in which the labels of four clusters turn."""
    generator = torch.Generator().manual_seed(0)

    def past(rows: int) -> Past:
        concept = torch.randint(CONTEXTS, (rows,), generator=generator)
        cluster = torch.randint(CLASSES, (rows,), generator=generator)
        x = torch.randn(rows, INPUTS, generator=generator)
        x[:, :CONTEXTS] += torch.eye(CONTEXTS)[concept]
        x[:, CONTEXTS : CONTEXTS + CLASSES] += 3.0 * torch.eye(CLASSES)[cluster]
        return Past(x, (cluster + concept) % CLASSES, concept)

    return History(past(600), past(300))


@dataclass(frozen=True)
class OfRaw(OfFeatures):
    """Inputs of which the ids are at hand, too."""

    ids: torch.Tensor

    @property
    def raw(self) -> torch.Tensor:
        return self.ids


class Subject:
    """A method, ready to serve some devices."""

    def __init__(self, method: Method) -> None:
        self.method = method
        self.ranks = isinstance(method.head, ScoringHead)

    @cached_property
    def history(self) -> History:
        return ranked_history() if self.ranks else small_history()

    @cached_property
    def base(self) -> Base:
        return pretrain(self.history, self.method.net, {"epochs": 2}, 3)  # type: ignore[attr-defined]

    @cached_property
    def cloud(self) -> CloudState:
        return self.method.prepare(self.history, self.base, 3)

    def inputs(self) -> Inputs:
        """Return samples to predict."""
        generator = torch.Generator().manual_seed(1)
        if not self.ranks:
            features = torch.randn(DEVICES, 16, 16, generator=generator)
            return OfRaw(features, torch.randn(DEVICES, 16, INPUTS, generator=generator))
        ids = torch.randint(1, ITEMS + 1, (DEVICES, 5, CLICKS + CLASSES + 1), generator=generator)
        return OfRaw(self.base.features(ids), ids)

    @property
    def state(self) -> DeviceState:
        return self.method.start(self.cloud, DEVICES)

    def recent(self) -> Recent:
        """Return windows as devices have them, some not full, some labels not due."""
        generator, window = torch.Generator().manual_seed(5), self.method.window
        count = torch.randint(0, window + 1, (DEVICES,), generator=generator)
        real = torch.arange(window) < count[:, None]
        features = torch.randn(DEVICES, window, 16, generator=generator).tanh() * real.unsqueeze(2)
        label = torch.randint(-1, CLASSES, (DEVICES, window), generator=generator)
        ids = torch.randint(1, ITEMS + 1, (DEVICES, window, CLICKS + CLASSES + 1), generator=generator)
        plain = torch.randn(DEVICES, window, INPUTS, generator=generator)
        raw = (ids if self.ranks else plain) * real.unsqueeze(2)
        return Recent(features=features, label=torch.where(real, label, -1), count=count, raw=raw)

    def payloads(self) -> Payload:
        """Return what devices hand over."""
        return self.method.collect(self.state, self.recent())[1]

    def updates(self, payloads: Payload) -> Updates:
        """Return what the cloud answers, or sends to devices that it calls again."""
        later, updates = self.method.adapt(self.cloud, payloads, self.who())
        called = self.method.together and self.method.update_fields and not updates
        return self.method.broadcast(later, self.who()) if called else updates

    def who(self) -> Who:
        """Return whose payloads these are: device n with ticket n, each served alone."""
        number = torch.arange(DEVICES)
        return Who(number, number, number.double(), number)
