"""The data plane as the timing plane sees it, and what it reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import numpy as np

from agents.contract.costs import Costs, ServiceTime
from agents.contract.exchanges import Exchanges
from agents.contract.phases import CLOUD_PHASES

#: Ages of the deployed model [s] by which samples are counted: lower ends of bins, the last one open.
AGE_EDGES_S: tuple[float, ...] = (0.0, *(2.0**power for power in range(16)))

#: Columns of :attr:`Tallies.cohorts`: counts and sums over the samples in (after, until].
COHORT_COLUMNS: tuple[str, ...] = (
    "samples",
    "labelled",
    "correct",
    "correct_static",
    "correct_oracle",
    "loss_micro",
    *(f"regret_{phase.name.lower()}" for phase in CLOUD_PHASES),
    *(f"samples_{phase.name.lower()}" for phase in CLOUD_PHASES),
    *(f"samples_age_{place:02d}" for place in range(len(AGE_EDGES_S))),
    *(f"regret_age_{place:02d}" for place in range(len(AGE_EDGES_S))),
)

#: Columns of :attr:`DeviceTotals.counts`: counts over the whole run; odd are the first, third, ... sample of a device.
DEVICE_COLUMNS: tuple[str, ...] = (
    "samples",
    "correct",
    "correct_static",
    "correct_oracle",
    "samples_odd",
    "correct_odd",
)

#: What is counted beside, of cohorts and devices, where devices learn by themselves.
LEARNING_COLUMNS, STEPS_COLUMN = ("regret_learning", "samples_learning"), "training_steps"


#: Intervals whose tallies are reported together unless they are needed sooner: the more samples of a device are
#: collected first, the fewer and larger the batches in which they are evaluated.
TICKS_TOGETHER = 16


@dataclass(frozen=True)
class Tallies:
    """What happened in (after, until].

    Attributes:
        until_s: end of the interval.
        cohorts: int64 [cohorts, columns of the data plane]; losses in 1e-6 nats, so that sums are exact.
        signals: those that triggers requested, by name, each [devices]: ``samples`` int64 seen so far, ``gate``
            float32, ``alarm:...`` bool, whether a detector raised an alarm in the interval.
    """

    until_s: float
    cohorts: np.ndarray
    signals: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class DeviceTotals:
    """Counts of each device over the run: int64 [devices, columns of the data plane], in device order."""

    counts: np.ndarray


@dataclass(frozen=True)
class MessageSizes:
    """Bytes of one payload (up) and one update (down) after the codec, as serialised.

    Where ``from_data`` they are the most there may be, and the true ones are requested message by message.
    """

    payload_bytes: int
    update_bytes: int
    from_data: bool = False


_T = TypeVar("_T")


class Eventually(Generic[_T]):
    """A result that may still be under way. ``come`` waits for it, and is called once at most."""

    def __init__(self, come: Callable[[], _T]) -> None:
        self._come: Callable[[], _T] | None = come

    def get(self) -> _T:
        """Wait for the result and return it; may be called again."""
        if self._come is not None:
            self._value = self._come()
            self._come = None
        return self._value


#: What a checkpoint keeps: plain arrays by name.
Snapshot = dict[str, np.ndarray]
#: A part of the dotted name of arrays that never change in a run: they are stored once for all checkpoints.
FROZEN = "frozen"


class DataPlane(Protocol):
    """The data plane as the timing plane sees it."""

    sizes: MessageSizes
    #: How long an update stays in force if none follows [s]; None for ever.
    expires_s: float | None
    #: Steps that devices always take to learn; None if they depend on the ticket (:meth:`steps_of`).
    learning_steps: int | None
    #: What :attr:`Tallies.cohorts` counts: :data:`COHORT_COLUMNS`, then what the model's measure adds.
    columns: tuple[str, ...]
    #: What :attr:`DeviceTotals.counts` counts: :data:`DEVICE_COLUMNS`, then what devices do by themselves.
    device_columns: tuple[str, ...]

    @property
    def workers(self) -> int:
        """The number of worker processes; 0 for this one."""
        ...

    @property
    def device(self) -> str:
        """Which kind of device computes: what must be the same for results to be the same."""
        ...

    @property
    def ahead(self) -> int:
        """How many intervals may be begun before the tallies of the first are requested."""
        ...

    def begin(self, exchanges: Exchanges, until_s: float) -> Eventually[Tallies]:
        """Do as :meth:`settle` does without waiting: the caller waits for the tallies, for all of them and in order."""
        ...

    def settle(self, exchanges: Exchanges, until_s: float) -> Tallies:
        """Execute the stages of ``exchanges`` up to ``until_s`` and evaluate all samples up to it."""
        ...

    def carry_out(self, exchanges: Exchanges) -> None:
        """Carry out what became of ``exchanges``, the interval still open: what ``--eager`` does after each event."""
        ...

    def steps_of(self, ticket: int, device: int) -> int:
        """Return how many steps a device takes to learn what it learns under a ticket."""
        ...

    def payload_bytes_of(self, tickets: np.ndarray) -> np.ndarray:
        """Return the bytes of payloads that were collected and not adapted to yet: int64 [tickets]."""
        ...

    def update_bytes_of(self, tickets: np.ndarray) -> np.ndarray:
        """Return the bytes of updates that were adapted and are not installed yet: int64 [tickets]."""
        ...

    def totals(self) -> DeviceTotals:
        """Return the counts of each device since the start."""
        ...

    def ground_truth(self) -> Mapping[str, np.ndarray]:
        """Return which concepts are in force for which device, and when, as columns of a table; empty if unknown.

        ``device from_s until_s concept name share_from share_until``, by device and time.
        """
        ...

    @property
    def costs(self) -> Costs:
        """What devices and the cloud compute, in multiply-adds."""
        ...

    def measure_service(self) -> ServiceTime:
        """Return how long the cloud really computes on this machine."""
        ...

    def checkpoint(self) -> Snapshot:
        """Return all that a run has changed so far, as plain arrays by name; only right after :meth:`settle`."""
        ...

    def restore(self, snapshot: Snapshot) -> None:
        """Go to where :meth:`checkpoint` was called, on a plane just built from an equal specification."""
        ...

    def close(self) -> None:
        """Release workers and memory."""
        ...
