"""Windows of the past and the labelled samples that follow them: what learns before t = 0 is trained on these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch

from agents.contract import InputError
from agents.models.base import Base
from agents.models.known_features import known_features
from agents.streams.base import Past

#: Labelled samples that follow each window.
QUERIES = 8
#: Windows of a stream that form a pair are at most so many lengths of a window apart.
REACH = 4
#: Rows of a context that queries are drawn from where a window comes from the others: one in so many.
_ASKED = 3
#: Share of windows that are not full yet.
_PARTIAL = 0.2


class Places(NamedTuple):
    """Where windows and what follows them are in a past, as numbers of rows.

    ``seen`` int64 [windows, window]; ``real`` int64 [windows], how many of them are there; ``asked`` int64
    [windows, QUERIES].
    """

    seen: torch.Tensor
    real: torch.Tensor
    asked: torch.Tensor

    def some(self, which: torch.Tensor) -> Places:
        """Return some of them."""
        return Places(self.seen[which], self.real[which], self.asked[which])


class Windows(NamedTuple):
    """Windows [windows, window, features], real samples in each, and what follows: queries and labels."""

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
        # Rows of a context in random order: what comes together in files often is of one class.
        mixed = torch.randperm(len(past.concept), generator=torch.Generator().manual_seed(0))
        order = mixed[torch.argsort(past.concept[mixed], stable=True)]
        size = torch.bincount(past.concept)
        size = size[size > 0]
        return cls(_features(base, past.x[order]), base.head.context, past.label[order], size.cumsum(0) - size, size)

    def draw(self, devices: int, window: int, rng: torch.Generator, stale: float | None = None) -> Windows:
        """Draw windows, as :meth:`places` does."""
        return self.at(self.places(devices, window, rng, stale))

    def places(self, devices: int, window: int, rng: torch.Generator, stale: float | None = None) -> Places:
        """Draw places of windows, every context as often as any other, and of queries among its other rows.

        With ``stale``, some are not full yet, and of this share the older part comes from another context:
        the world changed while they filled.
        """
        context = torch.randint(len(self.size), (devices,), generator=rng)
        rows = self._rows(context, window, rng)
        count = torch.full((devices,), window)
        if stale is not None:
            other = self._rows(self._elsewhere(context, rng), window, rng)
            rows = torch.where(self._old(devices, window, rng, stale), other, rows)
            count = self._count(devices, window, rng)
        seen, query = rows.split([window, QUERIES], 1)
        return Places(seen, count, query)

    def at(self, places: Places) -> Windows:
        """Return the windows at some places."""
        return _gathered(self.features, self.context, self.label, places)

    def pairs(self, number: int, window: int, rng: torch.Generator, same: float) -> tuple[Places, Places]:
        """Draw places of two windows each, earlier and later; a share ``same`` of them within one context.

        What is asked is asked after both.
        """
        context = torch.randint(len(self.size), (number,), generator=rng)
        before, now, query = self._rows(context, 2 * window, rng).split([window, window, QUERIES], 1)
        other = self._rows(self._elsewhere(context, rng), window, rng)[:, :window]
        before = torch.where(torch.rand((number, 1), generator=rng) < same, before, other)
        full = torch.full((number,), window)
        return Places(before, full, query), Places(now, full, query)

    def _elsewhere(self, context: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Return another context for each; the same where there is one alone."""
        others = len(self.size) - 1
        further = (torch.rand(len(context), generator=rng) * others).long()
        return (context + 1 + further) % len(self.size) if others else context

    def _rows(self, context: torch.Tensor, window: int, rng: torch.Generator) -> torch.Tensor:
        """Draw rows of contexts, [windows, window + QUERIES]: no query is a row of its window, as on devices.

        A third of a context, another one for each window, is what is asked; the window comes from the rest.
        """
        size = self.size[context].unsqueeze(1)
        asked = (size // _ASKED).clamp_min(1)
        begin, seen, query = (torch.rand((len(context), n), generator=rng) for n in (1, window, QUERIES))
        drawn = torch.cat([asked + (seen * (size - asked)).long(), (query * asked).long()], 1)
        return self.first[context].unsqueeze(1) + ((begin * size).long() + drawn) % size

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
            said = "no stream of the past is long enough to learn windows from: none has two samples there"
            raise InputError("task.data", f"{said}; take a longer past")
        return cls(_features(base, past.x[order]), base.head.context, past.label[order], first, last, begin)

    def draw(self, devices: int, window: int, rng: torch.Generator, stale: float | None = None) -> Windows:
        """Draw windows, as :meth:`places` does."""
        return self.at(self.places(devices, window, rng, stale))

    def places(self, devices: int, window: int, rng: torch.Generator, stale: float | None = None) -> Places:
        """Draw places of windows, every place of every stream as often as any other.

        With ``stale``, this share of the windows ends up to a window's length before the queries.
        """
        query = self.begin[torch.randint(len(self.begin), (devices,), generator=rng)]
        first, last = self.first[query], self.last[query]
        end = query - self._gap(devices, window, rng, stale or 0.0)
        end = torch.maximum(end, first + 1)
        count = (end - first).clamp_max(window)
        rows = (end - count).unsqueeze(1) + torch.arange(window)
        follow = (last - query + 1).clamp_max(QUERIES).unsqueeze(1)
        asked = query.unsqueeze(1) + (torch.rand((devices, QUERIES), generator=rng) * follow).long()
        return Places(rows.clamp_max(len(self.features) - 1), count, asked)

    def at(self, places: Places) -> Windows:
        """Return the windows at some places."""
        return _gathered(self.features, self.context, self.label, places)

    def pairs(self, number: int, window: int, rng: torch.Generator, same: float) -> tuple[Places, Places]:
        """Draw places of two windows of a stream each, the earlier one up to ``REACH`` windows before the later one.

        A stream is one context, so that ``same`` means nothing here.
        """
        query = self.begin[torch.randint(len(self.begin), (number,), generator=rng)]
        gap = torch.randint(0, REACH * window + 1, (number,), generator=rng)
        asked = torch.maximum(query - gap, self.first[query] + 1)
        return self._before(asked, window, rng), self._before(query, window, rng)

    def _before(self, query: torch.Tensor, window: int, rng: torch.Generator) -> Places:
        count = (query - self.first[query]).clamp_max(window)
        rows = (query - count).unsqueeze(1) + torch.arange(window)
        follow = (self.last[query] - query + 1).clamp_max(QUERIES).unsqueeze(1)
        asked = query.unsqueeze(1) + (torch.rand((len(query), QUERIES), generator=rng) * follow).long()
        return Places(rows.clamp_max(len(self.features) - 1), count, asked)

    def _gap(self, devices: int, window: int, rng: torch.Generator, stale: float) -> torch.Tensor:
        late = torch.rand(devices, generator=rng) < stale
        return late * torch.randint(1, window + 1, (devices,), generator=rng)


def _gathered(features: torch.Tensor, context: int, label: torch.Tensor, places: Places) -> Windows:
    seen, count, asked = places
    real = (torch.arange(seen.shape[1]) < count[:, None]).unsqueeze(2)
    return Windows(features[seen, :context] * real, count, features[asked], label[asked])


def _features(base: Base, x: torch.Tensor) -> torch.Tensor:
    """Return what a trunk makes of a past: a slow one once on a machine, for all methods that learn from it."""
    slow = isinstance(base, Base) and base.net.rows is not None
    return known_features(base, x) if slow else base.features(x)


def windows_of(past: Past, base: Base) -> Contexts | Streams:
    """Return what windows are drawn from: streams where the past knows its order, else contexts."""
    return Contexts.of(past, base) if past.order is None else Streams.of(past, base)


class _Raw(NamedTuple):
    """Stands for a trunk that leaves raw input as it is, all of which goes into windows."""

    context: int

    @property
    def head(self) -> _Raw:
        return self

    def features(self, raw: torch.Tensor) -> torch.Tensor:
        return raw.flatten(1)


def raw_windows_of(past: Past) -> Contexts | Streams:
    """Return what windows of flat raw input are drawn from; rows stand where those of :func:`windows_of` do."""
    trunk: Any = _Raw(past.x[0].numel())
    return windows_of(past, trunk)


def noisy(query: torch.Tensor, deviation: float, rng: torch.Generator) -> torch.Tensor:
    """Blur features: what is trained must not lean on what the trunk knows by heart of its own images.

    Ids of items stay as they are.
    """
    if not query.is_floating_point():
        return query
    return query + deviation * torch.randn(query.shape, generator=rng)
