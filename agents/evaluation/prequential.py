"""Prequential judging: the deployed model and its references on the very same samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Protocol

import numpy as np
import torch

from agents.evaluation.features import Features
from agents.evaluation.score_bins import COLUMNS, ScoreBins
from agents.methods.base import DeviceState, Inputs, Method
from agents.metrics import Metric, Scores
from agents.signals import SIGNALS
from agents.signals.values import PastFeatures, Predicted
from agents.streams.sample_buffer import SampleBatch
from agents.torch_device import CPU

#: A loss above this says only that the model was sure and wrong; the bound keeps integer sums finite.
_WORST_NATS = 1000.0
#: What is counted where there is an oracle: samples that the deployed model predicts and the oracle does not.
AHEAD_COLUMN = "ahead_of_oracle"


@dataclass(frozen=True)
class Evaluation:
    """What became of some samples. All arrays are [samples]; ``loss_micro`` is int64, 1e-6 nats.

    ``counts`` is int64 [samples, columns of the measure]; ``signals`` are float64 [samples], by name.

    A reference that is not configured is right nowhere; without an oracle there is no regret.
    """

    correct: np.ndarray
    correct_static: np.ndarray
    correct_oracle: np.ndarray
    regret: np.ndarray
    loss_micro: np.ndarray
    counts: np.ndarray
    signals: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class StreamInputs:
    """Samples of some devices as models see them (:class:`agents.methods.Inputs`); computed when looked at."""

    source: Features
    samples: Mapping[str, np.ndarray]

    @cached_property
    def features(self) -> torch.Tensor:
        """Trunk features, float32 [devices, samples, F]."""
        return self.source.of(self.samples)

    @cached_property
    def raw(self) -> torch.Tensor:
        """Raw input, [devices, samples, *input_shape]."""
        return self.source.raw(self.samples)

    @cached_property
    def present(self) -> torch.Tensor:
        """Which views are there, uint8 [devices, samples, views]; only where the task has views."""
        if "present" not in self.samples:
            raise TypeError("the samples of this task have no views")
        return torch.from_numpy(self.samples["present"]).to(self.features.device)


def _no_label() -> np.ndarray:
    raise TypeError("these samples have no past")


@dataclass(frozen=True)
class EvaluationBatch:
    """Samples as models see them.

    Attributes:
        inputs: of all, with padding.
        samples: the fields of those that are there, [samples, ...].
        kept: where they are in the flattened [devices, width], int64 [samples].
        due_label: returns of each sample the newest label of its device that was due then, or -1: int [samples].
    """

    inputs: Inputs
    samples: Mapping[str, np.ndarray]
    kept: torch.Tensor
    due_label: Callable[[], np.ndarray] = _no_label

    @property
    def x(self) -> torch.Tensor:
        """Trunk features float32 [devices, width, F], with padding."""
        return self.inputs.features

    @cached_property
    def label(self) -> torch.Tensor:
        """What is true: int64 [samples]."""
        return torch.from_numpy(self.samples["label"].astype(np.int64)).to(self.kept.device)

    def only(self, padded: torch.Tensor) -> torch.Tensor:
        """Return the rows [samples, ...] of ``padded`` [devices, width, ...] that are no padding."""
        return padded.flatten(0, 1).index_select(0, self.kept)


class Reference(Protocol):
    """A model evaluated beside the deployed one."""

    def on(self, device: torch.device) -> Reference:
        """Return the same reference, computing on ``device``."""
        ...

    def correct(self, seen: EvaluationBatch) -> np.ndarray:
        """Return which samples it predicts correctly, bool [samples]."""
        ...


@dataclass(frozen=True)
class Evaluator:
    """Evaluates samples under the deployed state of each device, beside the references.

    ``watched`` names the signals that are computed, too; ``past`` is what features are compared with. ``others`` are
    further references, by name. ``bins`` count the scores of a method that has some.
    """

    static: Reference | None
    oracle: Reference | None
    metric: Metric
    watched: tuple[str, ...] = ()
    past: PastFeatures | None = None
    others: tuple[tuple[str, Reference], ...] = ()
    bins: ScoreBins | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """What :attr:`Evaluation.counts` counts."""
        ahead = () if self.oracle is None else (AHEAD_COLUMN,)
        scores = () if self.bins is None else COLUMNS
        return (*self.metric.columns, *ahead, *(f"correct_{name}" for name, _ in self.others), *scores)

    def on(self, device: torch.device) -> Evaluator:
        """Return the same evaluator, computing on ``device``."""
        static = None if self.static is None else self.static.on(device)
        oracle = None if self.oracle is None else self.oracle.on(device)
        past = None if self.past is None else self.past.on(device)
        others = tuple((name, one.on(device)) for name, one in self.others)
        return replace(self, static=static, oracle=oracle, past=past, others=others)

    def __call__(self, method: Method, state: DeviceState, batch: SampleBatch, features: Features) -> Evaluation:
        """Predict samples with the ``state`` of their devices and compare them with the truth.

        All are predicted, padding too, because shapes are fixed; padding is left out at once.
        """
        with torch.inference_mode():
            inputs = StreamInputs(features, batch.padded)
            logits = method.predict(state, inputs)
            seen = EvaluationBatch(inputs, batch.flat, torch.from_numpy(batch.kept).to(logits.device), batch.due_label)
            judged = self._judged(logits, seen, batch)
            micro = (judged.loss_nats.clamp(0.0, _WORST_NATS).double() * 1e6).round().long()
            correct, loss_micro, counts = (one.cpu().numpy() for one in (judged.correct, micro, judged.counts))
            # Triggers may watch what is counted as well: it is computed once, and only where it is asked for.
            score = cache(lambda: method.score(state, inputs, logits))
            signals, scored = self._signals(score, logits, seen, batch), self._scored(score, seen)
        nowhere = np.zeros_like(correct)
        best = nowhere if self.oracle is None else self.oracle.correct(seen)
        static = nowhere if self.static is None else self.static.correct(seen)
        regret = nowhere.view(np.int8) if self.oracle is None else best.view(np.int8) - correct.view(np.int8)
        ahead = [] if self.oracle is None else [correct & ~best]
        beside = [*ahead, *(one.correct(seen) for _, one in self.others)]
        whole = np.concatenate([counts, *(flag[:, None].astype(np.int64) for flag in beside), *scored], axis=1)
        return Evaluation(correct, static, best, regret, loss_micro, whole, signals)

    def _signals(
        self, score: Callable[[], torch.Tensor], logits: torch.Tensor, seen: EvaluationBatch, batch: SampleBatch
    ) -> dict[str, np.ndarray]:
        """Return the signals that are watched; on a GPU, too, bits show no batch: padding goes last."""
        if not self.watched:
            return {}
        label = torch.from_numpy(batch.padded["label"].astype(np.int64)).to(logits.device).flatten()
        flat = logits.flatten(0, 1).contiguous()
        correct, loss_nats, _ = self.metric.score(flat, label)
        predicted = Predicted(
            flat, correct, loss_nats, lambda: seen.x.flatten(0, 1), lambda: score().flatten(0, 1), self.past
        )
        values = {name: SIGNALS[name].load()(predicted) for name in self.watched}
        return {name: own.index_select(0, seen.kept).cpu().numpy() for name, own in values.items()}

    def _scored(self, score: Callable[[], torch.Tensor], seen: EvaluationBatch) -> list[np.ndarray]:
        """Return the counts of scores, int64 [samples, columns], where scores are counted."""
        if self.bins is None:
            return []
        return [self.bins.counts(seen.only(score()).double().cpu().numpy(), seen.samples)]

    def _judged(self, logits: torch.Tensor, seen: EvaluationBatch, batch: SampleBatch) -> Scores:
        if logits.device == CPU:
            return self.metric.score(seen.only(logits), seen.label)
        # On a GPU the last bits depend on the number of samples: padding stays until all is computed.
        label = torch.from_numpy(batch.padded["label"].astype(np.int64)).to(logits.device)
        whole = self.metric.score(logits.flatten(0, 1).contiguous(), label.flatten())
        return Scores(*(one.index_select(0, seen.kept) for one in whole))
