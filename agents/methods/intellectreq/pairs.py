"""Pairs of windows of the past: what a device asked with, what it sees now, and how the old answer does by now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from agents.kernels import product
from agents.methods.base import CloudState, Method, Who
from agents.methods.past_windows import Contexts, Places, Streams, raw_windows_of, windows_of
from agents.methods.recent import Recent
from agents.models.base import Base
from agents.streams.base import Past

#: Pairs that are served at once.
_AT_ONCE = 256


@dataclass(frozen=True)
class _Samples:
    """Samples of the past as a method is given them."""

    features: torch.Tensor
    raw: torch.Tensor
    present: torch.Tensor


@dataclass(frozen=True)
class Pairs:
    """``asked``, ``state`` [pairs, context]: of the window of the last request, and of the one now.

    ``right`` [pairs]: how many of the samples that follow now the answer to that request gets right, as a share.
    ``target`` [pairs, n]: what the first of them looks like.
    """

    asked: torch.Tensor
    state: torch.Tensor
    right: torch.Tensor
    target: torch.Tensor


class PastPairs:
    """Draws pairs of a past, and lets an adapter answer the earlier windows."""

    def __init__(self, past: Past, base: Base, method: Method) -> None:
        self._windows, self._base, self._method = windows_of(past, base), base, method
        self._raw: Contexts | Streams | None = raw_windows_of(past) if method.sees == "raw" else None

    def drawn(self, cloud: CloudState, number: int, rng: torch.Generator, same: float) -> Pairs:
        """Return so many pairs, a share ``same`` of them within one context."""
        earlier, later = self._windows.pairs(number, self._method.window, rng, same)
        parts = [self._of(cloud, earlier.some(some), later.some(some)) for some in torch.arange(number).split(_AT_ONCE)]
        return Pairs(*(torch.cat(columns) for columns in zip(*parts, strict=True)))

    def _of(self, cloud: CloudState, earlier: Places, later: Places) -> tuple[torch.Tensor, ...]:
        asked, now = self._recent(earlier), self._recent(later)
        head, method = self._base.head, self._method
        logits = method.predict(self._answered(cloud, asked), self._samples(later.asked))
        right = (logits.argmax(2) == self._windows.label[later.asked]).float().mean(1)
        states = [window_state(one, head.context) for one in (asked, now)]
        return (*states, right, self._target(later.asked[:, 0]))

    def _target(self, rows: torch.Tensor) -> torch.Tensor:
        """Return what a sample looks like: its features, or those of the item that was clicked."""
        features, head = self._windows.features[rows], self._base.head
        each = getattr(head, "each", None)
        if each is None:
            return features
        candidates = features[:, head.context :].unflatten(1, (-1, each))
        clicked = self._windows.label[rows].view(-1, 1, 1).expand(-1, 1, each)
        return candidates.gather(1, clicked)[:, 0]

    def _answered(self, cloud: CloudState, asked: Recent) -> Mapping[str, torch.Tensor]:
        """Return devices that have got what these windows call for."""
        method, number = self._method, torch.arange(len(asked.count))
        state, payload = method.collect(method.start(cloud, len(number)), asked)
        who = Who(number, number, number.double(), number)
        later, updates = method.adapt(cloud, payload, who)
        updates = updates or method.broadcast(later, who)
        return {**state, **method.install(state, updates)}

    def _recent(self, places: Places) -> Recent:
        real = torch.arange(places.seen.shape[1]) < places.real[:, None]
        samples = self._samples(places.seen, real)
        label = torch.where(real, self._windows.label[places.seen], -1)
        return Recent(samples.features, label, places.real, raw=samples.raw)

    def _samples(self, rows: torch.Tensor, real: torch.Tensor | None = None) -> _Samples:
        kept = torch.ones_like(rows, dtype=torch.bool) if real is None else real
        features = self._windows.features[rows] * kept.unsqueeze(2)
        raw = torch.empty(0)
        if self._raw is not None:
            raw, shape = self._raw.features[rows] * kept.unsqueeze(2), self._base.net.input_shape
            # Lists of the past are shorter than those that devices show: only images have a shape of their own.
            raw = raw.unflatten(2, shape) if len(shape) > 1 else raw
        return _Samples(features, raw, torch.empty(0))


def window_state(recent: Recent, context: int) -> torch.Tensor:
    """Return the mean features of windows, of the samples that are there: [tickets, context]."""
    features = recent.features[..., :context].contiguous()
    real = (torch.arange(features.shape[1], device=recent.count.device) < recent.count[:, None]).float()
    return product(real.unsqueeze(1), features)[:, 0] / recent.count.clamp_min(1).float()[:, None]
