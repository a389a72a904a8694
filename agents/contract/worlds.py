"""What is known of the samples of a fleet, and of the linear model that it starts with: what theory reckons with."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Worlds(NamedTuple):
    """Normal clouds, one a class, as kinds of devices meet them at given times; a kind is devices that are alike.

    Attributes:
        weights: float64 [inputs + 1, classes], where all devices start; the last row is the bias.
        devices: int64 [kinds], devices of each.
        cohort: int64 [kinds], their cohort.
        mean: float64 [kinds, times, classes, inputs].
        std: float64 [kinds, times], of every input.
        prior: float64 [kinds, times, classes].
        label: int64 [kinds, times, classes], the name of each class.
    """

    weights: np.ndarray
    devices: np.ndarray
    cohort: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    prior: np.ndarray
    label: np.ndarray
