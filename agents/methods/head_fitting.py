"""Fitting heads to labelled windows, and to a share of the past: what fine-tuning does, in the cloud or on devices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch

from agents.codecs.message import Field
from agents.methods.past_windows import windows_of
from agents.models.base import Base, Net
from agents.models.fitting import fit_heads
from agents.models.head import HeadShape
from agents.models.ranking import SHOWN, ScoringHead
from agents.models.training import generator
from agents.seeding import Purpose
from agents.streams.base import History

#: Rows of the past that are replayed.
REPLAYED = 128
#: What stands for no label among those that are sent as bytes.
_UNKNOWN = 255


class FitOptions(Protocol):
    """What decides how a head is fitted."""

    @property
    def steps(self) -> int: ...

    @property
    def rate(self) -> float: ...

    @property
    def anchor(self) -> float: ...

    @property
    def replay(self) -> float: ...


@dataclass(frozen=True)
class Labelled:
    """Rows [heads, rows, features] and labels int64 [heads, rows]; -1 where there is none."""

    features: torch.Tensor
    label: torch.Tensor


def fitted(
    head: HeadShape, start: torch.Tensor, rows: Labelled, options: FitOptions, past: Labelled | None = None
) -> torch.Tensor:
    """Return heads [heads, params] fitted on their rows, from ``start``; one without a label stays to the bit.

    ``past`` [1, rows, ...] is replayed to all of them: it has the share ``replay`` of the weight.
    """
    known, features, label = (rows.label >= 0).float(), rows.features, rows.label
    if past is not None and options.replay:
        heads, replayed = len(label), past.label.shape[1]
        weight = known.sum(1, keepdim=True) * options.replay / (1.0 - options.replay) / replayed
        known = torch.cat([known, weight.expand(-1, replayed)], 1)
        features = torch.cat([features, past.features.expand(heads, -1, -1)], 1)
        label = torch.cat([label, past.label.expand(heads, -1)], 1)
    return fit_heads(
        head, start, features, label.clamp_min(0), options.steps, options.rate, weight=known, anchor=options.anchor
    )


def replayed_past(history: History, base: Base, seed: int) -> dict[str, torch.Tensor]:
    """Return rows of the past, every context as often as any other, as the cloud keeps them."""
    drawn = windows_of(history.for_adapters, base).draw(REPLAYED, 1, generator(seed, Purpose.METHOD, 7))
    shown = base.head.shown
    return {"frozen.past.features": drawn.query[None, :, 0, :shown], "frozen.past.label": drawn.label[None, :, 0]}


def label_field(net: Net, window: int) -> Field:
    """Return the field of labels, a byte each unless there are too many classes."""
    classes = SHOWN if isinstance(net.head, ScoringHead) else net.head.dims[-1]
    return Field("label", (window,), "uint8" if classes < _UNKNOWN else "int32")


def sent_labels(label: torch.Tensor, field: Field) -> torch.Tensor:
    """Return labels as they are sent."""
    if field.dtype == "uint8":
        return torch.where(label < 0, _UNKNOWN, label).to(torch.uint8)
    return label.to(torch.int32)


def read_labels(sent: torch.Tensor) -> torch.Tensor:
    """Return labels int64 as they were, -1 where there is none."""
    label = sent.long()
    return torch.where(label == _UNKNOWN, -1, label) if sent.dtype == torch.uint8 else label
