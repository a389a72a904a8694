"""All that the two planes say to each other. Plain data: neither torch nor simpy is imported here.

The timing plane (``sim``) decides WHEN; the data plane (``agents``) decides WHAT. They meet in one call,
:meth:`DataPlane.settle`, which carries an itinerary of orders out and returns tallies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

import numpy as np

if TYPE_CHECKING:
    from agents.orders import Orders


def in_force(since_s: Any, at_s: Any) -> Any:
    """Say whether what changed at ``since_s`` holds for a sample at ``at_s``: strictly after, never at once.

    The one rule for equal times: updates, concepts and phases all take effect after their moment. Takes
    floats or arrays that broadcast.
    """
    return since_s < at_s


class InputError(ValueError):
    """What a scenario names cannot be used: a file, an option, a drift. ``about`` is its path in the YAML."""

    def __init__(self, about: str, message: str) -> None:
        super().__init__(message)
        self.about = about


class BackendError(Exception):
    """This machine or cluster cannot do what was asked; the message is one line with a remedy."""


class WorkersLostError(Exception):
    """Workers died more often than a run puts up with; the message says how the last one ended."""


_T = TypeVar("_T")


class Eventually(Generic[_T]):
    """Something that may still be under way. ``come`` waits for it, and is called once at most."""

    def __init__(self, come: Callable[[], _T]) -> None:
        self._come: Callable[[], _T] | None = come

    def get(self) -> _T:
        """Wait for it; return what it came to, as often as asked."""
        if self._come is not None:
            self._value = self._come()
            self._come = None
        return self._value


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
        cohorts: int64 [cohorts, columns of the data plane]; losses in 1e-6 nats, so that sums are exact.
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

    ``index`` is its place among the cohorts.

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
    index: int = 0
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


#: What shared memory may hold by default: tables, messages and checkpoints; what does not fit goes to disk.
STORE_BYTES = 256_000_000


@dataclass(frozen=True)
class RaySpec:
    """Where worker processes live and what they may take; it changes no result.

    Attributes:
        address: of a cluster; None for ``RAY_ADDRESS`` if that is set, else this machine alone.
        cpus: processors that each worker claims.
        cloud: whether the cloud half has a worker of its own.
        store_bytes: shared memory of this machine's own object store.
        stays: whether Ray and its workers wait for a next run of this process.
    """

    address: str | None = None
    cpus: float = 1.0
    cloud: bool = False
    store_bytes: int = STORE_BYTES
    stays: bool = False


@dataclass(frozen=True)
class FleetSpec:
    """Everything the data plane is built from; plain values, so that it pickles and hashes.

    ``workers``: how many processes carry blocks, 0 for this one; it changes no result, and nor does ``ray``.
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
    ray: RaySpec = RaySpec()

    @property
    def devices(self) -> int:
        return sum(cohort.devices for cohort in self.cohorts)


#: What a checkpoint keeps: plain arrays by name.
Kept = dict[str, np.ndarray]


class DataPlane(Protocol):
    """The data plane as the timing plane sees it."""

    sizes: MessageSizes
    #: What :attr:`Tallies.cohorts` counts: :data:`COHORT_COLUMNS`, then what the model's measure adds.
    columns: tuple[str, ...]

    @property
    def workers(self) -> int:
        """The number of worker processes; 0 for this one."""
        ...

    @property
    def ahead(self) -> int:
        """How many intervals may be begun before the tallies of the first are asked for."""
        ...

    def begin(self, orders: Orders | Sequence[Order], until_s: float) -> Eventually[Tallies]:
        """Do as :meth:`settle` does, but let whoever wants the tallies wait for them; in order, all of them."""
        ...

    def settle(self, orders: Orders | Sequence[Order], until_s: float) -> Tallies:
        """Carry ``orders`` out (in virtual-time order, none after ``until_s``) and judge all samples up to it."""
        ...

    def carry_out(self, orders: Orders | Sequence[Order]) -> None:
        """Carry ``orders`` out without closing the interval: what ``--eager`` does after each order."""
        ...

    def totals(self) -> DeviceTotals:
        """Return the counts of each device since the start."""
        ...

    def truth(self) -> Mapping[str, np.ndarray]:
        """Return which concepts reign for which device, and when, as columns of a table; empty if nobody knows.

        ``device from_s until_s concept name share_from share_until``, by device and time.
        """
        ...

    def measure_service_s(self) -> float:
        """Return how long the cloud really computes for one request on this machine [s]."""
        ...

    def checkpoint(self) -> Kept:
        """Return all that a run has changed so far, as plain arrays by name; only right after :meth:`settle`."""
        ...

    def restore(self, kept: Kept) -> None:
        """Go to where :meth:`checkpoint` was called, on a plane just built from an equal specification."""
        ...

    def close(self) -> None:
        """Release workers and memory."""
        ...
