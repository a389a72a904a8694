"""Workers as Ray actors: started when first needed, replaced when they die, gone when the pool is shut.

An actor that died has lost its blocks, and a call that is tried again might count twice: Ray restarts nothing
here. Instead the driver keeps the last checkpoint of each worker (in the object store) and every script since; a
new actor restores the one, plays the other again, and ends with the same bits.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from agents.contract import BackendError, WorkersLostError
from agents.pools.blueprint import Blueprint
from agents.pools.shares import Owners, Share, shares
from agents.pools.spread import SpreadPool
from agents.pools.worker import BlockWorker, Script

for _name, _value in (
    ("RAY_USAGE_STATS_ENABLED", "0"),
    ("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0"),
    ("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0"),
    # Ray would tell of dead workers on stdout, among our results; we hear of them as exceptions.
    ("RAY_DEDUP_LOGS_SKIP_REGEX", ".*"),
):
    os.environ.setdefault(_name, _value)

# Ray reads its settings when it is imported: they come first.
import ray  # noqa: E402

#: What tables, messages and checkpoints may take in shared memory; what does not fit goes to disk.
STORE_BYTES = 256_000_000
#: A worker that says nothing for so long never will: no tick takes nearly as long.
PATIENCE_S = 600.0
#: Closed intervals between two checkpoints: what is played again costs no more than they did.
CHECKPOINT_EVERY = 20
#: How often workers may die before a run gives up.
MOST_RESTARTS = 3

_ACTOR: dict[str, Any] = {"num_cpus": 1, "max_restarts": 0, "max_task_retries": 0}
_DEATHS = (ray.exceptions.RayActorError, ray.exceptions.WorkerCrashedError, ray.exceptions.OutOfMemoryError)
_log = logging.getLogger(__name__)


def ray_pool(blueprint: Blueprint, workers: int) -> SpreadPool:
    """Return a pool whose blocks live in ``workers`` Ray actors, or as many as there are blocks."""
    owned = shares(blueprint.loads_per_s(), workers)
    return SpreadPool(Owners(blueprint.layout, owned), RayCrew(blueprint, owned))


def open_session(workers: int) -> bool:
    """Start Ray on this machine for so many workers, unless it runs already; say whether it was started here.

    Raises:
        BackendError: Ray does not start.
    """
    started = not ray.is_initialized()
    if started:
        with _explained("Ray does not start on this machine"):
            ray.init(
                address="local",
                num_cpus=workers,
                object_store_memory=STORE_BYTES,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
    ray.util.register_serializer(torch.Tensor, serializer=_as_array, deserializer=_as_tensor)
    return started


@dataclass
class _Member:
    """One worker: where it lives now, and all it takes to bring it back."""

    share: Share
    actor: Any = None
    born: Any = None
    kept: Any = None
    journal: list[Script] = field(default_factory=list)


class RayCrew:
    """Ray actors that own one share of the blocks each.

    Raises, from any call:
        BackendError: Ray does not start, or a worker says nothing for :data:`PATIENCE_S`.
        WorkersLostError: workers died more than :data:`MOST_RESTARTS` times.
    """

    def __init__(self, blueprint: Blueprint, owned: Sequence[Share]) -> None:
        self._blueprint, self._members = blueprint, [_Member(share) for share in owned]
        self._plan: Any = None
        self._own_session = False
        self._closed = self.restarts = 0

    def __len__(self) -> int:
        """The number of workers."""
        return len(self._members)

    def play(self, scripts: Mapping[int, Script]) -> dict[int, Any]:
        """Let all workers named work at once; return what each last step returned, in the order of ``scripts``."""
        self._start()
        asked = []
        for worker, script in scripts.items():
            member = self._members[worker]
            member.journal.append(script)
            asked.append((worker, member, member.actor.play.remote(script)))
        return {worker: self._answer(member, reply) for worker, member, reply in asked}

    def interval_closed(self) -> None:
        """Take a checkpoint of every worker now and then; it stays in the object store."""
        self._closed += 1
        if self._closed % CHECKPOINT_EVERY == 0:
            asked = [(member, *member.actor.checkpoint.options(num_returns=2).remote()) for member in self._members]
            for member, blocks, kept in asked:
                self._keep(member, blocks, kept)

    def pids(self) -> list[int]:
        """Return the process of each worker."""
        self._start()
        return [_wait(member.born) for member in self._members]

    def close(self) -> None:
        """End all workers, and Ray itself if it was started for them."""
        if self._plan is None:
            return
        self._plan = None
        if ray.is_initialized():
            for member in self._members:
                ray.kill(member.actor)
        if self._own_session:
            ray.shutdown()

    def _start(self) -> None:
        if self._plan is None:
            self._own_session = open_session(len(self))
            self._plan = ray.put(self._blueprint)
            born = [(member, self._bring_to_life(member)) for member in self._members]
            for member, reply in born:
                self._answer(member, reply)

    def _bring_to_life(self, member: _Member) -> Any:
        """Give a member an actor that does again all that it did; return the last reply to come."""
        member.actor = ray.remote(**_ACTOR)(BlockWorker).remote()
        member.born = reply = member.actor.build.remote(self._plan, member.share)
        if member.kept is not None:
            reply = member.actor.restore.remote(member.kept)
        for script in member.journal:
            reply = member.actor.play.remote(script)
        return reply

    def _answer(self, member: _Member, reply: Any) -> Any:
        """Wait for a reply; if the worker dies over it, let another one give it."""
        while True:
            try:
                return _wait(reply)
            except _DEATHS as death:
                self._count(member, death)
                reply = self._bring_to_life(member)

    def _keep(self, member: _Member, blocks: Any, kept: Any) -> None:
        try:
            _wait(blocks)
        except _DEATHS as death:
            self._count(member, death)
            self._answer(member, self._bring_to_life(member))
        else:
            member.kept, member.journal = kept, []

    def _count(self, member: _Member, death: Exception) -> None:
        blocks = f"blocks {member.share.first} to {member.share.end - 1}"
        if self.restarts == MOST_RESTARTS:
            raise WorkersLostError(
                f"the worker of {blocks} died, and {MOST_RESTARTS} others before it; "
                f"look for a lack of memory, or play with --workers 0 ({_first_line(death)})"
            )
        self.restarts += 1
        _log.warning("the worker of %s died; another one takes over from its last checkpoint", blocks)


def _wait(reply: Any) -> Any:
    """Return what a call returned.

    Raises:
        BackendError: nothing came in time, or Ray itself is broken.
        Exception: what the call raised, as it was; and Ray's own errors for workers that died.
    """
    try:
        return ray.get(reply, timeout=PATIENCE_S)
    except ray.exceptions.GetTimeoutError:
        told = f"a worker has not answered for {PATIENCE_S:g} s; is this machine short of memory or processors?"
        raise BackendError(told) from None
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except _DEATHS:
        raise
    except ray.exceptions.RayError as error:
        raise BackendError(f"Ray failed: {_first_line(error)}; play with --workers 0") from error


@contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError, OSError, ray.exceptions.RayError) as error:
        raise BackendError(f"{what} ({_first_line(error)}); play with --workers 0") from error


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _as_array(tensor: torch.Tensor) -> np.ndarray:
    array: np.ndarray = tensor.detach().numpy()
    return array


def _as_tensor(array: np.ndarray) -> torch.Tensor:
    """Return a tensor over the very memory of ``array``, which for large ones is shared and must not be written."""
    with warnings.catch_warnings():
        # torch knows no read-only tensors and says so; nobody here writes to what came in a message.
        warnings.simplefilter("ignore", UserWarning)
        return torch.from_numpy(array)
