"""How Persona's adapter learns in the cloud: from windows of the past, for the samples that follow them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from agents.methods.editing import Adapter, soft_clip
from agents.methods.persona_options import PersonaOptions
from agents.models.base import Base
from agents.models.training import generator, initialise
from agents.seeding import Purpose
from agents.streams.base import History, Past

#: Devices imagined at once, and the labelled samples that follow each window.
DEVICES, QUERIES = 64, 8
#: Weight of the mean squared edit; largest norm of a gradient.
_DECAY, _GRADIENT = 1e-4, 5.0
#: Share of windows that are not full yet.
_PARTIAL = 0.2
#: Steps between two looks at the validation split.
_CHECK_EVERY = 100


class Windows(NamedTuple):
    """Windows [devices, window, features], real samples in each, and what follows: queries and labels."""

    window: torch.Tensor
    real: torch.Tensor
    query: torch.Tensor
    label: torch.Tensor


@dataclass(frozen=True)
class Contexts:
    """A past sorted by context, as trunk features, to draw windows from; ``context`` columns go into windows."""

    features: torch.Tensor
    context: int
    label: torch.Tensor
    first: torch.Tensor
    size: torch.Tensor

    @classmethod
    def of(cls, past: Past, base: Base) -> Contexts:
        order = torch.argsort(past.concept, stable=True)
        size = torch.bincount(past.concept)
        size = size[size > 0]
        return cls(base.features(past.x[order]), base.head.context, past.label[order], size.cumsum(0) - size, size)

    def draw(self, devices: int, window: int, rng: torch.Generator, stale: float | None = None) -> Windows:
        """Draw windows, every context as often as any other.

        With ``stale``, some are not full yet, and of this share the older part comes from another context:
        the world changed while they filled.
        """
        context = torch.randint(len(self.size), (devices,), generator=rng)
        rows = self._rows(context.unsqueeze(1).expand(-1, window + QUERIES), rng)
        count = torch.full((devices,), window)
        if stale is not None:
            other = self._rows(torch.randint(len(self.size), (devices, 1), generator=rng).expand_as(rows), rng)
            rows = torch.where(self._old(devices, window, rng, stale), other, rows)
            count = self._count(devices, window, rng)
        seen, query = rows.split([window, QUERIES], 1)
        real = (torch.arange(window) < count[:, None]).unsqueeze(2)
        return Windows(self.features[seen, : self.context] * real, count, self.features[query], self.label[query])

    def _rows(self, context: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        drawn = (torch.rand(context.shape, generator=rng) * self.size[context]).long()
        return self.first[context] + drawn

    def _old(self, devices: int, window: int, rng: torch.Generator, stale: float) -> torch.Tensor:
        straddling = torch.rand((devices, 1), generator=rng) < stale
        upto = torch.randint(1, window + 1, (devices, 1), generator=rng)
        return straddling & (torch.arange(window + QUERIES) < upto)

    def _count(self, devices: int, window: int, rng: torch.Generator) -> torch.Tensor:
        partial = torch.rand(devices, generator=rng) < _PARTIAL
        return torch.where(partial, torch.randint(1, window + 1, (devices,), generator=rng), window)


class Streams(NamedTuple):
    """A past that is made of streams, as trunk features: windows are what a stream held before its queries.

    Attributes:
        features: [rows, features], stream by stream, in the order in which they came.
        context: columns that go into windows.
        first, last: of each row, the first and the last row of its stream.
        begin: rows that have another one of their stream before them, so that a query may start there.
    """

    features: torch.Tensor
    context: int
    label: torch.Tensor
    first: torch.Tensor
    last: torch.Tensor
    begin: torch.Tensor

    @classmethod
    def of(cls, past: Past, base: Base) -> Streams:
        assert past.order is not None
        order = torch.from_numpy(np.lexsort((past.order.numpy(), past.concept.numpy())))
        size = torch.unique_consecutive(past.concept[order], return_counts=True)[1]
        first = (size.cumsum(0) - size).repeat_interleave(size)
        last = first + size.repeat_interleave(size) - 1
        begin = torch.nonzero(torch.arange(len(first)) > first)[:, 0]
        if not len(begin):
            raise ValueError("no stream of the past is long enough to learn from: none has two samples")
        return cls(base.features(past.x[order]), base.head.context, past.label[order], first, last, begin)

    def draw(self, devices: int, window: int, rng: torch.Generator, stale: float | None = None) -> Windows:
        """Draw windows and samples that follow them, every place of every stream as often as any other.

        With ``stale``, this share of the windows ends up to a window's length before the queries.
        """
        query = self.begin[torch.randint(len(self.begin), (devices,), generator=rng)]
        first, last = self.first[query], self.last[query]
        end = query - self._gap(devices, window, rng, stale or 0.0)
        end = torch.maximum(end, first + 1)
        count = (end - first).clamp_max(window)
        steps = torch.arange(window)
        rows = (end - count).unsqueeze(1) + steps
        real = (steps < count.unsqueeze(1)).unsqueeze(2)
        seen = self.features[rows.clamp_max(len(self.features) - 1), : self.context] * real
        follow = (last - query + 1).clamp_max(QUERIES).unsqueeze(1)
        asked = query.unsqueeze(1) + (torch.rand((devices, QUERIES), generator=rng) * follow).long()
        return Windows(seen, count, self.features[asked], self.label[asked])

    def _gap(self, devices: int, window: int, rng: torch.Generator, stale: float) -> torch.Tensor:
        late = torch.rand(devices, generator=rng) < stale
        return late * torch.randint(1, window + 1, (devices,), generator=rng)


def windows_of(past: Past, base: Base) -> Contexts | Streams:
    """Return what windows are drawn from: streams where the past knows its order, else contexts."""
    return Contexts.of(past, base) if past.order is None else Streams.of(past, base)


def train_adapter(adapter: Adapter, history: History, base: Base, options: PersonaOptions, seed: int) -> None:
    """Train ``adapter`` in place; the weights that were best on the validation split stay."""
    rng, tau = generator(seed, Purpose.METHOD, 0), options.tau
    initialise(adapter, rng)
    adapter.first_weights(rng)
    past = windows_of(history.for_adapters, base)
    judged = windows_of(history.validation, base).draw(1024, options.window, generator(seed, Purpose.METHOD, 1))
    optimiser = torch.optim.Adam(adapter.parameters(), lr=options.rate)
    fading = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1.0 - step / options.steps)
    best, best_weights = _judged(adapter, base, judged, tau), _weights(adapter)
    for step in range(1, options.steps + 1):
        windows = past.draw(DEVICES, options.window, rng, options.stale)
        windows = windows._replace(query=_noisy(windows.query, options.noise, rng))
        _step(adapter, optimiser, loss_of(adapter, base, windows, tau))
        fading.step()
        if step % _CHECK_EVERY == 0 or step == options.steps:
            loss = _judged(adapter, base, judged, tau)
            if loss < best:
                best, best_weights = loss, _weights(adapter)
    adapter.load_state_dict(best_weights)


@torch.no_grad()
def _judged(adapter: Adapter, base: Base, windows: Windows, tau: float) -> float:
    return float(loss_of(adapter, base, windows, tau))


def _weights(adapter: Adapter) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in adapter.state_dict().items()}


def loss_of(adapter: Adapter, base: Base, windows: Windows, tau: float) -> torch.Tensor:
    """Return the mean cross-entropy of queries under heads edited for their windows, and a little decay."""
    edit = soft_clip(adapter(windows.window, windows.real)[1], tau)
    layers = base.head.unpack(base.head.pack(base.layers) + edit)
    logits = base.head.forward(layers, windows.query)
    return base.net.metric.training_loss(logits, windows.label) + _DECAY * edit.square().mean()


def _noisy(query: torch.Tensor, deviation: float, rng: torch.Generator) -> torch.Tensor:
    """Blur features: an edit must not lean on what the trunk knows by heart of the images it was trained on."""
    return query + deviation * torch.randn(query.shape, generator=rng)


def _step(adapter: Adapter, optimiser: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(adapter.parameters(), _GRADIENT)
    optimiser.step()
