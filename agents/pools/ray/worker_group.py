"""The actors of one run: their commands are kept, so that others can repeat them when an actor dies.

An actor that died has lost its blocks, and a call that is tried again might count twice: Ray restarts nothing here.
Instead the driver keeps the last checkpoint of each worker (in the object store) and every call since; a new actor
restores the one, plays the others again, and ends with the same bits.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import ray

from agents.contract import TICKS_TOGETHER, RaySpec, WorkersLostError
from agents.pools.block_ranges import BlockRange
from agents.pools.blueprint import Blueprint
from agents.pools.ray.actors import STARTING_S, ActorSet, Call
from agents.pools.ray.faults import FAILURES, explained, one_line
from agents.pools.ray.session import close_session, open_session
from agents.pools.ray.waiting import wait
from agents.pools.worker import CommandBatch
from agents.pools.worker_pool import AHEAD, Reply

#: How long a worker may send no answer, beyond the time of its work.
TIME_LIMIT_S = 600.0
#: No machine is slower than so many samples a second.
_SLOWEST_PER_S = 2_000.0
#: Closed intervals between two checkpoints: what is played again costs no more than they did.
CHECKPOINT_EVERY = 20
#: How often workers may die before a run gives up.
MOST_RESTARTS = 3

_log = logging.getLogger(__name__)


class RayReply(Reply):
    """What an actor will answer; ``ref`` changes when another actor has to answer it."""

    def __init__(self, worker_group: RayWorkerGroup, worker: int) -> None:
        self._worker_group, self.worker = worker_group, worker
        self.ref: Any = None

    def get(self) -> Any:
        """Wait for the answer; if the worker dies meanwhile, another one gives it."""
        return self._worker_group.answer(self)


@dataclass
class _Checkpoint:
    """A checkpoint that was requested of all workers after the first ``calls`` calls of the journal."""

    calls: int
    done: list[Any]
    snapshot: list[Any]


class RayWorkerGroup:
    """Ray actors that own one share of the blocks each, and perhaps one that owns the cloud half.

    Raises, from any call:
        BackendError: Ray does not start, breaks down, or a worker sends no answer within its time.
        WorkersLostError: workers died more than :data:`MOST_RESTARTS` times.
    """

    def __init__(self, blueprint: Blueprint, owned: Sequence[BlockRange], spec: RaySpec) -> None:
        self._blueprint, self._spec, self._owned = blueprint, spec, list(owned)
        self._jobs: list[BlockRange | None] = [*owned, *([None] if spec.cloud else [])]
        self._time_limit_s = TIME_LIMIT_S + _longest_tick_s(blueprint, owned)
        self._actor_set: ActorSet | None = None
        self._journal: list[Call] = []
        self._snapshots: list[Any] | None = None
        self._checkpoint: _Checkpoint | None = None
        self._closed = self.restarts = 0

    def __len__(self) -> int:
        """The number of workers that own blocks."""
        return len(self._owned)

    def ask(self, worker: int, commands: CommandBatch, sent: Sequence[Any] = ()) -> RayReply:
        """Run a script on a worker after all its earlier ones; answers of other workers are sent along."""
        actor_set, reply = self._alive(), RayReply(self, worker)
        self._journal.append(Call(commands, sent, reply))
        actor_set.send(self._journal[-1])
        return reply

    def answer(self, reply: RayReply) -> Any:
        """Wait for a reply; if the worker dies meanwhile, another one gives it."""
        return self._retry(reply.worker, lambda: reply.ref)

    def _retry(self, worker: int, ask: Callable[[], Any]) -> Any:
        while True:
            try:
                return wait(ask(), self._time_limit_s, self._alive().session)
            except FAILURES as failure:
                # Where workers feed on each other's answers, one death spoils them all.
                self._replace(range(len(self._jobs)) if self._spec.cloud else [worker], failure)

    def interval_closed(self) -> None:
        """Ask for a checkpoint of every worker now and then, and drop the calls that the last one makes needless."""
        self._closed += 1
        if self._checkpoint is not None:
            self._commit(self._checkpoint)
        if self._checkpoint is None and self._closed % CHECKPOINT_EVERY == 0:
            asked = self._alive().checkpoints()
            self._checkpoint = _Checkpoint(
                len(self._journal), [done for done, _ in asked], [snapshot for _, snapshot in asked]
            )

    def pids(self) -> list[int]:
        """Return the process of each worker."""
        actor_set = self._alive()
        while True:
            restarts = self.restarts
            found = [
                self._retry(worker, partial(self._ask_pid, actor_set, worker))
                for worker in range(len(actor_set.actors))
            ]
            # A death that is noticed on the way may have others replaced that had answered.
            if self.restarts == restarts:
                return found

    def _ask_pid(self, actor_set: ActorSet, worker: int) -> Any:
        return actor_set.actors[worker].pid.remote()

    def close(self) -> None:
        """Let all workers go, and end Ray itself unless it is to stay."""
        actor_set, self._actor_set = self._actor_set, None
        self._journal, self._snapshots, self._checkpoint = [], None, None
        if actor_set is None or not ray.is_initialized():
            return
        if self._spec.stays:
            actor_set.leave()
        else:
            actor_set.end()
            if self._own_session:
                close_session()

    def _alive(self) -> ActorSet:
        if self._actor_set is None:
            needed = len(self._jobs) * self._spec.cpus
            self._own_session = not ray.is_initialized()
            session = open_session(needed, self._spec)
            if session.cpus < needed:
                _log.warning("Ray has %g processors and the workers claim %g", session.cpus, needed)
            gpus = 0.0 if self._blueprint.device == "cpu" else session.gpu_share(len(self._jobs))
            with explained("the fleet does not fit into Ray's object store"):
                self._actor_set = ActorSet(session, ray.put(self._blueprint), self._spec.cpus, gpus)
            self._actor_set.actors = [self._actor_set.start_all() for _ in self._jobs]
            try:
                self._start_actors(range(len(self._jobs)))
            except FAILURES as failure:
                self._replace(range(len(self._jobs)), failure)
        return self._actor_set

    def _start_actors(self, workers: Sequence[int]) -> None:
        """Give new actors the state of workers, and let them repeat the commands of these."""
        actor_set = self._alive()
        for started in [actor_set.actors[worker].pid.remote() for worker in workers]:
            wait(started, STARTING_S, actor_set.session)
        actor_set.sent |= dict.fromkeys(workers, 0)
        built = [actor_set.actors[worker].build.remote(actor_set.plan, self._jobs[worker]) for worker in workers]
        if self._snapshots is not None:
            built += [actor_set.actors[worker].restore.remote(self._snapshots[worker]) for worker in workers]
        for done in built:
            wait(done, self._time_limit_s, actor_set.session)
        for call in self._journal:
            if call.reply.worker in workers:
                actor_set.send(call)

    def _replace(self, workers: Sequence[int], failure: Exception) -> None:
        """Replace dead actors with new ones, until all of them are alive."""
        actor_set = self._alive()
        while True:
            self._count(workers, failure)
            # A checkpoint that is under way may never come: the next one will.
            self._checkpoint = None
            actor_set.replace(workers)
            try:
                return self._start_actors(workers)
            except FAILURES as another:
                failure = another

    def _count(self, workers: Sequence[int], failure: Exception) -> None:
        owned = [share for worker in workers if (share := self._jobs[worker]) is not None]
        what = f"blocks {owned[0].first} to {owned[-1].end - 1}"
        if self.restarts == MOST_RESTARTS:
            raise WorkersLostError(
                f"the worker of {what} died, and {MOST_RESTARTS} others before it; "
                f"look for a lack of memory, or play with --workers 0 ({one_line(failure)})"
            )
        self.restarts += 1
        _log.warning("the worker of %s died; another one takes over from its last checkpoint", what)

    def _commit(self, cut: _Checkpoint) -> None:
        """Make a checkpoint the new beginning once all workers have taken it."""
        ready, _ = ray.wait(cut.done, num_returns=len(cut.done), timeout=0)
        if len(ready) < len(cut.done):
            return
        self._checkpoint = None
        try:
            for done in cut.done:
                wait(done, self._time_limit_s, self._alive().session)
        except FAILURES:
            # The call that waits for that worker's next answer raises the error.
            return
        self._snapshots, self._journal = cut.snapshot, self._journal[cut.calls :]


def _longest_tick_s(blueprint: Blueprint, owned: Sequence[BlockRange]) -> float:
    """Return how long the slowest machine takes for the ticks that a worker may have before it."""
    loads = blueprint.loads_per_s()
    samples = max(sum(loads[share.first : share.end]) for share in owned) * blueprint.parts[0].tick_s
    return (TICKS_TOGETHER + AHEAD + 1) * samples / _SLOWEST_PER_S
