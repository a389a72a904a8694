"""Devices answer and select, the cloud adapts: scales and shifts distilled from a teacher.

Chen et al., "Towards robust and efficient cloud-edge elastic model adaptation via selective entropy distillation", ICLR
2024. A sample goes up if its entropy is neither so low that it teaches nothing nor so high that it is not to be
trusted, and if its prediction is new. The student's loss weighs each sample by exp(high - H): the distance of its
prediction from the teacher's, and its entropy; what a device sent before is replayed. Here one normaliser on features
is adapted, from features. Its statistics are those of the window, mixed with the past's, as the student of the released
code takes them from batches; the teacher sees features that are aligned by them, and does not change. The published
moving threshold, which the released configuration turns off, is left out.

Where nothing has drifted the statistics of a window of digits cost accuracy: 6.6 points below static where nothing is
distilled, five seeds; distilling wins some of it back, and with the past's statistics alone it is 0.2 points below. On
validation streams (docs/tuning.md) they are worth 14.4 +- 6.5 points where light dims, and cost 5.7 +- 6.9 where the
world turns.
"""

from __future__ import annotations

from dataclasses import replace
from math import log

import torch

from agents.codecs.message import Field
from agents.contract import Costs
from agents.kernels import dots, softmax, sqrt, totals
from agents.methods.assisted.options import CemaOptions
from agents.methods.assisted.teacher import Teacher
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
    in_chunks,
)
from agents.methods.devices_known import DevicesKnown, turns
from agents.methods.test_time.entropy import Predictions, exponential, mean_weight, real_rows
from agents.methods.test_time.normalising import chosen
from agents.methods.test_time.norms import SOURCE, FeatureNorm, require_classes
from agents.models.base import Base
from agents.models.fitting import Adam
from agents.models.mixed_norm import Mixture
from agents.models.training import one_thread
from agents.streams.base import History

_MEAN, _STAYS, _CHUNK = "mean_share", 0.9, 16
#: What the cloud remembers of a device: its scales and shifts, samples that it sent, and what the teacher said of them.
_AFFINE, _OLD, _TAUGHT, _HOW_MANY = "affine", "old", "taught", "how_many"


