"""How many processes carry the data plane: chosen before anything is built, reported if automatic."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from agents.contract import RaySpec
from sim.scenario import Scenario
from sim.scenario.expected import expected_samples

#: Expected samples from which Ray workers save more time than their start costs (about 7 s, and as much memory
#: as 10,000 devices). One process judges one to three million samples a second, and adapts no slower than several.
WORTH_WORKERS = 60_000_000


@dataclass(frozen=True)
class Backend:
    """``workers`` processes, 0 for this one, and where; ``notice`` is the message about the choice, if any."""

    workers: int
    notice: str | None = None
    ray: RaySpec = field(default_factory=RaySpec)


def require_device(scenario: Scenario, backend: Backend) -> None:
    """Check, before anything is written, that the scenario's compute device is here, if the run needs it here.

    Raises:
        BackendError: it is missing.
    """
    device = scenario.execution.device
    elsewhere = backend.workers and backend.ray.cloud and backend.ray.cluster
    if scenario.task is None or device == "cpu" or elsewhere:
        return
    # Only here: a run on the processor need not import torch at this point.
    from agents.torch_device import require_seen

    require_seen(device)


def choose_backend(
    scenario: Scenario, workers: int | None = None, address: str | None = None, *, stays: bool = False
) -> Backend:
    """Choose for a scenario; ``workers`` and ``address`` come from the command line, which takes precedence.

    ``stays`` lets Ray and its workers wait for a next run of this process, until :func:`ending_workers`.
    """
    execution = scenario.execution
    if workers is None and (execution.backend == "ray" or address is not None):
        workers = None if execution.workers == "auto" else int(execution.workers)
    elif workers is None:
        workers = 0
    if scenario.task is None:
        return Backend(0, "timing only: no data plane, no workers" if workers != 0 else None)
    if workers is None:
        workers, few = _automatic(scenario)
        if few is not None:
            return Backend(0, few)
    ray = _ray(execution, address, stays)
    return Backend(workers, _where(ray) if workers else None, ray)


@contextmanager
def ending_workers() -> Iterator[None]:
    """End with the block what stayed from one run of it for the next."""
    try:
        yield
    finally:
        # Only here: the choice above must not cost a heavy import.
        from agents.pools import end_session

        end_session()


def _where(ray: RaySpec) -> str | None:
    return None if ray.cluster is None else f"workers are on the Ray cluster at {ray.cluster}"


def _ray(execution: Any, address: str | None, stays: bool) -> RaySpec:
    return RaySpec(
        address=address or execution.address,
        cpus=execution.cpus_per_worker,
        cloud=execution.cloud == "actor",
        store_bytes=int(execution.object_store),
        stays=stays,
    )


def _automatic(scenario: Scenario) -> tuple[int, str | None]:
    samples = expected_samples(scenario)
    if samples < WORTH_WORKERS:
        few = f"about {samples:,.0f} samples are played faster in this process than by workers"
        return 0, f"{few} (from {WORTH_WORKERS:,} on they pay); --workers N insists"
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, None
