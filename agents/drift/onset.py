"""How a change spreads over the fleet: at once, as a wave, group by group, or each device for itself.

A device's place in the fleet is a uniform number of its own, the same for every schedule entry; its number in
the fleet would not do, for then one device's drift would depend on how many others there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from scipy.special import gammaincinv, gammaln

from agents.seeding import Purpose, uniforms
from agents.streams.base import BlockId


class Onset(Protocol):
    """The delay of a change on each device after the start of its schedule entry."""

    @property
    def spread_s(self) -> float:
        """The latest that any device can start [s]."""
        ...

    def delays_s(self, block: BlockId, seed: int, entry: int) -> np.ndarray:
        """Return the delay of each device of the block for a schedule entry: float64 [devices]."""
        ...


@dataclass(frozen=True)
class Simultaneous:
    """All devices together."""

    spread_s: float = 0.0

    def delays_s(self, block: BlockId, seed: int, entry: int) -> np.ndarray:
        return np.zeros(block.width)


@dataclass(frozen=True)
class Wave:
    """A front that moves over the fleet at a constant speed, from the device at 0 to the one at 1."""

    spread_s: float

    def delays_s(self, block: BlockId, seed: int, entry: int) -> np.ndarray:
        return self.spread_s * coordinates(block, seed)


@dataclass(frozen=True)
class Groups:
    """Neighbours drift together: the fleet is cut into ``count`` equal stretches, one after the other."""

    count: int
    apart_s: float

    @property
    def spread_s(self) -> float:
        return (self.count - 1) * self.apart_s

    def delays_s(self, block: BlockId, seed: int, entry: int) -> np.ndarray:
        return np.floor(self.count * coordinates(block, seed)) * self.apart_s


@dataclass(frozen=True)
class Independent:
    """Each device at a uniform time of its own, drawn again for every entry."""

    spread_s: float

    def delays_s(self, block: BlockId, seed: int, entry: int) -> np.ndarray:
        return self.spread_s * uniforms(seed, Purpose.DRIFT_OWN_TIME, device_keys(block), entry)


def read_onset(options: Mapping[str, Any]) -> Onset:
    """Read the onset of an entry from its options: ``wave``, ``groups``, ``independent`` or none of them.

    Raises:
        ValueError: several of them.
    """
    given = [name for name in ("wave", "groups", "independent") if options.get(name) is not None]
    if len(given) > 1:
        raise ValueError(f"{' and '.join(given)} exclude each other")
    if not given:
        return Simultaneous()
    own = options[given[0]]
    if given[0] == "groups":
        return Groups(int(own["count"]), float(own["apart"]))
    return Wave(float(own["crosses_fleet_in"])) if given[0] == "wave" else Independent(float(own["within"]))


def coordinates(block: BlockId, seed: int) -> np.ndarray:
    """Return where each device of the block stands in the fleet, in (0, 1): float64 [devices]."""
    return uniforms(seed, Purpose.DRIFT_TIME, device_keys(block))


def device_keys(block: BlockId) -> np.ndarray:
    """Return a number for each device of the block, its own in the whole fleet: uint64 [devices]."""
    first = block.block * block.width
    return np.uint64(block.cohort << 40) + np.arange(first, first + block.width, dtype=np.uint64)


#: Below this a quantile of the Gamma law is taken from its power series, in logarithms: it may be too small to write.
_TINY = 1e-30


@lru_cache(maxsize=512)
def dirichlet_priors(seed: int, block: BlockId, alpha: float, there: tuple[bool, ...]) -> np.ndarray:
    """Return each device's draw of the symmetric Dirichlet law: float64 [devices, classes], rows sum to 1; frozen.

    Independent Gamma(alpha) variables over their sum (Devroye, Non-Uniform Random Variate Generation, 1986, chapter
    XI.4), each by inversion of a uniform of its own, so that a device keeps its uniforms under every alpha. The law is
    over the classes that are ``there``; the others have probability 0.
    """
    uniform = uniforms(seed, Purpose.DEVICE_PRIOR, device_keys(block)[:, None], np.arange(len(there)))
    with np.errstate(divide="ignore"):
        log_gamma = np.log(gammaincinv(alpha, uniform))
    # P(alpha, x) = x^alpha / Gamma(alpha + 1) for small x.
    log_gamma = np.where(log_gamma > np.log(_TINY), log_gamma, (np.log(uniform) + gammaln(alpha + 1)) / alpha)
    log_gamma = np.where(there, log_gamma, -np.inf)
    weight = np.exp(log_gamma - log_gamma.max(1, keepdims=True))
    prior: np.ndarray = weight / weight.sum(1, keepdims=True)
    prior.flags.writeable = False
    return prior
