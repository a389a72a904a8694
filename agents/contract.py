"""All that the two planes say to each other. Plain data: neither torch nor simpy is imported here.

The timing plane (``sim``) decides WHEN; the data plane (``agents``) decides WHAT. They meet in one call,
:meth:`DataPlane.settle`, which carries an itinerary of orders out and returns tallies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple, Protocol

import numpy as np


def in_force(since_s: Any, at_s: Any) -> Any:
    """Say whether what changed at ``since_s`` holds for a sample at ``at_s``: strictly after, never at once.

    The one rule for equal times: updates, concepts and phases all take effect after their moment. Takes
    floats or arrays that broadcast.
    """
    return since_s < at_s


class BackendError(Exception):
    """This machine or cluster cannot do what was asked; the message is one line with a remedy."""


class WorkersLostError(Exception):
    """Workers died more often than a run puts up with; the message says how the last one ended."""


class Phase(IntEnum):
    """What a device is waiting for since its latest concept change; regret is split by it."""

    UNDETECTED = 0
    LABELS = 1
    UPLINK = 2
    CLOUD_QUEUE = 3
    SERVICE = 4
    DOWNLINK = 5
    LOST = 6
    RESIDUAL = 7


class Collect(NamedTuple):
    """The device hands its payload over at ``at_s``."""

    ticket: int
    device: int
    at_s: float


class Adapt(NamedTuple):
    """The cloud turns the payloads of ``tickets`` into updates, in this order (one batch or one round)."""

    tickets: tuple[int, ...]
    at_s: float


class Install(NamedTuple):
    """The update of ``ticket`` takes effect on the device strictly after ``at_s``."""

    ticket: int
    device: int
    at_s: float


class Progress(NamedTuple):
    """The exchange of ``ticket`` enters ``phase`` at ``at_s``: what regret is attributed to."""

    ticket: int
    device: int
    at_s: float
    phase: Phase


class Discard(NamedTuple):
    """Nothing will come of ``ticket`` any more (lost, rejected, superseded): forget its payload and update."""

    ticket: int
    device: int
    at_s: float


Order = Collect | Adapt | Install | Progress | Discard


#: Columns of :attr:`Tallies.cohorts`: counts and sums over the samples in (after, until].
COHORT_COLUMNS: tuple[str, ...] = (
    "samples",
    "labelled",
    "correct",
    "correct_static",
    "correct_oracle",
    "loss_micro",
    *(f"regret_{phase.name.lower()}" for phase in Phase),
)

#: Columns of :attr:`DeviceTotals.counts`: counts over the whole run.
DEVICE_COLUMNS: tuple[str, ...] = ("samples", "correct", "correct_static", "correct_oracle")


@dataclass(frozen=True)
class Tallies:
    """What happened in (after, until].

    Attributes:
        until_s: end of the interval.
        cohorts: int64 [cohorts, len(COHORT_COLUMNS)]; losses in 1e-6 nats, so that sums are exact.
        signals: what triggers asked to watch, by name, each [devices] (``samples``: int64 seen so far).
    """

    until_s: float
    cohorts: np.ndarray
    signals: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class DeviceTotals:
    """Counts of each device over the run: int64 [devices, len(DEVICE_COLUMNS)], in device order."""

    counts: np.ndarray


@dataclass(frozen=True)
class MessageSizes:
    """Bytes of one payload (up) and one update (down) after the codec, as serialised."""

    payload_bytes: int
    update_bytes: int


@dataclass(frozen=True)
class CohortSpec:
    """A cohort as the data plane sees it: how many devices, how samples and labels arrive.

    ``label_delay`` maps n uniforms in (0, 1) to n delays in seconds (the scenario's law, by inversion).
    ``absences`` returns the spans (from, until) within an interval in which a device of the cohort, counted from 0,
    sees nothing; None for devices that never miss a sample.
    """

    name: str
    devices: int
    interval_s: float
    arrivals: str
    label_share: float
    label_delay: Any
    absences: Callable[[int, float, float], list[tuple[float, float]]] | None = None


@dataclass(frozen=True)
class DriftSpec:
    """One line of the drift schedule, in seconds and long form; ``to`` and ``between`` are concepts.

    A concept is a mapping of transform name to parameters, as in the scenario after units are read.
    """

    kind: str
    at_s: float
    over_s: float = 0.0
    every_s: float = 0.0
    cohort: str | None = None
    share: float = 1.0
    to: Mapping[str, Any] | None = None
    between: Sequence[Mapping[str, Any]] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FleetSpec:
    """Everything the data plane is built from; plain values, so that it pickles and hashes.

    ``workers``: how many processes carry blocks, 0 for this one; it changes no result.
    """

    seed: int
    duration_s: float
    tick_s: float
    data: str
    data_options: Mapping[str, Any]
    model: str
    model_options: Mapping[str, Any]
    pretrain: Mapping[str, Any]
    cohorts: tuple[CohortSpec, ...]
    drift: tuple[DriftSpec, ...]
    adapter: str
    adapter_options: Mapping[str, Any]
    codec: str
    references: tuple[str, ...]
    watch: tuple[str, ...] = ()
    workers: int = 0

    @property
    def devices(self) -> int:
        return sum(cohort.devices for cohort in self.cohorts)


class DataPlane(Protocol):
    """The data plane as the timing plane sees it."""

    sizes: MessageSizes

    @property
    def workers(self) -> int:
        """The number of worker processes; 0 for this one."""
        ...

    def settle(self, orders: Sequence[Order], until_s: float) -> Tallies:
        """Carry ``orders`` out (in virtual-time order, none after ``until_s``) and judge all samples up to it."""
        ...

    def carry_out(self, orders: Sequence[Order]) -> None:
        """Carry ``orders`` out without closing the interval: what ``--eager`` does after each order."""
        ...

    def totals(self) -> DeviceTotals:
        """Return the counts of each device since the start."""
        ...

    def measure_service_s(self) -> float:
        """Return how long the cloud really computes for one request on this machine [s]."""
        ...

    def close(self) -> None:
        """Release workers and memory."""
        ...
