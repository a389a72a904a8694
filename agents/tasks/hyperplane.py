"""A rotating hyperplane: the side of a plane through the origin decides the class, and the plane turns.

After Hulten, Spencer and Domingos, Mining time-changing data streams, KDD 2001; but with standard normal features
in place of uniform ones, so that two planes disagree on a share of the samples that is their angle over pi.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.contract import FleetSpec
from agents.tasks.base import Place
from agents.tasks.laws import Drawn, Law, Scene, read_law, refuse_priors, strengths
from agents.tasks.motion import make_motion
from agents.tasks.sea import checked_noise, flipped_accuracy

#: What drift can do: turn the plane [deg].
NEUTRAL: dict[str, float] = {"boundary": 0.0}
DEFAULTS: dict[str, Any] = {
    "dimensions": 10,
    "noise": 0.05,
    "rotate_deg_per_s": 0.0,
    "walk": None,
    "history": 20_000,
}


class Hyperplane(Law):
    """Options: ``dimensions``; ``noise``, the share of labels that are flipped; ``history``: rows of the past.

    The plane's normal turns from the first axis towards the second, by drift, by ``rotate_deg_per_s``, and by ``walk``
    (:data:`agents.tasks.motion.WALK`). All other features say nothing.
    """

    def __init__(self, spec: FleetSpec) -> None:
        options = read_law("hyperplane", spec.data_options, DEFAULTS, {"dimensions": 2, "history": 1})
        self.noise = checked_noise("hyperplane", options["noise"])
        super().__init__(spec, 2, int(options["dimensions"]), NEUTRAL, int(options["history"]))
        refuse_priors(self.schedule.concepts, "in hyperplane the features decide the class; it has no prior to be set")
        self._boundary = strengths(self.schedule.concepts, NEUTRAL)[:, 0]
        if (options["walk"] or {}).get("shift"):
            raise ValueError("task hyperplane: walk.shift: the plane goes through the origin; it only turns")
        self._motion = make_motion(spec.seed, options["rotate_deg_per_s"], 0.0, options["walk"])

    def sample(self, scene: Scene, chance: np.random.Generator) -> Drawn:
        """Draw features, see on which side they are, flip some labels."""
        x = chance.standard_normal((*scene.time_s.shape, *self.input_shape))
        flipped = chance.random(scene.time_s.shape) < self.noise
        angle = np.deg2rad(self._angle_deg(scene))
        true = (np.cos(angle) * x[..., 0] + np.sin(angle) * x[..., 1] > 0.0).astype(np.int64)
        return Drawn(x, true ^ flipped, true)

    def bayes_accuracy(self, at_s: float, concept: int = 0) -> float:
        """Return the accuracy of the best rule: all but the flipped labels."""
        return 1.0 - self.noise

    def static_accuracy(self, at_s: float, concept: int = 0, place: Place | None = None, row: int = 0) -> float:
        """Return the accuracy at ``at_s`` of the first world's rule: it errs where the two planes disagree.

        Where planes walk, ``place`` and ``row`` say which device is meant.
        """
        scene = Scene(place or Place(0, 0, row + 1), np.array([row]), np.array([concept]), np.array([at_s]))
        turned_deg = abs((float(self._angle_deg(scene)[0]) + 180.0) % 360.0 - 180.0)
        return flipped_accuracy(turned_deg / 180.0, self.noise, self._labels[concept])

    def _angle_deg(self, scene: Scene) -> np.ndarray:
        angle_deg: np.ndarray = self._boundary[scene.concept]
        if scene.place is not None:
            angle_deg = angle_deg + self._motion.angle_deg(scene.place, scene.row, scene.time_s)
        return angle_deg
