"""The current actors of a worker group, and the Ray session they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

import ray

from agents.pools.ray.faults import FAILURES, explained
from agents.pools.ray.session import Session
from agents.pools.ray.waiting import wait
from agents.pools.worker import BlockWorker, CommandBatch

#: How long a worker may take to start.
STARTING_S = 300.0

_ACTOR: dict[str, Any] = {"max_restarts": 0, "max_task_retries": 0}


class Answer(Protocol):
    """What a worker will answer; ``ref`` changes when another actor has to answer it."""

    worker: int
    ref: Any


@dataclass
class Call:
    """One script, what is sent along, and where its answer goes."""

    commands: CommandBatch
    sent: Sequence[Answer]
    reply: Answer


@dataclass
class ActorSet:
    """Actors by worker, each with the number of scripts it was sent; ``plan`` is what they are built from.

    ``cpus`` and ``gpus`` are what each of them claims of Ray.
    """

    session: Session
    plan: Any
    cpus: float
    gpus: float = 0.0
    actors: list[Any] = field(default_factory=list)
    sent: dict[int, int] = field(default_factory=dict)

    def start_all(self) -> Any:
        """Return an actor that owns nothing yet: an idle one, or a new one."""
        idle = self.session.idle.setdefault(self.gpus, [])
        while idle:
            actor = idle.pop()
            # An actor that died idle held no state.
            with suppress(*FAILURES):
                wait(actor.pid.remote(), STARTING_S, self.session)
                return actor
        spread = {"scheduling_strategy": "SPREAD"} if self.session.nodes > 1 else {}
        remote: Any = ray.remote
        return remote(num_cpus=self.cpus, num_gpus=self.gpus, **_ACTOR, **spread)(BlockWorker).remote()

    def replace(self, workers: Sequence[int]) -> None:
        """End the actors of some workers, and start others."""
        for worker in workers:
            ray.kill(self.actors[worker])
            self.actors[worker] = self.start_all()

    def send(self, call: Call) -> None:
        """Send a script to its worker, after all others."""
        self.session.check()
        worker = call.reply.worker
        number, self.sent[worker] = self.sent[worker], self.sent[worker] + 1
        with explained("a message to a worker does not fit into Ray's object store"):
            sent = [reply.ref for reply in call.sent]
            call.reply.ref = self.actors[worker].run_commands.remote(number, call.commands, *sent)

    def checkpoints(self) -> list[tuple[Any, Any]]:
        """Ask every worker for a checkpoint after all scripts it was sent: (that it was taken, what it is)."""
        return [
            actor.checkpoint.options(num_returns=2).remote(self.sent[worker])
            for worker, actor in enumerate(self.actors)
        ]

    def leave(self) -> None:
        """Leave the actors to the next worker group of this session."""
        for actor in self.actors:
            actor.release.remote()
        self.session.idle.setdefault(self.gpus, []).extend(self.actors)

    def end(self) -> None:
        """End the actors."""
        for actor in self.actors:
            ray.kill(actor)
