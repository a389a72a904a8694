"""Normal clouds that move in time and by drift, with a known best accuracy at every moment.

The means sit on the corners of a regular polygon in the first two dimensions; the other dimensions are noise.
"""

from __future__ import annotations

import math

import numpy as np

from agents.contract import FleetSpec
from agents.contract.component import read_options
from agents.drift.concepts import Concept
from agents.streams.base import BlockId
from agents.tasks.synthetic.class_means import ClassMeans, polygon
from agents.tasks.synthetic.generator import DrawnSamples, SampleRequest, SyntheticGenerator, strengths
from agents.tasks.synthetic.motion import make_motion
from agents.tasks.synthetic.options import GaussiansOptions, PastOptions

#: What drift can do: rotate [deg]; shift [along the first axis]; noise [its deviation adds to the world's 1].
NEUTRAL: dict[str, float] = {"rotate": 0.0, "shift": 0.0, "noise": 0.0}


class Gaussians(SyntheticGenerator):
    """See :class:`GaussiansOptions`. From t = 0 on all means turn and shift steadily, and walk at random.

    The past saw the original world, or several, turned and shifted in equal steps from minus to plus so much.
    """

    def __init__(self, spec: FleetSpec) -> None:
        options: GaussiansOptions = read_options(GaussiansOptions, spec.data_options, "task gaussians")
        super().__init__(spec, options.classes, options.dimensions, NEUTRAL, options.history, own_priors=True)
        self._strengths = strengths(self.schedule.concepts, NEUTRAL)
        self._priors = np.array([_prior(concept, self.classes) for concept in self.schedule.concepts])
        self._radius = options.distance / (2.0 * math.sin(math.pi / self.classes))
        self.contexts, self._seen = _contexts(options.past)
        self._motion = make_motion(spec.seed, options.rotate, options.shift, options.walk)

    def sample(self, request: SampleRequest, rng: np.random.Generator) -> DrawnSamples:
        """Draw a class by its prior, and a normal sample about its mean."""
        which = rng.random(request.time_s.shape)
        noise = rng.standard_normal((*request.time_s.shape, *self.input_shape))
        angle, centre, std = self._where(request)
        prior, means = self._prior_of(request), polygon(angle, centre, self._radius, self.classes)
        drawn = (which[..., None] >= prior.cumsum(-1)[..., :-1]).sum(-1)
        x = noise * std[..., None]
        x[..., :2] += np.take_along_axis(means, drawn[..., None, None], -2)[..., 0, :]
        distance = np.square(x[..., None, :2] - means).sum(-1)
        with np.errstate(divide="ignore"):
            score = np.log(prior) - distance / (2.0 * np.square(std)[..., None])
        return DrawnSamples(x, drawn, score.argmax(-1))

    def bayes_accuracy(self, at_s: float, concept: int = 0, block: BlockId | None = None, row: int = 0) -> float:
        """Return the accuracy of the best rule for the world at ``at_s`` under ``concept``.

        Only where each device has a prior of its own does it matter which device it is.
        """
        return self.class_means(at_s, concept, block, row).bayes_accuracy()

    def static_accuracy(self, at_s: float, concept: int = 0, block: BlockId | None = None, row: int = 0) -> float:
        """Return the accuracy at ``at_s`` under ``concept`` of the rule that was best at t = 0 at first.

        Where devices walk or have priors of their own, ``block`` and ``row`` say which device is meant.
        """
        return self.class_means(at_s, concept, block, row).accuracy_of(self.class_means(0.0), self._labels[concept])

    def class_means(self, at_s: float, concept: int = 0, block: BlockId | None = None, row: int = 0) -> ClassMeans:
        """Return the world of a device at ``at_s`` under ``concept``."""
        request = SampleRequest(block or BlockId(0, 0, row + 1), np.array([row]), np.array([concept]), np.array([at_s]))
        angle, centre, std = (float(values[0]) for values in self._where(request))
        return ClassMeans(angle, centre, self._radius, std, tuple(self._prior_of(request)[0].tolist()))

    def worlds(self, block: BlockId, row: int, concept: np.ndarray, time_s: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return mean [times, classes, inputs], deviation [times], prior and label [times, classes] of a device."""
        request = SampleRequest(block, np.full((1, len(time_s)), row), concept[None], time_s[None])
        angle, centre, std = self._where(request)
        mean = np.zeros((len(time_s), self.classes, *self.input_shape))
        mean[..., :2] = polygon(angle, centre, self._radius, self.classes)[0]
        return mean, std[0], self._prior_of(request)[0], self._labels[concept]

    def _where(self, request: SampleRequest) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return angle [rad], centre and standard deviation of each sample's world."""
        angle_deg, centre, noise = np.moveaxis(self._strengths[request.concept], -1, 0)
        if request.block is None:
            angle_deg, centre = angle_deg + self._seen[request.row, 0], centre + self._seen[request.row, 1]
        else:
            angle_deg = angle_deg + self._motion.angle_deg(request.block, request.row, request.time_s)
            centre = centre + self._motion.shift(request.block, request.row, request.time_s)
        return np.deg2rad(angle_deg), centre, np.hypot(1.0, noise)

    def _prior_of(self, request: SampleRequest) -> np.ndarray:
        """Return the prior of each sample's world: float64 [..., classes]."""
        prior = self._priors[request.concept]
        for concept in range(len(self.concepts)):
            own = None if request.block is None else self.schedule.prior(request.block, concept)
            if own is not None:
                ruled = request.concept == concept
                prior[ruled] = own[request.row[ruled]]
        return prior


def _prior(concept: Concept, classes: int) -> np.ndarray:
    """Return what a concept says of all devices; where each has its own prior, their mean."""
    return np.asarray(concept.prior or [1.0 / classes] * classes)


def _contexts(past: PastOptions | None) -> tuple[int, np.ndarray]:
    """Return how many contexts there are, and the turn [deg] and shift of each; row -1 is the original world."""
    count, rotate, shift = (1, 0.0, 0.0) if past is None else (past.contexts, past.rotate, past.shift)
    steps = np.linspace(-1.0, 1.0, count) if count > 1 else np.zeros(1)
    return count, np.append(steps[:, None] * (rotate, shift), [[0.0, 0.0]], 0)
