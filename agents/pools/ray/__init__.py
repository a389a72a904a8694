"""Workers as Ray actors: started when first needed, replaced when they die, gone when the pool is shut."""

from __future__ import annotations

import os

for _name, _value in (
    ("RAY_USAGE_STATS_ENABLED", "0"),
    ("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0"),
    ("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0"),
    # A worker that dies while idle is restarted when its next answer is needed.
    ("RAY_IGNORE_UNHANDLED_ERRORS", "1"),
    # Ray would report dead workers on stdout, among our results; we get them as exceptions.
    ("RAY_DEDUP_LOGS_SKIP_REGEX", ".*"),
    # A head that is gone does not come back within a run: give up sooner than after a minute.
    ("RAY_gcs_rpc_server_reconnect_timeout_s", "20"),
    # Ray would run its workers at the lowest priority but four: whatever else the machine does would starve them, and
    # they are what computes here.
    ("RAY_worker_niceness", "0"),
):
    os.environ.setdefault(_name, _value)

# Ray reads its settings when it is imported: they come first.
from dataclasses import replace  # noqa: E402

from agents.contract import RaySpec  # noqa: E402
from agents.pools import BlockPool, Cloud  # noqa: E402
from agents.pools.block_ranges import Owners, block_ranges  # noqa: E402
from agents.pools.blueprint import Blueprint  # noqa: E402
from agents.pools.ray.session import close_session, open_session  # noqa: E402
from agents.pools.ray.worker_group import RayWorkerGroup  # noqa: E402
from agents.pools.remote_cloud import RemoteCloud  # noqa: E402
from agents.pools.worker_pool import WorkerPool  # noqa: E402

__all__ = ["close_session", "open_session", "ray_pool"]


def ray_pool(blueprint: Blueprint, workers: int, spec: RaySpec) -> tuple[BlockPool, Cloud]:
    """Return blocks that live in ``workers`` Ray actors, or as many as there are blocks, and their cloud half."""
    owned = block_ranges(blueprint.loads_per_s(), workers)
    # Which GPU a worker has is Ray's affair: to the worker it is the only one.
    device = blueprint.device.partition(":")[0]
    worker_group = RayWorkerGroup(replace(blueprint, device=device), owned, spec)
    pool = WorkerPool(Owners(blueprint.layout, owned), worker_group, by_reference=spec.cloud, device=device)
    if not spec.cloud:
        return pool, blueprint.cloud_half()
    return pool, RemoteCloud(worker_group, len(owned), replace(blueprint, device="cpu").cloud_half(), device)
