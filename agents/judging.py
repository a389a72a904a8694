"""Prequential judging: the deployed model and its references on the very same samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from agents.features import Features
from agents.measures import Measure
from agents.methods.base import DeviceState, Method

#: A loss above this says only that the model was sure and wrong; the bound keeps integer sums finite.
_WORST_NATS = 1000.0


@dataclass(frozen=True)
class Verdict:
    """What became of some samples. All arrays are [samples]; ``loss_micro`` is int64, 1e-6 nats.

    ``counts`` is int64 [samples, columns of the measure].

    A reference that nobody asked for is right nowhere; without an oracle there is no regret.
    """

    correct: np.ndarray
    correct_static: np.ndarray
    correct_oracle: np.ndarray
    regret: np.ndarray
    loss_micro: np.ndarray
    counts: np.ndarray


class Reference(Protocol):
    """A model judged beside the deployed one."""

    def correct(self, samples: Mapping[str, np.ndarray], x: torch.Tensor) -> np.ndarray:
        """Return which samples it predicts correctly, bool [devices, samples]; ``x`` are trunk features."""
        ...


@dataclass(frozen=True)
class Judge:
    """Judges samples under the deployed state of each device, beside the references."""

    static: Reference | None
    oracle: Reference | None
    measure: Measure

    def __call__(
        self,
        method: Method,
        state: DeviceState,
        samples: Mapping[str, np.ndarray],
        features: Features,
        there: np.ndarray,
    ) -> Verdict:
        """Predict ``samples`` with ``state``, compare those that are ``there`` with the truth, row by row.

        Samples are [devices, samples], and so is ``there``, bool: all are predicted, because shapes are fixed, and
        padding is left out at once.
        """
        x, kept = features.of(samples), np.flatnonzero(there)
        label = torch.from_numpy(_kept(samples["label"], kept).astype(np.int64))[None]
        with torch.inference_mode():
            logits = method.predict(state, x).flatten(0, 1).index_select(0, torch.from_numpy(kept))[None]
            correct, loss = self.measure.correct(logits, label), self.measure.loss_nats(logits, label)
            counts = self.measure.counts(logits, label)
            micro = (loss.clamp(0.0, _WORST_NATS).double() * 1e6).round().long()
        judged = correct[0].numpy()
        nowhere = np.zeros_like(judged)
        best = nowhere if self.oracle is None else _kept(self.oracle.correct(samples, x), kept)
        return Verdict(
            correct=judged,
            correct_static=nowhere if self.static is None else _kept(self.static.correct(samples, x), kept),
            correct_oracle=best,
            regret=nowhere.view(np.int8) if self.oracle is None else best.view(np.int8) - judged.view(np.int8),
            loss_micro=micro[0].numpy(),
            counts=counts[0].numpy(),
        )


def _kept(values: np.ndarray, kept: np.ndarray) -> np.ndarray:
    return np.asarray(values.reshape(-1).take(kept))
