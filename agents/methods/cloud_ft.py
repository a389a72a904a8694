"""Labelled fine-tuning in the cloud: the classical remedy, and a serious baseline where labels are to be had.

A device uploads its newest labelled samples; the cloud fits a head for that device, on these, on what it remembers of
the device and on a little of the past, held to the head that training starts from; the head comes down.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from agents.contract import Costs
from agents.methods.base import (
    CloudState,
    Context,
    Payload,
    Updates,
    Who,
    in_chunks,
)
from agents.methods.cloud_ft_options import CloudFtOptions
from agents.methods.devices_known import DevicesKnown, turns
from agents.methods.head_fitting import (
    REPLAYED,
    Labelled,
    fitted,
    read_labels,
    replayed_past,
)
from agents.methods.labelled_windows import LabelledWindows
from agents.methods.shared_steps import fitted_together
from agents.models.base import Base
from agents.models.training import one_thread
from agents.streams.base import History

#: Heads fitted at once: few, so that what a step touches stays in the cache of the processor.
_CHUNK = 8


class CloudFt(LabelledWindows):
    """See :class:`CloudFtOptions`; anchor, memory and replay are there because few labels must not undo a head."""

    name = "cloud_ft"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: CloudFtOptions = context.options
        self.together = self.options.allocation == "profiled"

    @property
    def costs(self) -> Costs:
        device, options = super().costs, self.options
        rows = max(self.window, options.memory) + (REPLAYED if options.replay else 0)
        return replace(device, each=float(options.steps * rows * device.learning))

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        head = base.head.pack(base.layers)
        past = replayed_past(history, base, seed) if self.options.replay else {}
        remembered = DevicesKnown.none(self._fresh(head)) if self._remembers else {}
        return {"head": head, **past, **remembered}

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        with one_thread():
            if not self._remembers:
                return cloud, in_chunks(lambda rows: self._fitted(cloud, rows), payloads, _CHUNK)
            known = DevicesKnown(cloud, self._fresh(cloud["head"]))
            heads: dict[int, torch.Tensor] = {}
            for some in turns(who.device):
                rows = {name: values[some] for name, values in payloads.items()} | known.of(who.device[some])
                made = self._made(cloud, rows)
                known.put(who.device[some], {name: made[name] for name in self._fresh(cloud["head"])})
                heads |= dict(zip(some.tolist(), made["head"], strict=True))
        head = torch.stack([heads[row] for row in range(len(who))])
        return {**cloud, **known.cloud()}, {"head": head}

    def _made(self, cloud: CloudState, rows: Payload) -> Updates:
        if self.together:
            return self._fitted(cloud, self._joined(rows))
        return in_chunks(lambda few: self._fitted(cloud, self._joined(few)), rows, _CHUNK)

    @property
    def _remembers(self) -> bool:
        return self.options.memory > 0 or self.options.start == "last"

    def _fresh(self, head: torch.Tensor) -> Payload:
        """Return what is remembered of a device that has never asked: [1, ...] each."""
        options, shown = self.options, self.head.shown
        kept = {
            "seen": head.new_zeros(1, options.memory, shown),
            "known": torch.full((1, options.memory), -1, dtype=torch.int16),
        }
        return (kept if options.memory else {}) | ({"head": head} if options.start == "last" else {})

    def _joined(self, rows: Payload) -> Payload:
        """Return payloads with what is remembered of their devices put before them, the oldest left out."""
        label = read_labels(rows["label"])
        if not self.options.memory:
            return {**rows, "label": label}
        # Behind a window that is not full there is room: the newest known stay.
        features = torch.cat([rows["seen"], rows["features"]], 1)
        label = torch.cat([rows["known"].long(), label], 1)
        newest = torch.argsort((label >= 0).to(torch.uint8), dim=1, stable=True)[:, -self.options.memory :]
        features = features.gather(1, newest[..., None].expand(-1, -1, features.shape[2]))
        label = label.gather(1, newest)
        return {**rows, "features": features, "label": label, "seen": features, "known": label.to(torch.int16)}

    def _fitted(self, cloud: CloudState, rows: Payload) -> Updates:
        label = rows["label"] if rows["label"].dtype == torch.int64 else read_labels(rows["label"])
        start = rows["head"] if "head" in rows else cloud["head"].expand(len(label), -1)
        past = None
        if self.options.replay:
            past = Labelled(cloud["frozen.past.features"], cloud["frozen.past.label"])
        fit = fitted_together if self.together else fitted
        head = fit(self.head, start, Labelled(rows["features"], label), self.options, past)
        return {name: rows[name] for name in ("seen", "known") if name in rows} | {"head": head}
