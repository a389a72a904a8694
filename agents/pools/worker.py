"""A worker: it owns a share of the blocks, or the cloud half, and executes the commands of its driver."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from agents.contract import Eventually
from agents.pools.block_ranges import BlockRange
from agents.pools.blueprint import Blueprint
from agents.pools.inline import InlinePool


class Step(NamedTuple):
    """One call of what the worker owns: a name out of its interface, and the arguments."""

    name: str
    arguments: tuple[Any, ...]


class Sent(NamedTuple):
    """Stands in a step for what another worker answered: the ``number``-th thing sent along with the script."""

    number: int


#: What a worker does at one message; steps are carried out in order.
CommandBatch = list[Step]


class MissedCommandsError(Exception):
    """A script never came, because its input was lost with another worker: no later script can run."""


class BlockWorker:
    """Runs in a process of its own. Nothing in it depends on which worker it is, or on how many there are."""

    def __init__(self) -> None:
        torch.set_num_threads(1)

    def pid(self) -> int:
        """Return the number of this process."""
        return os.getpid()

    def build(self, blueprint: Blueprint, share: BlockRange | None) -> int:
        """Build the blocks of ``share`` at t = 0, or the cloud half for None; return the number of this process."""
        self._own: Any
        self._batches = 0
        if share is None:
            self._own = blueprint.cloud_half()
        else:
            part = blueprint.within(share.first, share.end)
            self._own = InlinePool(part.layout, part.build())
        return os.getpid()

    def run_commands(self, number: int, commands: CommandBatch, *sent: Any) -> Any:
        """Run a script and return the result of its last step.

        Raises:
            MissedCommandsError: the script before this one, by ``number``, never came.
        """
        self._require_batches(number)
        self._batches += 1
        answer = None
        for name, arguments in commands:
            whole = [sent[part.number] if isinstance(part, Sent) else part for part in arguments]
            answer = getattr(self._own, name)(*whole)
        return answer.get() if isinstance(answer, Eventually) else answer

    def checkpoint(self, number: int) -> tuple[bool, Any]:
        """Return that something was kept, and what restores it, after ``number`` scripts.

        Raises:
            MissedCommandsError: one of them never came, so that this may be the middle of an interval.
        """
        self._require_batches(number)
        return True, self._own.checkpoint()

    def restore(self, snapshot: Sequence[Any]) -> None:
        """Bring what was just built to where a checkpoint was taken."""
        self._own.restore(snapshot)

    def _require_batches(self, number: int) -> None:
        if number != self._batches:
            raise MissedCommandsError(f"script {number} came instead of {self._batches}")

    def release(self) -> None:
        """Forget what is owned: this worker waits for a next run."""
        self._own = None
