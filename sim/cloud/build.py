"""From a scenario's ``cloud`` to live queues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from agents.seeding import Purpose, uniforms
from sim.cloud.service import BatchCloud, Cloud, FifoCloud, LcfsCloud, SharedCloud
from sim.kernel.calendar import Clock
from sim.network.availability import Availability, Windows
from sim.queues import QUEUES, BatchServers, FifoServers, LcfsServers, SharedServers


def build_cloud(cloud: Any, seed: int, clock: Clock) -> Cloud:
    """Build the queue that a scenario describes; ``cloud.service`` is a distribution."""
    queue: Cloud = QUEUES[cloud.queue].load()(cloud, seed, clock, uptimes_of(cloud))
    return queue


def shared(cloud: Any, seed: int, clock: Clock, uptimes: list[Availability]) -> Cloud:
    """Build the queue in which all requests share the workers."""
    return SharedCloud(clock, SharedServers(cloud.workers, cloud.capacity, uptimes[0] if uptimes else None))


def newest_first(cloud: Any, seed: int, clock: Clock, uptimes: list[Availability]) -> Cloud:
    """Build the queue in which the newest request is next."""
    return LcfsCloud(clock, LcfsServers(cloud.workers, cloud.capacity, uptimes))


def in_order(cloud: Any, seed: int, clock: Clock, uptimes: list[Availability]) -> Cloud:
    """Build the queue in which the oldest request is next, alone or with others of its batch."""
    if cloud.batch.max > 1:
        return BatchCloud(clock, _batches(cloud, seed, uptimes))
    return FifoCloud(clock, FifoServers(cloud.workers, cloud.capacity, uptimes))


def _batches(cloud: Any, seed: int, uptimes: list[Availability]) -> BatchServers:
    batch = cloud.batch
    return BatchServers(cloud.workers, batch.max, batch.wait, batch_work_of(cloud, seed), cloud.capacity, uptimes)


def batch_work_of(cloud: Any, seed: int) -> Callable[[int, int], float]:
    """Return how long batch number n of a size takes [s], as a function of (size, n)."""
    batch, law = cloud.batch, cloud.service

    def work_s(size: int, number: int) -> float:
        # A batch has a draw of its own, and takes longer the larger it is.
        own = uniforms(seed, Purpose.BATCH_SERVICE, np.array([number]))
        return float(law.quantile(own)[0]) + batch.each * (size - 1)

    return work_s


def uptimes_of(cloud: Any) -> list[Availability]:
    """Return when each worker is up; none if nothing ever fails. Of several workers the first ones fail."""
    if not cloud.failures:
        return []
    spans = [
        [
            (failure.at, failure.at + failure.for_)
            for failure in cloud.failures
            if worker < (failure.workers or cloud.workers)
        ]
        for worker in range(cloud.workers)
    ]
    return [Windows(own, inside=False) for own in spans]
