"""What the data plane is built from: plain values, in seconds and long form."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


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
    """One entry of the drift schedule, in seconds and long form; ``to`` and ``between`` are concepts.

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

    @property
    def cluster(self) -> str | None:
        """The address of a cluster that is already running, if one is given."""
        address = self.address or os.environ.get("RAY_ADDRESS")
        return None if address in (None, "", "local") else address


class Watch(NamedTuple):
    """A detector that runs on a signal of every device, with its options as (name, value)."""

    signal: str
    detector: str
    options: tuple[tuple[str, Any], ...] = ()

    @property
    def alarm(self) -> str:
        """The name of its alarms among :attr:`Tallies.signals`."""
        chosen = ",".join(f"{name}={value}" for name, value in self.options)
        return f"alarm:{self.signal}:{self.detector}({chosen})"


def signal_name(watch: Watch | str) -> str:
    """Return what something watched is called among :attr:`Tallies.signals`."""
    return watch.alarm if isinstance(watch, Watch) else watch


@dataclass(frozen=True)
class FleetSpec:
    """Everything the data plane is built from; plain values, so that it pickles and hashes.

    ``workers``: how many processes carry blocks, 0 for this one; it changes no result, and nor does ``ray``.
    ``watch``: what triggers look at: detectors, and the signals ``samples`` and ``gate``.
    ``device``: what the run computes on (cpu, cuda, cuda:N); work before t = 0 is done on the processor.
    ``codec``: of payloads; of updates, too, unless they have an ``update_codec`` of their own.
    ``learns``: whether devices learn by themselves; ``rounds``: whether the cloud calls them.
    ``logged``: devices of which every sample is kept, in this process only.
    ``surrogate``: a table that stands for model and samples; its path.
    ``memory``: bytes that states of devices and of the cloud may take in a process; None: by default.
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
    codec_options: Mapping[str, Any] = field(default_factory=dict)
    update_codec: str | None = None
    update_codec_options: Mapping[str, Any] = field(default_factory=dict)
    watch: tuple[Watch | str, ...] = ()
    workers: int = 0
    ray: RaySpec = RaySpec()
    device: str = "cpu"
    learns: bool = False
    rounds: bool = False
    logged: tuple[int, ...] = ()
    surrogate: str | None = None
    memory: float | None = None

    @property
    def computes_here(self) -> bool:
        """Whether this machine computes anything except the work before t = 0."""
        return not (self.workers and self.ray.cloud and self.ray.cluster)

    @property
    def devices(self) -> int:
        return sum(cohort.devices for cohort in self.cohorts)
