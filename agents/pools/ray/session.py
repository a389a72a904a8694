"""A Ray session: of this machine alone, or on a cluster; and whether it is still alive."""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass, field
from math import ceil, floor
from pathlib import Path
from typing import Any

import ray

from agents.contract import BackendError, RaySpec
from agents.pools.ray.cluster import connect
from agents.pools.ray.faults import explained
from agents.pools.ray.process import importable, own_signals, register_tensors

#: Ray accepts no smaller object store.
_LEAST_STORE_BYTES = 80_000_000
_log = logging.getLogger(__name__)


@dataclass
class Session:
    """Ray, ready for workers.

    Attributes:
        address: of the cluster; None where Ray runs for this process alone.
        cpus: processors it has for workers.
        nodes: machines it had at the start.
        own: whether it was started, or connected to, here.
        gpus: graphics processors it has for workers.
        idle: actors that wait for a next pool, by the share of a GPU that they hold.
    """

    address: str | None
    cpus: float
    nodes: int
    own: bool
    gpus: float = 0.0
    idle: dict[float, list[Any]] = field(default_factory=dict)

    def check(self) -> None:
        """Raise :class:`BackendError` if a part of Ray that belongs to this process is gone."""
        node = ray._private.worker._global_node
        dead: list[str] = (
            [] if node is None else sorted({kind for kind, _ in node.dead_processes()} & {"raylet", "gcs_server"})
        )
        if dead:
            one_line = f"Ray broke down on this machine: its {' and '.join(dead)} ended unasked"
            raise BackendError(f"{one_line}; look for a lack of memory, or play with --workers 0")

    def gpu_share(self, workers: int) -> float:
        """Return the share of a GPU that each of ``workers`` claims, if all GPUs are shared out evenly.

        Raises:
            BackendError: there is none.
        """
        if self.gpus < 1.0:
            where = "on this machine" if self.address is None else f"on the cluster at '{self.address}'"
            raise BackendError(
                f"execution.device: cuda was asked for, but Ray knows of no GPU {where}; start a node that has one, "
                "with 'ray start --num-gpus', or write 'device: cpu'"
            )
        on_each = ceil(workers / int(self.gpus))
        # Ray counts shares in ten-thousandths: rounded up, the last worker would find no room.
        return floor(1e4 / on_each) / 1e4


_open: Session | None = None


def open_session(cpus: float, spec: RaySpec) -> Session:
    """Return the session of this process; start it, or connect to a cluster, if there is none that fits.

    Raises:
        BackendError: Ray does not start, or no answer at the address.
    """
    global _open
    address = spec.cluster
    if _open is not None and (_open.address != address or (address is None and _open.cpus < cpus)):
        close_session()
    if _open is None or not ray.is_initialized():
        _open = _start(cpus, spec) if address is None else _connected(address)
        register_tensors()
    return _open


def close_session() -> None:
    """End the session of this process and its idle workers, if there is one."""
    global _open
    session, _open = _open, None
    if session is not None and session.own and ray.is_initialized():
        for actors in session.idle.values():
            for actor in actors:
                ray.kill(actor)
        ray.shutdown()


def _start(cpus: float, spec: RaySpec) -> Session:
    own = not ray.is_initialized()
    if own:
        with explained("Ray does not start on this machine"), importable(), own_signals():
            ray.init(
                address="local",
                num_cpus=max(1, ceil(cpus)),
                object_store_memory=_store_bytes(spec.store_bytes),
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
    return Session(None, ray.cluster_resources().get("CPU", 0.0), 1, own, _gpus())


def _store_bytes(wanted: int) -> int:
    """Return what the object store may take: what is asked for, unless shared memory is too small for it."""
    shared = Path("/dev/shm")
    free = shutil.disk_usage(shared).free if shared.is_dir() else wanted
    if free >= wanted:
        return wanted
    _log.warning(
        "only %d MB of shared memory are free (/dev/shm) and %d MB are wanted: workers will be slow; "
        "give a container more with --shm-size",
        free // 1_000_000,
        wanted // 1_000_000,
    )
    return max(_LEAST_STORE_BYTES, int(0.9 * free))


def _connected(address: str) -> Session:
    connect(address)
    nodes = sum(1 for node in ray.nodes() if node["Alive"])
    return Session(address, ray.cluster_resources().get("CPU", 0.0), nodes, True, _gpus())


def _gpus() -> float:
    return float(ray.cluster_resources().get("GPU", 0.0))