class Cema(Deployed):
    """See :class:`CemaOptions`."""

    name, writes_on_collect = "cema", True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        require_classes(context.net)
        self.options: CemaOptions = context.options
        self.window, self.norm = self.options.window, FeatureNorm(context.net)
        self.teacher = Teacher(self.head, self.options)
        bound, classes = self.net.feature_bound, log(self.head.dims[-1])
        self._low, self._high = self.options.low * classes, self.options.high * classes
        self.payload_fields = (
            Field("features", (self.options.upload, self.head.shown), bound=bound),
            Field("statistics", (2 * self.norm.width,)),
            Field("count", (), "uint8"),
        )
        self.update_fields = (Field("affine", (2 * self.norm.width,)),)

    @property
    def costs(self) -> Costs:
        steps = self.options.steps * (self.norm.forward_macs + self.norm.backward_macs)
        replayed = self.options.replay * steps
        return replace(super().costs, each=self.options.upload * (self.teacher.macs + steps) + replayed)

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        fresh = self.norm.prepare(history, base)
        taught = self.teacher.prepare(history, base, seed)
        return {**fresh, **taught, **DevicesKnown.none(self._unknown(fresh))}

    def known(self, cloud: CloudState) -> CloudState:
        return {"affine": self._packed(cloud)}

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        return {**self.norm.fresh(cloud, devices), _MEAN: cloud["norm.mean"].new_zeros(devices, self.head.dims[-1])}

    def predict(self, state: DeviceState, inputs: Inputs) -> torch.Tensor:
        return self.norm.predict(state, inputs)

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        real = real_rows(recent.count, self.window)
        later = self._followed(state, recent)
        seen = Predictions.of(self.predict({**state, **later}, OfFeatures(recent.features)), real)
        kept = self.kept(state[_MEAN], seen) if self.options.filtered else real
        # The newest that are kept, oldest first: the sort keeps the order among equals.
        newest = kept.argsort(dim=1, stable=True)[:, -self.options.upload :]
        sent = kept.gather(1, newest).sort(dim=1, descending=True, stable=True)
        places = newest.gather(1, sent.indices)[..., None].expand(-1, -1, self.head.shown)
        payload = {
            "features": recent.features.gather(1, places) * sent.values[..., None],
            "statistics": torch.cat([later[name][:, 0] for name in self.norm.statistics], 1),
            "count": sent.values.sum(1).to(torch.uint8),
        }
        return {**state, **later, _MEAN: _followed(state[_MEAN], seen, kept)}, payload

    def kept(self, mean: torch.Tensor, seen: Predictions) -> torch.Tensor:
        """Return 1 for samples that teach something, float32 [devices, n]; before there is a mean all are new."""
        length = sqrt(totals(seen.share.square())) * sqrt(totals(mean.square())).unsqueeze(1)
        new = (dots(seen.share, mean) < self.options.redundant * length) | ~(totals(mean).unsqueeze(1) > 0)
        return seen.real * ((seen.entropy > self._low) & (seen.entropy < self._high) & new)

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        known = DevicesKnown(cloud, self._unknown(cloud))
        affine = cloud["norm.mean"].new_empty(len(who), 2 * self.norm.width)
        with one_thread():
            for some in turns(who.device):
                rows = {name: values[some] for name, values in payloads.items()} | known.of(who.device[some])
                made = in_chunks(lambda few: self._distilled(cloud, few), rows, _CHUNK)
                known.put(who.device[some], made)
                affine[some] = made[_AFFINE]
        return {**cloud, **known.cloud()}, {"affine": affine}

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        return {**state, **self._unpacked(updates["affine"])}

    def _followed(self, state: DeviceState, recent: Recent) -> DeviceState:
        """Return the statistics of the past, into which those of the window are mixed; as they were if it is empty."""
        kept = self.options.prior / (self.options.prior + recent.count).clamp_min(1.0)
        past = {**state, **{name: state[SOURCE + name] for name in self.norm.statistics}}
        later = self.norm.mixed_in(past, recent, Mixture(torch.where(recent.count > 0, kept, 1.0).float()))
        return chosen(recent.count > 0, later, state)

    def _aligned(self, cloud: CloudState, rows: Payload) -> torch.Tensor:
        """Return features as the past would have them, by the statistics that came with them."""
        parts = rows["statistics"].unsqueeze(1).split(self.norm.width, 2)
        return self.norm.normalised({**cloud, **dict(zip(self.norm.statistics, parts, strict=True))}, rows["features"])

    def _unknown(self, cloud: CloudState) -> CloudState:
        """Return what is remembered of a device that has never asked."""
        packed, replay = self._packed(cloud), self.options.replay
        return {
            _AFFINE: packed,
            _OLD: packed.new_zeros(1, replay, self.head.shown),
            _TAUGHT: packed.new_zeros(1, replay, self.head.dims[-1]),
            _HOW_MANY: torch.zeros(1, dtype=torch.int64, device=packed.device),
        }

    def _distilled(self, cloud: CloudState, rows: Payload) -> CloudState:
        """Return what to remember of devices, [tickets, ...]: their predictions are nearer to the teacher's."""
        aligned = self._aligned(cloud, rows)
        new = aligned, softmax(self.teacher.labels(cloud, aligned, self._past(cloud).expand(len(aligned), -1)))
        x, taught = (torch.cat(pair, 1) for pair in zip(new, (rows[_OLD], rows[_TAUGHT]), strict=True))
        there = (real_rows(rows["count"].long(), self.options.upload), real_rows(rows[_HOW_MANY], self.options.replay))
        # What was sent is put before what only fills up.
        first = torch.cat(there, 1).sort(dim=1, descending=True, stable=True)
        x, taught = (values.gather(1, first.indices[..., None].expand_as(values)) for values in (x, taught))
        count = first.values.sum(1).long()
        kept = {_OLD: x[:, : self.options.replay], _TAUGHT: taught[:, : self.options.replay]}
        affine = self._nearer(cloud, rows[_AFFINE], Recent(x, count.new_zeros(x.shape[:2]), count), taught)
        return {_AFFINE: affine, **kept, _HOW_MANY: count.clamp_max(self.options.replay)}

    def _past(self, cloud: CloudState) -> torch.Tensor:
        """Return mean and deviation of the features of the past that go into windows, [1, 2 C]."""
        mean, var = (cloud[SOURCE + name][:, 0, : self.head.context] for name in self.norm.statistics)
        return torch.cat([mean, sqrt(var.contiguous())], 1)

    def _nearer(self, cloud: CloudState, start: torch.Tensor, recent: Recent, taught: torch.Tensor) -> torch.Tensor:
        """Return scales and shifts [tickets, 2 F] after steps against the distance from what was ``taught``."""
        keep = Mixture(torch.ones(len(start), device=start.device))
        affine = {name: values.contiguous().clone() for name, values in self._unpacked(start).items()}
        fixed = self.norm.fresh(cloud, len(start))
        adam = Adam(affine, self.options.rate)
        for _ in range(self.options.steps):
            passed = self.norm.forward(
                {**fixed, **affine}, recent, keep, lambda logits: self._error(logits, taught, recent.count)
            )
            adam.step({name: slope.contiguous() for name, slope in passed.slopes.items()})
        return self._packed(affine)

    def _error(self, logits: torch.Tensor, taught: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
        seen = Predictions.of(logits, real_rows(count, logits.shape[1]))
        weight = mean_weight(seen.real) * exponential(self._high - seen.entropy)
        return weight.unsqueeze(2) * (seen.share - taught) + seen.slope(self.options.entropy * weight)

    def _packed(self, state: DeviceState) -> torch.Tensor:
        return torch.cat([state[name][:, 0] for name in self.norm.affine], 1)

    def _unpacked(self, affine: torch.Tensor) -> dict[str, torch.Tensor]:
        return dict(zip(self.norm.affine, affine.unsqueeze(1).split(self.norm.width, 2), strict=True))


def _followed(mean: torch.Tensor, seen: Predictions, kept: torch.Tensor) -> torch.Tensor:
    """Return the mean prediction after a window; unchanged where nothing of it was kept."""
    new = totals((seen.share * mean_weight(kept).unsqueeze(2)).transpose(1, 2).contiguous())
    later = torch.where(totals(mean).unsqueeze(1) > 0, _STAYS * mean + (1.0 - _STAYS) * new, new)
    return torch.where(totals(kept).unsqueeze(1) > 0, later, mean)
