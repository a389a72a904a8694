"""One adaptation for each cause of drift that the fleet has in common, found in the cloud without labels.

After Nazar (Hao et al., "Nazar: monitoring and adapting ML models on mobile devices", ASPLOS 2025): devices log how
many samples they are unsure of, and upload some; the cloud looks for attributes that drift goes with, adapts a model
for each, and a device gets that of its own. There models adapt whole; here scales, shifts and statistics of one
normaliser on features, by lower entropy of sure predictions. ``by: all`` adapts one to everything mixed.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from agents.codecs.message import Field
from agents.contract import Costs
from agents.kernels import softmax
from agents.methods.assisted.by_cause_options import ByCauseOptions
from agents.methods.assisted.causes import Cause, Limits, Logged, causes_of
from agents.methods.base import (
    CloudState,
    Context,
    Deployed,
    DeviceState,
    Inputs,
    OfFeatures,
    Payload,
    Recent,
    Updates,
    Who,
)
from agents.methods.test_time.entropy import Predictions, mean_weight, real_rows
from agents.methods.test_time.norms import FeatureNorm, require_classes
from agents.models.base import Base
from agents.models.fitting import Adam
from agents.models.mixed_norm import Mixture
from agents.models.training import one_thread
from agents.streams.base import History

_POOL, _WRITTEN, _LOG, _MADE, _PERIOD = "pool.features", "pool.written", "log", "made", "period"
#: Of the log, what is left after each search for causes.
_FORGETS = 2


class ByCause(Deployed):
    """See :class:`ByCauseOptions`."""

    name = "by_cause"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        require_classes(context.net)
        self.options: ByCauseOptions = context.options
        self.window, self.norm = self.options.window, FeatureNorm(context.net)
        self.cohorts = context.cohorts or {"devices": context.devices}
        self.attributes = self.options.attributes_of(list(self.cohorts))
        self._ends = torch.tensor(list(self.cohorts.values())).cumsum(0)
        features = Field("features", (self.options.upload, self.head.shown), bound=self.net.feature_bound)
        counts = (Field(name, (), "uint8") for name in ("count", "seen", "flagged"))
        self.payload_fields = (features, *counts)
        self.update_fields = (Field("normaliser", (4 * self.norm.width,)),)

    @property
    def costs(self) -> Costs:
        steps = self.options.steps * (self.norm.forward_macs + self.norm.backward_macs)
        return replace(super().costs, each=self.options.upload * steps)

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        fresh, number = self.norm.prepare(history, base), len(self.cohorts)
        return {
            **fresh,
            _POOL: torch.zeros(number, self.options.pool, self.norm.width),
            _WRITTEN: torch.zeros(number, dtype=torch.int64),
            _LOG: torch.zeros(number, 2, dtype=torch.int64),
            _MADE: self._packed(fresh).repeat(number, 1),
            _PERIOD: torch.zeros(1, dtype=torch.int64),
        }

    def known(self, cloud: CloudState) -> CloudState:
        return {"normaliser": self._packed(cloud)}

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        return self.norm.fresh(cloud, devices)

    def predict(self, state: DeviceState, inputs: Inputs) -> torch.Tensor:
        return self.norm.predict(state, inputs)

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        real = real_rows(recent.count, self.window)
        surest = softmax(self.predict(state, OfFeatures(recent.features))).max(2).values
        sent = recent.count.clamp_max(self.options.upload)
        place = torch.arange(self.options.upload, device=real.device)
        rows = ((recent.count - sent).unsqueeze(1) + place).clamp_max(self.window - 1)
        newest = recent.features.gather(1, rows[..., None].expand(-1, -1, self.head.shown))
        return state, {
            "features": newest * (place < sent.unsqueeze(1))[..., None],
            "count": sent.to(torch.uint8),
            "seen": recent.count.to(torch.uint8),
            "flagged": ((surest < self.options.sure) & real.bool()).sum(1).to(torch.uint8),
        }

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        cohort = torch.bucketize(who.device.cpu(), self._ends, right=True).clamp_max(len(self.cohorts) - 1)
        cohort = cohort.to(cloud[_POOL].device)
        period = (who.collected_s / self.options.every).floor().long().to(cohort.device)
        newest = torch.cat([cloud[_PERIOD], period]).cummax(0).values
        opens = (newest[1:] > newest[:-1]).cpu()
        later, made = {**cloud, **{name: cloud[name].clone() for name in (_POOL, _WRITTEN, _LOG)}}, []
        for some in torch.arange(len(opens)).tensor_split(opens.nonzero()[:, 0]):
            if len(some) and opens[some[0]]:
                later = {**later, **self._refitted(later), _PERIOD: period[some[:1]]}
            self._take_in(later, {name: values[some] for name, values in payloads.items()}, cohort[some])
            made.append(later[_MADE][cohort[some]])
        return later, {"normaliser": torch.cat(made)}

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        parts = updates["normaliser"].unsqueeze(1).split(self.norm.width, 2)
        return {**state, **dict(zip(self._names, parts, strict=True))}

    def causes(self, cloud: CloudState) -> list[Cause]:
        """Return what drift goes with, by the log; one that is true of all devices if all are adapted alike."""
        if self.options.by == "all":
            return [()]
        counts = cloud[_LOG].tolist()
        logged = [Logged(own, *of) for own, of in zip(self.attributes, counts, strict=True) if of[1]]
        return causes_of(logged, Limits(ratio=self.options.ratio))

    def _take_in(self, cloud: CloudState, rows: Payload, cohort: torch.Tensor) -> None:
        """Log payloads of the ``cohort`` of each, int64 [tickets], and put their samples into its ring, in order."""
        size, count = self.options.pool, rows["count"].long()
        counts = torch.zeros(len(cohort), len(self.cohorts), dtype=torch.int64, device=cohort.device)
        counts.scatter_(1, cohort[:, None], count[:, None])
        through = cloud[_WRITTEN] + counts.cumsum(0)
        end = through.gather(1, cohort[:, None])
        cloud[_WRITTEN] += counts.sum(0)
        slot = torch.arange(self.options.upload, device=cohort.device)
        place = end - count[:, None] + slot
        # What the same batch writes over is left out: no place is written twice.
        kept = (slot < count[:, None]) & (place >= cloud[_WRITTEN][cohort][:, None] - size)
        cloud[_POOL][cohort[:, None].expand_as(place)[kept], place[kept] % size] = rows["features"][kept]
        cloud[_LOG].index_add_(0, cohort, torch.stack([rows["flagged"], rows["seen"]], 1).long())

    def _refitted(self, cloud: CloudState) -> CloudState:
        """Return normalisers by cohort, and what is left of the log."""
        made, free = self._packed(cloud).repeat(len(self.cohorts), 1), set(range(len(self.cohorts)))
        for cause in self.causes(cloud):
            mine = sorted(number for number in free if self.attributes[number].issuperset(cause))
            kept = [cloud[_POOL][number, : int(cloud[_WRITTEN][number])] for number in mine]
            if sum(map(len, kept)):
                made[mine] = self._adapted(cloud, torch.cat(kept))
            free -= set(mine)
        return {_MADE: made, _LOG: cloud[_LOG] // _FORGETS}

    def _adapted(self, cloud: CloudState, rows: torch.Tensor) -> torch.Tensor:
        """Return a normaliser [4 F] under which predictions of ``rows`` [n, F] are surer."""
        count = torch.tensor([len(rows)], device=rows.device)
        recent = Recent(rows[None], count.new_zeros(1, len(rows)), count)
        keep = Mixture(self.options.prior / (self.options.prior + count.float()))
        affine = {name: cloud[name].clone() for name in self.norm.affine}
        later = self.norm.mixed_in(cloud, recent, keep)
        adam = Adam(affine, self.options.rate)
        with one_thread():
            for _ in range(self.options.steps):
                passed = self.norm.forward({**cloud, **affine}, recent, keep, self._slope)
                adam.step({name: slope.contiguous() for name, slope in passed.slopes.items()})
        return self._packed({**cloud, **affine, **later})[0]

    def _slope(self, logits: torch.Tensor) -> torch.Tensor:
        seen = Predictions.of(logits, logits.new_ones(logits.shape[:2]))
        most = self.options.trusted * torch.tensor(float(logits.shape[2])).log()
        return seen.slope(mean_weight((seen.entropy < most).float()))

    @property
    def _names(self) -> tuple[str, ...]:
        return (*self.norm.affine, *self.norm.statistics)

    def _packed(self, state: DeviceState) -> torch.Tensor:
        return torch.cat([state[name][:, 0] for name in self._names], 1)
