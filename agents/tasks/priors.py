"""A prior of the classes for each device of its own."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import gammaincinv, gammaln

from agents.seeding import Purpose, uniforms
from agents.tasks.base import Place
from agents.tasks.fronts import device_keys

#: Below this a quantile of the Gamma law is taken from its power series, in logarithms: it may be too small to write.
_TINY = 1e-30


@lru_cache(maxsize=512)
def dirichlet_priors(seed: int, place: Place, alpha: float, there: tuple[bool, ...]) -> np.ndarray:
    """Return each device's draw of the symmetric Dirichlet law: float64 [devices, classes], rows sum to 1; frozen.

    Independent Gamma(alpha) variables over their sum (Devroye, Non-Uniform Random Variate Generation, 1986, chapter
    XI.4), each by inversion of a uniform of its own, so that a device has the same luck under every alpha. The law is
    over the classes that are ``there``; the others have probability 0.
    """
    luck = uniforms(seed, Purpose.DEVICE_PRIOR, device_keys(place)[:, None], np.arange(len(there)))
    with np.errstate(divide="ignore"):
        log_gamma = np.log(gammaincinv(alpha, luck))
    # P(alpha, x) = x^alpha / Gamma(alpha + 1) for small x.
    log_gamma = np.where(log_gamma > np.log(_TINY), log_gamma, (np.log(luck) + gammaln(alpha + 1)) / alpha)
    log_gamma = np.where(there, log_gamma, -np.inf)
    weight = np.exp(log_gamma - log_gamma.max(1, keepdims=True))
    prior: np.ndarray = weight / weight.sum(1, keepdims=True)
    prior.flags.writeable = False
    return prior
