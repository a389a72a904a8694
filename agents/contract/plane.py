"""The data plane as the timing plane sees it, and what it tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import numpy as np

from agents.contract.itinerary import Orders
from agents.contract.orders import Order, Phase

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


#: Intervals whose tallies are told together where nobody wants them sooner: the more samples of a device wait for
#: each other, the fewer and larger the batches in which they are judged.
TOLD_TOGETHER = 16


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


#: What a checkpoint keeps: plain arrays by name.
Kept = dict[str, np.ndarray]
#: A part of the dotted name of what never changes in a run: it is on the disk once, however many checkpoints.
FROZEN = "frozen"


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
    def device(self) -> str:
        """Which kind of device computes: what must be the same for results to be the same."""
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
