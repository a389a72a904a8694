"""Where blocks live: in this process, or in Ray actors."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from agents.contract import Eventually, RaySpec, ServiceTime
from agents.orders import Orders

if TYPE_CHECKING:
    from agents.contract import Snapshot
    from agents.methods.base import Payload
    from agents.pools.blueprint import Blueprint


#: The default of Ray: on this machine.
ON_THIS_MACHINE = RaySpec()


class LookAhead(NamedTuple):
    """How far blocks may go ahead within an interval: to its end, but a device no further than its first order."""

    until_s: float
    orders: Orders


class BlockPool(Protocol):
    """All blocks of a fleet, wherever they are. Calls come in the order of waves; answers never depend on place."""

    @property
    def workers(self) -> int:
        """The number of worker processes; 0 for this one."""
        ...

    def device_name(self) -> str:
        """Return which kind of device computes: what must be the same for results to be the same."""
        ...

    def collect(self, orders: Orders, look_ahead: LookAhead | None = None) -> Sequence[Any]:
        """Return the payloads of devices, block by block, in a form that the cloud half beside it takes.

        With a ``look_ahead`` idle workers may compute ahead what they must compute anyway.
        """
        ...

    def learn(self, orders: Orders) -> None:
        """Let devices learn by themselves; what they learn waits until it is adopted or forgotten."""
        ...

    def steps_of(self, ticket: int, device: int) -> int:
        """Return how many steps the device has taken for what it learnt under a ticket."""
        ...

    def note(self, orders: Orders) -> None:
        """Note how exchanges progress."""
        ...

    def adopt(self, orders: Orders) -> None:
        """Put what devices have learnt in force."""
        ...

    def expire(self, orders: Orders) -> None:
        """Let devices fall back from updates that have grown too old."""
        ...

    def install(self, orders: Orders, updates: Any) -> None:
        """Put ``updates``, stacked in the order of ``orders``, in force."""
        ...

    def confirm(self, orders: Orders) -> None:
        """End exchanges whose payloads count, though they get no answer."""
        ...

    def forget(self, orders: Orders) -> None:
        """Drop what blocks store of failed exchanges."""
        ...

    @property
    def ahead(self) -> int:
        """How many intervals may be closed before the tallies of the first are requested."""
        ...

    def close(self, until_s: float) -> None:
        """End an interval: nothing that happens from now on belongs to it."""
        ...

    def take_tallies(self) -> Eventually[np.ndarray]:
        """Evaluate all samples of closed intervals and return their tallies: int64 [intervals, cohorts, columns].

        These are the intervals closed since the last time; only right after :meth:`close`.
        """
        ...

    def signals(self) -> Eventually[dict[str, np.ndarray]]:
        """Return what is watched at the end of the last interval, by name, each [devices]; only after :meth:`tell`."""
        ...

    def totals(self) -> np.ndarray:
        """Return the tallies of each device since the start, int64 [devices, len(DEVICE_COLUMNS)]."""
        ...

    def checkpoint(self) -> list[Snapshot]:
        """Return what brings every block back, in block order; only right after :meth:`close`."""
        ...

    def restore(self, snapshot: Sequence[Snapshot]) -> None:
        """Bring all blocks to where :meth:`checkpoint` was called, on this pool or any other of the same blueprint."""
        ...

    def shut(self) -> None:
        """Release workers and memory."""
        ...


class Cloud(Protocol):
    """The cloud half of a method, wherever it is."""

    @property
    def name(self) -> str:
        """What is computed: the method, its messages and its options."""
        ...

    def device_name(self) -> str:
        """Return which kind of device computes."""
        ...

    def take(self, parts: Sequence[Any]) -> None:
        """Take in what blocks collected."""
        ...

    def serve(self, orders: Orders) -> None:
        """Compute what is ordered, adapts and broadcasts, in the order given."""
        ...

    def payload_bytes_of(self, tickets: np.ndarray) -> np.ndarray:
        """Return the bytes of payloads that were collected and not adapted to yet: int64 [tickets]."""
        ...

    def update_bytes_of(self, tickets: np.ndarray) -> np.ndarray:
        """Return the bytes of updates that are not installed yet: int64 [tickets]."""
        ...

    def updates_for(self, tickets: np.ndarray) -> Any:
        """Give away the updates of some tickets, in their order, in a form that the pool beside it takes."""
        ...

    def confirm(self, tickets: np.ndarray) -> None:
        """Let payloads that get no answer count for what is remembered of their devices."""
        ...

    def forget(self, tickets: np.ndarray) -> None:
        """Drop all that is stored of exchanges that failed."""
        ...

    def measure(self, payloads: Payload) -> ServiceTime:
        """Return how long it takes to serve some of ``payloads``, as on the wire."""
        ...

    def checkpoint(self) -> Snapshot:
        """Return the state, and all payloads and updates that wait here."""
        ...

    def restore(self, snapshot: Snapshot) -> None:
        """Go to where :meth:`checkpoint` was called on a cloud half of the same method."""
        ...


def make_pool(blueprint: Blueprint, workers: int, ray: RaySpec = ON_THIS_MACHINE) -> tuple[BlockPool, Cloud]:
    """Return the blocks of ``blueprint`` and the cloud half of the same run.

    They are in this process for 0 workers, else in that many Ray actors, but never more than there are blocks. Actors
    start with the first call.
    """
    # Each pool is imported only where it is wanted: Ray takes seconds, and the contract above no torch.
    if workers == 0:
        from agents.pools.inline import InlinePool

        return InlinePool(blueprint.layout, blueprint.build()), blueprint.cloud_half()
    from agents.pools.ray import ray_pool

    return ray_pool(blueprint, workers, ray)


def end_session() -> None:
    """End the Ray session that pools of this process left for the next one, if there is any."""
    if "agents.pools.ray" in sys.modules:
        from agents.pools.ray import close_session

        close_session()
