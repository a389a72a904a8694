"""A world of normal clouds around the corners of a regular polygon, and how well it can be known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

#: Nodes of the Gauss-Legendre rule over one of the arcs between the directions in which two classes are equal.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(200)


@dataclass(frozen=True)
class ClassMeans:
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

        Two classes: the normal tail (Fukunaga, Statistical Pattern Recognition, 1990, chapter 3). More: see
        :meth:`accuracy_of`.
        """
        if self.classes > 2:
            return self.accuracy_of(self, np.arange(self.classes))
        distance = 2.0 * self.radius / self.std
        first, second = self.prior
        if min(first, second) == 0.0:
            return 1.0
        tilt = np.log(first / second) / distance
        return float(first * ndtr(distance / 2 + tilt) + second * ndtr(distance / 2 - tilt))

    def accuracy_of(self, rule: ClassMeans, relabel: np.ndarray) -> float:
        """Return the accuracy, here, of the rule that is best in the world ``rule``.

        Class k of this world carries the label ``relabel[k]``. With two classes the rule is a line, and the answer a
        normal tail. With more, all means of the rule are equally far from its centre, so that along a ray from
        there the log odds of any two classes are a line: a class wins on one interval, whose mass is known in
        closed form, and what is left is an integral over directions.
        """
        hits = [self._hit(rule, mean, int(relabel[k])) for k, mean in enumerate(self.means())]
        return float(np.dot(self.prior, hits))

    def _hit(self, rule: ClassMeans, mean: np.ndarray, label: int) -> float:
        if self.classes == 2:
            return self._beyond_line(rule, mean, label)
        away = (mean - (rule.centre, 0.0)) / self.std
        direction, weight = rule.directions()
        low, high = rule.interval(direction, label)
        along = np.cos(direction) * away[0] + np.sin(direction) * away[1]
        return float(weight @ _ray_mass(along, float(away @ away), low / self.std, high / self.std))

    def _beyond_line(self, rule: ClassMeans, mean: np.ndarray, label: int) -> float:
        ends = rule.means()
        normal = ends[label] - ends[1 - label]
        bias = rule.std**2 * np.log(rule.prior[label] / rule.prior[1 - label])
        margin = (mean - ends.mean(0)) @ normal + bias
        return float(ndtr(margin / (np.linalg.norm(normal) * self.std)))

    def directions(self) -> tuple[np.ndarray, np.ndarray]:
        """Return directions about the centre [rad] and their weights: no arc between nodes hides a change of order."""
        half = np.pi / (2 * self.classes)
        middle = self.angle + half * (2 * np.arange(2 * self.classes) + 1)
        direction = middle[:, None] + half * _NODES
        return direction.ravel(), np.tile(half * _WEIGHTS, 2 * self.classes)

    def interval(self, direction: np.ndarray, label: int) -> tuple[np.ndarray, np.ndarray]:
        """Return from which to which distance from the centre ``label`` is the best answer, in each direction."""
        with np.errstate(divide="ignore"):
            log_prior = np.log(self.prior)
        corner = self.angle + 2.0 * np.pi * np.arange(self.classes) / self.classes
        slope = self.radius / self.std**2 * np.cos(direction[:, None] - corner)
        others = np.delete(np.arange(self.classes), label)
        if self.prior[label] == 0.0:
            return np.zeros(len(direction)), np.zeros(len(direction))
        rise = slope[:, label, None] - slope[:, others]
        crossing = (log_prior[others] - log_prior[label]) / rise
        low = np.where(rise > 0, crossing, 0.0).max(1).clip(0.0)
        high = np.where(rise < 0, crossing, np.inf).min(1)
        return low, np.maximum(high, low)


def _ray_mass(along: np.ndarray, away_squared: float, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return the density of a standard normal law in each direction, over distances from ``low`` to ``high``.

    Its mean lies ``along`` ahead in that direction, and the root of ``away_squared`` away in all. By parts, of
    r exp(-(r^2 - 2 r along + away_squared) / 2) / (2 pi).
    """
    # exp of the sum, not product of the exps: a distant mean must not overflow.
    edges = [
        np.exp(-(np.square(np.minimum(r, 1e150)) - 2 * np.minimum(r, 1e150) * along + away_squared) / 2)
        for r in (low, high)
    ]
    tail = np.sqrt(2.0 * np.pi) * along * (ndtr(high - along) - ndtr(low - along))
    density: np.ndarray = (edges[0] - edges[1] + tail * np.exp((along**2 - away_squared) / 2.0)) / (2.0 * np.pi)
    return density


def polygon(angle: np.ndarray, centre: np.ndarray, radius: float, classes: int) -> np.ndarray:
    """Return the corners of polygons turned by ``angle`` about ``centre``: [..., classes, 2]."""
    directions = angle[..., None] + 2.0 * np.pi * np.arange(classes) / classes
    corners = radius * np.stack([np.cos(directions), np.sin(directions)], -1)
    corners[..., 0] += centre[..., None]
    return corners
