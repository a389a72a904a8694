"""A Ray session: of this machine alone, or on a cluster; and whether it is still alive."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import ray

from agents.contract import BackendError, RaySpec
from agents.pools.ray.faults import explained
from agents.pools.ray.tensors import teach_ray_tensors

_ROOT = Path(__file__).resolve().parents[3]
#: Ray accepts no smaller object store.
_LEAST_STORE_BYTES = 80_000_000
_CONNECT_S = 5.0
#: What every worker's process has in its environment, on whatever machine.
_PINNED = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
_EXCLUDED = ["/runs/", "/shared/", "/.git/", "/.venv/", "/.hypothesis/", "**/__pycache__/"]
_log = logging.getLogger(__name__)


@dataclass
class Session:
    """Ray, ready for workers.

    Attributes:
        address: of the cluster; None where Ray runs for this process alone.
        cpus: processors it has for workers.
        nodes: machines it had at the start.
        own: whether it was started, or connected to, here.
        idle: actors that wait for a next pool.
    """

    address: str | None
    cpus: float
    nodes: int
    own: bool
    idle: list[Any] = field(default_factory=list)

    def check(self) -> None:
        """Raise :class:`BackendError` if a part of Ray that belongs to this process is gone."""
        node = ray._private.worker._global_node
        dead = [] if node is None else sorted({kind for kind, _ in node.dead_processes()} & {"raylet", "gcs_server"})
        if dead:
            told = f"Ray broke down on this machine: its {' and '.join(dead)} ended unasked"
            raise BackendError(f"{told}; look for a lack of memory, or play with --workers 0")


_open: Session | None = None


def open_session(cpus: float, spec: RaySpec) -> Session:
    """Return the session of this process; start it, or connect to a cluster, if there is none that fits.

    Raises:
        BackendError: Ray does not start, or nobody answers at the address.
    """
    global _open
    address = _address(spec)
    if _open is not None and (_open.address != address or (address is None and _open.cpus < cpus)):
        close_session()
    if _open is None or not ray.is_initialized():
        _open = _start(cpus, spec) if address is None else _connect(address)
        teach_ray_tensors()
    return _open


def close_session() -> None:
    """End the session of this process and its idle workers, if there is one."""
    global _open
    session, _open = _open, None
    if session is not None and session.own and ray.is_initialized():
        for actor in session.idle:
            ray.kill(actor)
        ray.shutdown()


def _address(spec: RaySpec) -> str | None:
    address = spec.address or os.environ.get("RAY_ADDRESS")
    return None if address in (None, "", "local") else address


def _start(cpus: float, spec: RaySpec) -> Session:
    own = not ray.is_initialized()
    if own:
        with explained("Ray does not start on this machine"), _importable(), _own_ears():
            ray.init(
                address="local",
                num_cpus=max(1, ceil(cpus)),
                object_store_memory=_store_bytes(spec.store_bytes),
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
    return Session(None, ray.cluster_resources().get("CPU", 0.0), 1, own)


@contextmanager
def _own_ears() -> Iterator[None]:
    """Let this process hear signals as before: Ray puts its own hearers in place, which end it with a trace."""
    heard = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, hearer in heard.items():
                signal.signal(number, hearer)


@contextmanager
def _overheard() -> Iterator[None]:
    """Keep what Ray's native code mutters away from our stderr, and listen for the one thing it does not raise."""
    sys.stderr.flush()
    ours = os.dup(2)
    with TemporaryFile() as muttered:
        os.dup2(muttered.fileno(), 2)
        try:
            yield
        except ConnectionError as error:
            muttered.seek(0)
            if b"InvalidAuthToken" in muttered.read():
                raise ConnectionError("its authentication token is missing here, or another one") from error
            raise
        finally:
            os.dup2(ours, 2)
            os.close(ours)


@contextmanager
def _importable() -> Iterator[None]:
    """Let processes that start meanwhile find this project, from wherever it is used."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_ROOT), before]))
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


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


def _connect(address: str) -> Session:
    _knock(address)
    with explained(f"no Ray cluster can be used at '{address}'"), _own_ears(), _overheard():
        ray.init(address=address, runtime_env=_runtime_env(), log_to_driver=False, logging_level=logging.ERROR)
        nodes = sum(1 for node in ray.nodes() if node["Alive"])
        return Session(address, ray.cluster_resources().get("CPU", 0.0), nodes, True)


def _knock(address: str) -> None:
    """Find out within seconds whether anybody listens, which Ray takes half a minute for."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if address == "auto" or not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_S).close()
    except OSError as error:
        why = error.strerror or str(error)
        raise BackendError(
            f"no Ray cluster can be used at '{address}': {why}; is its head up ('ray start --head'), "
            "and can this machine reach it?"
        ) from error


def _runtime_env() -> dict[str, Any]:
    """Return what workers on other machines need: the code, unless a job has brought it, and a pinned environment."""
    environment: dict[str, Any] = {"env_vars": dict(_PINNED)}
    if "RAY_JOB_CONFIG_JSON_ENV_VAR" not in os.environ:
        environment |= {"working_dir": str(_ROOT), "excludes": _EXCLUDED}
    return environment
