"""Federated averaging of linear models under the squared loss: the mean of their weights, and how far they scatter.

With H = E[x x'] and B = E[x y'], a step of a device at rate r on samples that it has not met before is on average
``W <- W - r (H W - B)``. So is what it learns in a round affine in the weights that it began with, ``P W + C``, and so
is what the cloud makes of them. Scatter comes from the samples of each step, whose slopes have a covariance that is
known for normal clouds (Isserlis' theorem).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats.qmc import Sobol

from agents.contract import Worlds

#: Points in which the law of a line is looked at, besides their mirrors.
_POINTS = 64


@dataclass(frozen=True)
class Plan:
    """How devices learn, and how the cloud averages: see the options of ``fedavg`` and ``fedprox``."""

    steps: int
    batch: int
    rate: float
    prox: float
    server_rate: float


@dataclass(frozen=True)
class Scattered:
    """Weights with their scatter: mean [kinds, inputs + 1, classes], covariance [kinds, n, n] of them as one row."""

    mean: np.ndarray
    covariance: np.ndarray


class Averaging:
    """The model of the cloud as rounds go by; ``mean`` [inputs + 1, classes] and ``covariance`` [n, n]."""

    def __init__(self, worlds: Worlds, plan: Plan) -> None:
        self._worlds, self._plan = worlds, plan
        self.mean = worlds.weights
        self.covariance = np.zeros((worlds.weights.size,) * 2)

    def round(self, first: int) -> Scattered:
        """Play a round, whose steps meet the worlds number ``first`` and following; return what devices have learnt."""
        plan, devices = self._plan, self._worlds.devices
        slope, offset, scatter = self._learnt(first)
        spread = _rows(slope, self.mean.shape[1])
        learnt = Scattered(slope @ self.mean + offset, spread @ self.covariance @ spread.swapaxes(1, 2) + scatter)
        share = devices / devices.sum()
        mean = np.tensordot(share, learnt.mean, 1)
        passed = (1.0 - plan.server_rate) * np.eye(self.mean.size) + plan.server_rate * np.tensordot(share, spread, 1)
        own = plan.server_rate**2 * np.tensordot(share / devices.sum(), scatter, 1)
        self.covariance = passed @ self.covariance @ passed.T + own
        self.mean = self.mean + plan.server_rate * (mean - self.mean)
        return learnt

    def _learnt(self, first: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return P and C of each kind of device after its steps, and the covariance of what they come to."""
        plan, (inputs, classes) = self._plan, self.mean.shape
        unit = np.eye(inputs)
        slope = np.broadcast_to(unit, (len(self._worlds.devices), inputs, inputs))
        offset, scatter = np.zeros((1, inputs, classes)), np.zeros((1, inputs * classes, inputs * classes))
        for number in range(first, first + plan.steps):
            law = Slopes(self._worlds, number)
            factor = unit - plan.rate * (law.second + plan.prox * unit)
            noise = plan.rate**2 / plan.batch * law.covariance(slope @ self.mean + offset)
            spread = _rows(factor, classes)
            scatter = spread @ scatter @ spread.swapaxes(1, 2) + noise
            slope = factor @ slope + plan.rate * plan.prox * unit
            offset = factor @ offset + plan.rate * law.cross
        return slope, offset, scatter


