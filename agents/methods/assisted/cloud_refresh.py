"""One model for the fleet, refitted in the cloud to pooled labels: what is done where devices are taken to be alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import torch

from agents.contract import Costs
from agents.methods.assisted.options import CloudRefreshOptions
from agents.methods.base import CloudState, Context, Payload, Updates, Who
from agents.methods.head_fitting import (
    REPLAYED,
    Labelled,
    fitted,
    read_labels,
    replayed_past,
)
from agents.methods.labelled_windows import LabelledWindows
from agents.models.base import Base
from agents.models.training import one_thread
from agents.streams.base import History


class CloudRefresh(LabelledWindows):
    """See :class:`CloudRefreshOptions`; the pool is a ring, written in the order of service."""

    name = "cloud_refresh"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: CloudRefreshOptions = context.options

    @property
    def costs(self) -> Costs:
        # A fit is shared by the requests whose windows fill the pool.
        device, options = super().costs, self.options
        rows = options.pool + (REPLAYED if options.replay else 0)
        requests = max(1.0, options.pool / self.window)
        return replace(device, each=options.steps * rows * device.learning / requests)

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        head, pool = base.head.pack(base.layers), self.options.pool
        return {
            "head": head,
            "frozen.base": head.clone(),
            "pool.features": head.new_zeros(pool, self.head.shown),
            "pool.label": torch.full((pool,), -1),
            "pool.written": torch.zeros(1, dtype=torch.int64),
            "period": torch.zeros(1, dtype=torch.int64),
            **(replayed_past(history, base, seed) if self.options.replay else {}),
        }

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        asked = (who.collected_s / self.options.every).floor().long()
        period = torch.cat([cloud["period"], asked]).cummax(0).values
        label, later, heads = read_labels(payloads["label"]), cloud, []
        for rows in _spans(period):
            if period[rows.start + 1] > period[rows.start]:
                later = {**later, "head": self._refitted(later)}
            later = _pooled(later, payloads["features"][rows], label[rows])
            heads.append(later["head"].expand(rows.stop - rows.start, -1))
        return {**later, "period": period[-1:]}, {"head": torch.cat(heads)}

    def _refitted(self, cloud: CloudState) -> torch.Tensor:
        past = None
        if self.options.replay:
            past = Labelled(cloud["frozen.past.features"], cloud["frozen.past.label"])
        start = cloud["head" if self.options.start == "last" else "frozen.base"]
        rows = Labelled(cloud["pool.features"][None], cloud["pool.label"][None])
        with one_thread():
            return fitted(self.head, start, rows, self.options, past)


def _spans(period: torch.Tensor) -> Iterator[slice]:
    """Yield the requests between two fits; ``period`` has one number more, that of before the first of them."""
    rises = torch.nonzero(period[1:] > period[:-1])[:, 0].tolist()
    ends = sorted({0, *rises, len(period) - 1})
    yield from (slice(first, end) for first, end in pairwise(ends))


def _pooled(cloud: CloudState, features: torch.Tensor, label: torch.Tensor) -> CloudState:
    """Return the cloud after the labelled samples of some windows went into its ring."""
    known = label >= 0
    rows, labels, size = features[known], label[known], len(cloud["pool.label"])
    written = cloud["pool.written"] + len(labels)
    place = (cloud["pool.written"] + torch.arange(len(labels), device=labels.device))[-size:] % size
    return {
        **cloud,
        "pool.features": cloud["pool.features"].index_copy(0, place, rows[-size:]),
        "pool.label": cloud["pool.label"].index_copy(0, place, labels[-size:]),
        "pool.written": written,
    }
