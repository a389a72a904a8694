"""SEA concepts (Street and Kim, A streaming ensemble algorithm for large-scale classification, KDD 2001).

Three features, each uniform from 0 to 10; a sample is of class 1 if the first two sum to no more than a threshold, and
the third says nothing. Labels are flipped at random. What a model sees is standardised: the law is known.
"""

from __future__ import annotations

import numpy as np

from agents.contract import FleetSpec
from agents.contract.component import read_options
from agents.tasks.synthetic.generator import DrawnSamples, SampleRequest, SyntheticGenerator, refuse_priors, strengths
from agents.tasks.synthetic.options import SeaOptions

#: The thresholds of the paper's four concepts; the first is the original world.
THRESHOLDS = (8.0, 9.0, 7.0, 9.5)
#: What drift can do: move the threshold.
NEUTRAL: dict[str, float] = {"threshold": THRESHOLDS[0]}
#: Mean and standard deviation of a uniform number from 0 to 10.
_MEAN, _STD = 5.0, 10.0 / np.sqrt(12.0)


class Sea(SyntheticGenerator):
    """See :class:`SeaOptions`."""

    def __init__(self, spec: FleetSpec) -> None:
        options: SeaOptions = read_options(SeaOptions, spec.data_options, "task sea")
        self.noise = options.noise
        super().__init__(spec, 2, 3, NEUTRAL, options.history)
        refuse_priors(self.schedule.concepts, "in sea the features decide the class; it has no prior to be set")
        self._thresholds = strengths(self.schedule.concepts, NEUTRAL)[:, 0]

    def sample(self, request: SampleRequest, rng: np.random.Generator) -> DrawnSamples:
        """Draw features, compare them with the threshold, flip some labels."""
        x = 10.0 * rng.random((*request.time_s.shape, 3))
        flipped = rng.random(request.time_s.shape) < self.noise
        true = (x[..., 0] + x[..., 1] <= self._thresholds[request.concept]).astype(np.int64)
        return DrawnSamples((x - _MEAN) / _STD, true ^ flipped, true)

    def bayes_accuracy(self, at_s: float, concept: int = 0) -> float:
        """Return the accuracy of the best rule: all but the flipped labels."""
        return 1.0 - self.noise

    def static_accuracy(self, at_s: float, concept: int = 0) -> float:
        """Return the accuracy under ``concept`` of the first world's rule: it errs between the two thresholds."""
        apart = abs(below(self._thresholds[concept]) - below(THRESHOLDS[0]))
        return flipped_accuracy(apart, self.noise, self._labels[concept])


def below(threshold: float) -> float:
    """Return the chance that two uniform numbers from 0 to 10 sum to no more than ``threshold``."""
    t = min(max(float(threshold), 0.0), 20.0) / 10.0
    return t * t / 2.0 if t <= 1.0 else 1.0 - (2.0 - t) ** 2 / 2.0


def flipped_accuracy(apart: float, noise: float, relabel: np.ndarray) -> float:
    """Return the accuracy of a rule that differs from the best one on a share ``apart`` of the samples.

    ``noise`` labels are flipped, and the two classes are renamed by ``relabel``.
    """
    kept = (1.0 - apart) * (1.0 - noise) + apart * noise
    return kept if relabel[0] == 0 else 1.0 - kept
