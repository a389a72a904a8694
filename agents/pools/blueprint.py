"""What blocks are built from: shared, read-only, and the same in every process that builds some of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from agents.checkpoint_names import moving_part
from agents.fleet.block_group import BlockGroup
from agents.fleet.cloud_half import CloudHalf
from agents.fleet.cohort_parts import CohortParts
from agents.fleet.device_state import one_if_alike
from agents.fleet.memory_limit import MemoryLimit
from agents.layout import Layout
from agents.methods.base import CloudState, DeviceState, Method
from agents.torch_device import CPU, device_of, moved, ready


@dataclass(frozen=True)
class Blueprint:
    """The plan of a fleet's blocks, or of some of them.

    Attributes:
        parts: what the blocks of each cohort share, cohort by cohort.
        cloud: the cloud before t = 0: what fresh devices start from.
        device: what the run computes on; the plan itself stays on the processor.
        memory: bytes that devices of one process may take; None: by default.
    """

    layout: Layout
    parts: Sequence[CohortParts]
    cloud: CloudState
    device: str = "cpu"
    memory: float | None = None

    def build(self) -> list[BlockGroup]:
        """Return all blocks at t = 0, in stacks, in device order.

        Raises:
            BackendError: the device is not here.
        """
        device = ready(self.device)
        parts, cloud = _on(device, self.parts), moved(self.cloud, device)
        fresh = [_fresh(one.method, cloud, self.layout.width) for one in parts]
        known = [one.method.known(cloud) for one in parts]
        groups, limit = [], MemoryLimit(self.memory)
        for blocks in self.layout.groups:
            block_ids, devices = self.layout.block_ids[blocks], sum(self.layout.devices[blocks])
            cohort = block_ids[0].cohort
            state, first = _tiled(fresh[cohort], len(block_ids)), int(self.layout.first[blocks.start])
            groups.append(BlockGroup(parts[cohort], block_ids, devices, state, known[cohort], first, limit))
        return groups

    def cloud_half(self) -> CloudHalf:
        """Return the cloud half of the method at t = 0; raises as :meth:`build`."""
        cloud = self.cloud | {name: values.clone() for name, values in moving_part(self.cloud).items()}
        return CloudHalf(self.parts[0].method, moved(cloud, ready(self.device)))

    def within(self, first: int, end: int) -> Blueprint:
        """Return the plan of blocks ``first`` to ``end`` (exclusive) alone."""
        return replace(self, layout=self.layout.within(first, end))

    def loads_per_s(self) -> list[float]:
        """Return how many samples each block must evaluate in a second of virtual time, on average."""
        rates = [0.0 if parts.arrivals.silent else 1.0 / parts.arrivals.chunk_s for parts in self.parts]
        block_ids = zip(self.layout.block_ids, self.layout.devices, strict=True)
        return [devices * rates[block_id.cohort] for block_id, devices in block_ids]


def _fresh(method: Method, cloud: CloudState, width: int) -> DeviceState:
    """Return the state of fresh devices; blocks only read it, and one row is stored for all that are equal."""
    state = method.start(cloud, width)
    # Elsewhere than on a processor it may show in the last bits that a row is repeated, not read.
    return state if method.shared_rows or device_of(state) != CPU else one_if_alike(state)


def _tiled(state: DeviceState, blocks: int) -> DeviceState:
    """Return the state of so many fresh blocks; a row that stands for all of one stands for all of them."""
    return {name: values if len(values) == 1 else torch.cat([values] * blocks) for name, values in state.items()}


def _on(device: torch.device, parts: Sequence[CohortParts]) -> Sequence[CohortParts]:
    """Return the parts with their tables and weights on ``device``; what cohorts share, they share there."""
    if device == CPU:
        return parts
    there: dict[int, Any] = {}
    for one in parts:
        for mine in (one.features, one.evaluator):
            there[id(mine)] = there.get(id(mine)) or mine.on(device)
    return [replace(one, features=there[id(one.features)], evaluator=there[id(one.evaluator)]) for one in parts]
