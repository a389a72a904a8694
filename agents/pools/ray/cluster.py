"""A Ray cluster that is already running: how to find it, and what its workers need."""

from __future__ import annotations

import json
import logging
import os
import socket
from contextlib import suppress
from typing import Any

import ray

from agents.contract import BackendError
from agents.pools.ray.faults import explained
from agents.pools.ray.process import IN_CLONE, PACKAGE, ROOT, captured_output, own_signals

_CONNECT_S = 5.0
#: What every worker's process has in its environment, on every machine.
_PINNED = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
_EXCLUDED = ["/runs/", "/shared/", "/.git/", "/.venv/", "/.hypothesis/", "**/__pycache__/"]


def connect(address: str) -> None:
    """Connect this process to the cluster at ``auto``, HOST:PORT or ray://HOST:PORT.

    Raises:
        BackendError: no answer there, or one that is not understood.
    """
    block_id = _nearby() if address == "auto" else address
    _reachable(block_id)
    with explained(f"no Ray cluster can be used at '{address}'"), own_signals(), captured_output():
        ray.init(address=block_id, runtime_env=_runtime_env(), log_to_driver=False, logging_level=logging.ERROR)


def _nearby() -> str:
    """Return where the cluster is that ``ray start`` began on this machine.

    Ray's own ``auto`` would also join the private session of any other run that it finds here.
    """
    block_id = ray._private.utils.read_ray_address()
    if not block_id:
        raise BackendError(
            "no Ray cluster was started on this machine: begin one with 'ray start --head', or name its HOST:PORT"
        )
    with suppress(ImportError):
        # A cluster of this machine asks for the token that lies in this user's home; older ones know no tokens.
        from ray._private.authentication.authentication_token_setup import maybe_enable_token_auth_if_token_available

        maybe_enable_token_auth_if_token_available(warn_if_disabled=False)
    return str(block_id)


def _reachable(address: str) -> None:
    """Check within seconds that the address accepts connections; Ray itself takes half a minute."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdigit():
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
    job = os.environ.get("RAY_JOB_CONFIG_JSON_ENV_VAR")
    if job is None:
        code = {"working_dir": str(ROOT), "excludes": _EXCLUDED} if IN_CLONE else {"py_modules": [str(PACKAGE)]}
        return {"env_vars": dict(_PINNED), **code}
    # Ray refuses to be given the same variable twice.
    known = (json.loads(job).get("runtime_env") or {}).get("env_vars") or {}
    return {"env_vars": {name: value for name, value in _PINNED.items() if name not in known}}
