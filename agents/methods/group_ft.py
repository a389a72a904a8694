"""Group fine-tuning: a head for each cluster of the past, chosen by what a window looks like on average."""

from __future__ import annotations

from dataclasses import asdict, replace

import torch

from agents.cache import cached, fingerprint
from agents.codecs.message import Field
from agents.contract import Costs
from agents.kernels import product, sqrt, totals
from agents.methods.base import (
    CloudState,
    Context,
    Deployed,
    DeviceState,
    Inputs,
    Payload,
    Recent,
    Updates,
    Who,
    in_chunks,
)
from agents.methods.baseline_options import GroupFtOptions
from agents.methods.head_fitting import Labelled, fitted, replayed_past
from agents.methods.past_windows import noisy, windows_of
from agents.methods.persona.prototypes import cluster
from agents.models.base import Base
from agents.models.training import generator, one_thread
from agents.seeding import Purpose
from agents.streams.base import History

#: Windows of the past that are clustered, and queries that each head is fitted on.
_CLUSTERED, _QUERIES = 4096, 1024


class GroupFt(Deployed):
    """See :class:`GroupFtOptions`: the lookup that a generator of edits must beat."""

    name = "group_ft"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: GroupFtOptions = context.options
        self.window = self.options.window
        moments, bound = 2 * self.head.context, self.net.feature_bound
        self.payload_fields = (Field("moments", (moments,), bound=bound), Field("count", (), "uint8"))
        number = Field("number", (), "int16", header=True)
        self.update_fields = (number,) if self._numbers else (Field("head", (self.head.params,)), number)
        self._heads = torch.empty(0)

    @property
    def costs(self) -> Costs:
        return replace(super().costs, each=float(self.options.groups * 2 * self.head.context))

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        key = {
            "what": self.name,
            "options": {name: value for name, value in asdict(self.options).items() if name != "reply"},
            "base": base.digest(),
            "seed": seed,
            "history": fingerprint(history.tensors()),
        }
        with one_thread():
            return cached(key, lambda: self._groups(history, base, seed)) | {"base": base.head.pack(base.layers)}

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        # The base stands behind the heads of groups.
        self._heads = torch.cat([cloud["frozen.heads"], cloud["base"]])
        number = torch.full((devices,), len(cloud["frozen.heads"]), dtype=torch.int16, device=cloud["base"].device)
        if self._numbers:
            return {"number": number}
        return {**self.head.unpack(cloud["base"].repeat(devices, 1)), "number": number}

    def predict(self, state: DeviceState, inputs: Inputs) -> torch.Tensor:
        if not self._numbers:
            return super().predict(state, inputs)
        return self.head.forward(self.head.unpack(self._heads[state["number"].long()]), inputs.features)

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        seen = recent.features[..., : self.head.context]
        return state, {"moments": moments(seen, recent.count), "count": recent.count.to(torch.uint8)}

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        number = in_chunks(lambda rows: {"number": _nearest(cloud["frozen.centres"], rows["moments"])}, payloads)
        none = torch.full_like(number["number"], len(cloud["frozen.heads"]))
        group = torch.where(payloads["count"] > 0, number["number"], none)
        made = {"head": torch.cat([cloud["frozen.heads"], cloud["base"]])[group], "number": group.to(torch.int16)}
        return cloud, {field.name: made[field.name] for field in self.update_fields}

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        number = {"number": updates["number"]}
        return number if self._numbers else {**self.head.unpack(updates["head"]), **number}

    @property
    def _numbers(self) -> bool:
        return self.options.reply == "number"

    def _groups(self, history: History, base: Base, seed: int) -> CloudState:
        """Return the centres of clusters of windows, and the base head fitted to what followed the windows of each."""
        options, rng = self.options, generator(seed, Purpose.METHOD, 0)
        windows = windows_of(history.for_adapters, base).draw(_CLUSTERED, options.window, rng, options.stale or None)
        centres, group = cluster(moments(windows.window, windows.real), options.groups, seed % 2**32)
        kept = replayed_past(history, base, seed) if options.replay else {}
        past = Labelled(kept["frozen.past.features"], kept["frozen.past.label"]) if kept else None
        start, heads = base.head.pack(base.layers), []
        for number in range(options.groups):
            rows = torch.nonzero(group == number)[:, 0]
            query, label = windows.query[rows].flatten(0, 1), windows.label[rows].flatten()
            some = torch.randperm(len(label), generator=rng)[:_QUERIES]
            x = noisy(query[some], options.noise, rng)[None, :, : base.head.shown]
            own = Labelled(x, label[some][None])
            heads.append(fitted(base.head, start, own, options, past) if len(rows) else start)
        return {"frozen.centres": centres, "frozen.heads": torch.cat(heads)}


def moments(window: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
    """Return mean and standard deviation of windows [tickets, window, features], of what is there: [tickets, 2 F]."""
    real = (torch.arange(window.shape[1], device=count.device) < count[:, None]).float()
    number = count.clamp_min(1).float()[:, None]
    mean = product(real[:, None], window.contiguous())[:, 0] / number
    away = (window - mean[:, None]).square()
    return torch.cat([mean, sqrt(product(real[:, None], away)[:, 0] / number)], 1)


def _nearest(centres: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    return totals((rows[:, None] - centres).square()).argmin(1)
