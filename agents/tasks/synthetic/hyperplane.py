"""A rotating hyperplane: the side of a plane through the origin decides the class, and the plane turns.

After Hulten, Spencer and Domingos, Mining time-changing data streams, KDD 2001; but with standard normal features
in place of uniform ones, so that two planes disagree on a share of the samples that is their angle over pi.
"""

from __future__ import annotations

import numpy as np

from agents.contract import FleetSpec
from agents.contract.component import read_options
from agents.streams.base import BlockId
from agents.tasks.synthetic.generator import DrawnSamples, SampleRequest, SyntheticGenerator, refuse_priors, strengths
from agents.tasks.synthetic.motion import make_motion
from agents.tasks.synthetic.options import HyperplaneOptions
from agents.tasks.synthetic.sea import flipped_accuracy

#: What drift can do: turn the plane [deg].
NEUTRAL: dict[str, float] = {"boundary": 0.0}


class Hyperplane(SyntheticGenerator):
    """See :class:`HyperplaneOptions`.

    The plane's normal turns from the first axis towards the second, by drift, steadily, and by a random walk. All
    other features say nothing.
    """

    def __init__(self, spec: FleetSpec) -> None:
        options: HyperplaneOptions = read_options(HyperplaneOptions, spec.data_options, "task hyperplane")
        self.noise = options.noise
        super().__init__(spec, 2, options.dimensions, NEUTRAL, options.history)
        refuse_priors(self.schedule.concepts, "in hyperplane the features decide the class; it has no prior to be set")
        self._boundary = strengths(self.schedule.concepts, NEUTRAL)[:, 0]
        self._motion = make_motion(spec.seed, options.rotate, 0.0, options.walk)

    def sample(self, request: SampleRequest, rng: np.random.Generator) -> DrawnSamples:
        """Draw features, see on which side they are, flip some labels."""
        x = rng.standard_normal((*request.time_s.shape, *self.input_shape))
        flipped = rng.random(request.time_s.shape) < self.noise
        angle = np.deg2rad(self._angle_deg(request))
        true = (np.cos(angle) * x[..., 0] + np.sin(angle) * x[..., 1] > 0.0).astype(np.int64)
        return DrawnSamples(x, true ^ flipped, true)

    def bayes_accuracy(self, at_s: float, concept: int = 0) -> float:
        """Return the accuracy of the best rule: all but the flipped labels."""
        return 1.0 - self.noise

    def static_accuracy(self, at_s: float, concept: int = 0, block: BlockId | None = None, row: int = 0) -> float:
        """Return the accuracy at ``at_s`` of the first world's rule: it errs where the two planes disagree.

        Where planes walk, ``block`` and ``row`` say which device is meant.
        """
        request = SampleRequest(block or BlockId(0, 0, row + 1), np.array([row]), np.array([concept]), np.array([at_s]))
        turned_deg = abs((float(self._angle_deg(request)[0]) + 180.0) % 360.0 - 180.0)
        return flipped_accuracy(turned_deg / 180.0, self.noise, self._labels[concept])

    def _angle_deg(self, request: SampleRequest) -> np.ndarray:
        angle_deg: np.ndarray = self._boundary[request.concept]
        if request.block is not None:
            angle_deg = angle_deg + self._motion.angle_deg(request.block, request.row, request.time_s)
        return angle_deg
