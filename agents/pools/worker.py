"""A worker: it owns a share of the blocks, or the cloud half, and does what its driver says, step by step."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from agents.contract import Eventually
from agents.pools.blueprint import Blueprint
from agents.pools.inline import InlinePool
from agents.pools.shares import Share


class Step(NamedTuple):
    """One call of what the worker owns: a name out of its interface, and the arguments."""

    name: str
    arguments: tuple[Any, ...]


class Sent(NamedTuple):
    """Stands in a step for what another worker answered: the ``number``-th thing sent along with the script."""

    number: int


#: What a worker does at one message; steps are carried out in order.
Script = list[Step]


class MissedScriptError(Exception):
    """A script never came, because what was to be sent along died with another worker: nothing can follow it."""


class BlockWorker:
    """Lives in a process of its own. Nothing in it depends on which worker it is, or on how many there are."""

    def __init__(self) -> None:
        torch.set_num_threads(1)

    def pid(self) -> int:
        """Return the number of this process."""
        return os.getpid()

    def build(self, blueprint: Blueprint, share: Share | None) -> int:
        """Build the blocks of ``share`` at t = 0, or the cloud half for None; return the number of this process."""
        self._own: Any
        self._scripts = 0
        if share is None:
            self._own = blueprint.cloud_half()
        else:
            part = blueprint.within(share.first, share.end)
            self._own = InlinePool(part.layout, part.build())
        return os.getpid()

    def play(self, number: int, script: Script, *sent: Any) -> Any:
        """Carry a script out and return what its last step returns.

        Raises:
            MissedScriptError: the script before this one, by ``number``, never came.
        """
        self._require_scripts(number)
        self._scripts += 1
        answer = None
        for name, arguments in script:
            whole = [sent[part.number] if isinstance(part, Sent) else part for part in arguments]
            answer = getattr(self._own, name)(*whole)
        return answer.get() if isinstance(answer, Eventually) else answer

    def checkpoint(self, number: int) -> tuple[bool, Any]:
        """Return that something was kept, and what restores it, after ``number`` scripts.

        Raises:
            MissedScriptError: one of them never came, so that this may be the middle of an interval.
        """
        self._require_scripts(number)
        return True, self._own.checkpoint()

    def restore(self, kept: Sequence[Any]) -> None:
        """Bring what was just built to where a checkpoint was taken."""
        self._own.restore(kept)

    def _require_scripts(self, number: int) -> None:
        if number != self._scripts:
            raise MissedScriptError(f"script {number} came instead of {self._scripts}")

    def let_go(self) -> None:
        """Forget what is owned: this worker waits for a next run."""
        self._own = None