class Slopes:
    """The slope of the squared loss of one sample in a world, as a random number: ``x (W' x - y)'``."""

    def __init__(self, worlds: Worlds, number: int) -> None:
        mean, std = worlds.mean[:, number], worlds.std[:, number, None, None, None]
        self._mean = np.concatenate([mean, np.ones((*mean.shape[:2], 1))], 2)
        self._noise = std**2 * np.diag([1.0] * mean.shape[2] + [0.0])
        self._prior = worlds.prior[:, number]
        self._wanted = np.eye(mean.shape[1])[worlds.label[:, number]]
        #: E[x x'] [kinds, inputs + 1, inputs + 1], and E[x y'] [kinds, inputs + 1, classes].
        self.second = np.einsum("nk,nkab->nab", self._prior, self._raw)
        self.cross = np.einsum("nk,nka,nkc->nac", self._prior, self._mean, self._wanted)

    @property
    def _raw(self) -> np.ndarray:
        return self._mean[..., :, None] * self._mean[..., None, :] + self._noise

    def covariance(self, weights: np.ndarray) -> np.ndarray:
        """Return the covariance [kinds, n, n] of a sample's slope at ``weights`` [kinds, inputs + 1, classes]."""
        kinds, inputs, classes = weights.shape
        wide = weights[:, None]
        error = self._mean @ weights - self._wanted
        beside = self._mean[..., :, None] * error[..., None, :] + self._noise @ wide
        squared = error[..., :, None] * error[..., None, :] + wide.swapaxes(2, 3) @ self._noise @ wide
        fourth = np.einsum("nkab,nkcd->nkacbd", self._raw, squared)
        fourth += np.einsum("nkac,nkbd->nkacbd", beside, beside)
        fourth += np.einsum("nkad,nkbc->nkacbd", beside, beside)
        fourth -= 2.0 * np.einsum("nka,nkb,nkc,nkd->nkacbd", self._mean, self._mean, error, error)
        slope = (self.second @ weights - self.cross).reshape(kinds, -1)
        whole = np.einsum("nk,nkacbd->nacbd", self._prior, fourth).reshape(kinds, inputs * classes, -1)
        return np.asarray(whole - slope[:, :, None] * slope[:, None, :])


def accuracies(worlds: Worlds, numbers: np.ndarray, weights: Scattered) -> np.ndarray:
    """Return the expected accuracy [kinds, times] of two classes in the worlds of those ``numbers``.

    The line between the classes is normal; its law is looked at in points that fill it evenly, and in their mirrors.
    """
    kinds, inputs, _ = weights.mean.shape
    sides = np.array([-1.0, 1.0])
    line, law = weights.mean @ sides, weights.covariance.reshape(kinds, inputs, 2, inputs, 2)
    value, axis = np.linalg.eigh(np.einsum("nacbd,c,d->nab", law, sides, sides))
    point = ndtri(Sobol(inputs, scramble=False).fast_forward(1).random(_POINTS)) @ (
        axis * np.sqrt(value.clip(0.0))[:, None, :]
    ).swapaxes(1, 2)
    seen, where = _distinct(worlds, numbers)
    each = [_right(worlds, seen, line + sign * point[:, one]) for one in range(_POINTS) for sign in (1.0, -1.0)]
    return np.asarray(np.mean(each, 0)[:, where])


def _distinct(worlds: Worlds, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers of worlds that all differ, and which of them each of ``numbers`` is like."""
    fields = (worlds.mean, worlds.std, worlds.prior, worlds.label)
    rows = np.concatenate([one[:, numbers].swapaxes(0, 1).reshape(len(numbers), -1) for one in fields], 1)
    _, first, like = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return numbers[first], like.reshape(-1)


def _right(worlds: Worlds, numbers: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Return the accuracy [kinds, times] of a line [kinds, inputs + 1] between classes: it cuts normal tails off."""
    margin = np.einsum("ntka,na->ntk", worlds.mean[:, numbers], line[:, :-1]) + line[:, None, None, -1]
    side = 2.0 * worlds.label[:, numbers] - 1.0
    length = worlds.std[:, numbers] * np.linalg.norm(line[:, :-1], axis=1)[:, None]
    tails = ndtr(side * margin / np.maximum(length, 1e-300)[..., None])
    return np.asarray((tails * worlds.prior[:, numbers]).sum(2))


def _rows(matrix: np.ndarray, classes: int) -> np.ndarray:
    """Return what ``matrix`` [kinds, m, m] does to weights [m, classes] as one row: [kinds, m classes, m classes]."""
    kinds, size = matrix.shape[:2]
    return np.einsum("nab,cd->nacbd", matrix, np.eye(classes)).reshape(kinds, size * classes, size * classes)
