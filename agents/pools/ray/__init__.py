"""Workers as Ray actors: started when first needed, replaced when they die, gone when the pool is shut."""

from __future__ import annotations

import os

for _name, _value in (
    ("RAY_USAGE_STATS_ENABLED", "0"),
    ("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0"),
    ("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0"),
    # Who dies while nobody waits for an answer is brought back when somebody does.
    ("RAY_IGNORE_UNHANDLED_ERRORS", "1"),
    # Ray would tell of dead workers on stdout, among our results; we hear of them as exceptions.
    ("RAY_DEDUP_LOGS_SKIP_REGEX", ".*"),
    # A head that is gone does not come back within a run: give up sooner than after a minute.
    ("RAY_gcs_rpc_server_reconnect_timeout_s", "20"),
):
    os.environ.setdefault(_name, _value)

# Ray reads its settings when it is imported: they come first.
from dataclasses import replace  # noqa: E402

from agents.contract import RaySpec  # noqa: E402
from agents.pools import BlockPool, Cloud  # noqa: E402
from agents.pools.blueprint import Blueprint  # noqa: E402
from agents.pools.cloud import RemoteCloud  # noqa: E402
from agents.pools.ray.crew import RayCrew  # noqa: E402
from agents.pools.ray.session import close_session, open_session  # noqa: E402
from agents.pools.shares import Owners, shares  # noqa: E402
from agents.pools.spread import SpreadPool  # noqa: E402

__all__ = ["close_session", "open_session", "ray_pool"]


def ray_pool(blueprint: Blueprint, workers: int, spec: RaySpec) -> tuple[BlockPool, Cloud]:
    """Return blocks that live in ``workers`` Ray actors, or as many as there are blocks, and their cloud half."""
    owned = shares(blueprint.loads_per_s(), workers)
    # Which GPU a worker has is Ray's affair: to the worker it is the only one.
    device = blueprint.device.partition(":")[0]
    crew = RayCrew(replace(blueprint, device=device), owned, spec)
    pool = SpreadPool(Owners(blueprint.layout, owned), crew, by_reference=spec.cloud, device=device)
    if not spec.cloud:
        return pool, blueprint.cloud_half()
    return pool, RemoteCloud(crew, len(owned), replace(blueprint, device="cpu").cloud_half(), device)
