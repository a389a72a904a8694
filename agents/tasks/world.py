"""A world of normal clouds around the corners of a regular polygon, and how well it can be known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

#: Nodes of the Gauss-Legendre rule over a wedge; the integrand is smooth, the error far below 1e-12.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(400)


@dataclass(frozen=True)
class World:
    """One moment of one concept, in the plane where the means lie.

    Attributes:
        angle: by how much the polygon is turned [rad].
        centre: where its centre lies on the first axis.
        radius: distance of each mean from the centre.
        std: standard deviation of every coordinate.
        prior: probability of each class.
    """

    angle: float
    centre: float
    radius: float
    std: float
    prior: tuple[float, ...]

    @property
    def classes(self) -> int:
        return len(self.prior)

    def means(self) -> np.ndarray:
        """Return the mean of each class: float64 [classes, 2]."""
        return polygon(np.asarray(self.angle), np.asarray(self.centre), self.radius, self.classes)

    def bayes_accuracy(self) -> float:
        """Return the accuracy of the best rule.

        Two classes: the normal tail (Fukunaga, Statistical Pattern Recognition, 1990, chapter 3). More,
        equally likely: the chance that noise does not carry a sample out of its wedge (as in phase-shift keying).
        """
        if self.classes > 2:
            return self._in_wedge(self.radius, 0.0, 0.0)
        distance = 2.0 * self.radius / self.std
        first, second = self.prior
        if min(first, second) == 0.0:
            return 1.0
        tilt = np.log(first / second) / distance
        return float(first * ndtr(distance / 2 + tilt) + second * ndtr(distance / 2 - tilt))

    def accuracy_of(self, rule: World, relabel: np.ndarray) -> float:
        """Return the accuracy, here, of the rule that is best in the world ``rule``.

        Class k of this world carries the label ``relabel[k]``.
        """
        hits = [self._hit(rule, mean, int(relabel[k])) for k, mean in enumerate(self.means())]
        return float(np.dot(self.prior, hits))

    def _hit(self, rule: World, mean: np.ndarray, label: int) -> float:
        if self.classes == 2:
            return self._beyond_line(rule, mean, label)
        away = mean - (rule.centre, 0.0)
        wedge = rule.angle + 2.0 * np.pi * label / self.classes
        return self._in_wedge(float(np.hypot(*away)), float(np.arctan2(away[1], away[0])), wedge)

    def _beyond_line(self, rule: World, mean: np.ndarray, label: int) -> float:
        ends = rule.means()
        normal = ends[label] - ends[1 - label]
        bias = rule.std**2 * np.log(rule.prior[label] / rule.prior[1 - label])
        margin = (mean - ends.mean(0)) @ normal + bias
        return float(ndtr(margin / (np.linalg.norm(normal) * self.std)))

    def _in_wedge(self, length: float, direction: float, wedge: float) -> float:
        """Return the chance that a sample about a mean in polar form falls in the wedge about ``wedge``."""
        half = np.pi / self.classes
        along = length / self.std * np.cos(wedge + half * _NODES - direction)
        # exp of the sum, not product of the exps: a distant mean must not overflow.
        tail = np.sqrt(2.0 * np.pi) * along * ndtr(along) * np.exp((along**2 - (length / self.std) ** 2) / 2.0)
        density = (np.exp(-((length / self.std) ** 2) / 2.0) + tail) / (2.0 * np.pi)
        return float(half * (_WEIGHTS @ density))


def polygon(angle: np.ndarray, centre: np.ndarray, radius: float, classes: int) -> np.ndarray:
    """Return the corners of polygons turned by ``angle`` about ``centre``: [..., classes, 2]."""
    directions = angle[..., None] + 2.0 * np.pi * np.arange(classes) / classes
    corners = radius * np.stack([np.cos(directions), np.sin(directions)], -1)
    corners[..., 0] += centre[..., None]
    return corners
