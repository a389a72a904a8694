"""A worker: it owns a share of the blocks, and does what one message of its driver says, step by step."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch

from agents.block import Kept
from agents.pools.blueprint import Blueprint
from agents.pools.inline import InlinePool
from agents.pools.shares import Share


class Step(NamedTuple):
    """One call of the pool's interface: ``collect``, ``note``, ``install``, ``forget``, ``close`` or ``totals``."""

    name: str
    arguments: tuple[Any, ...]


#: What a worker does at one message; steps are carried out in order.
Script = list[Step]


class BlockWorker:
    """Lives in a process of its own. Nothing in it depends on which worker it is, or on how many there are."""

    def __init__(self) -> None:
        torch.set_num_threads(1)

    def build(self, blueprint: Blueprint, share: Share) -> int:
        """Build the blocks of ``share`` at t = 0; return the number of this process."""
        own = blueprint.within(share.first, share.end)
        # Fresh devices may start as views of the cloud, and are written to: let it not be the shared copy.
        own = replace(own, cloud={name: values.clone() for name, values in own.cloud.items()})
        self._blocks = own.build()
        self._pool = InlinePool(own.layout, self._blocks)
        return os.getpid()

    def play(self, script: Script) -> Any:
        """Carry a script out and return what its last step returns."""
        answer = None
        for name, arguments in script:
            answer = getattr(self._pool, name)(*arguments)
        return answer

    def checkpoint(self) -> tuple[int, list[Kept]]:
        """Return how many blocks were kept, and what restores them."""
        return len(self._blocks), [block.checkpoint() for block in self._blocks]

    def restore(self, kept: Sequence[Kept]) -> None:
        """Bring fresh blocks back to where a checkpoint was taken."""
        for block, own in zip(self._blocks, kept, strict=True):
            block.restore(own)
