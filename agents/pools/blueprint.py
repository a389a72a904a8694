"""What blocks are built from: shared, read-only, and the same in every process that builds some of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agents.block import Block, BlockParts
from agents.cloud_half import CloudHalf
from agents.device_rows import one_if_alike
from agents.layout import Layout
from agents.methods.base import CloudState, DeviceState, Method


@dataclass(frozen=True)
class Blueprint:
    """The plan of a fleet's blocks, or of some of them.

    Attributes:
        parts: what the blocks of each cohort share, cohort by cohort.
        cloud: the cloud before t = 0: what fresh devices start from.
    """

    layout: Layout
    parts: Sequence[BlockParts]
    cloud: CloudState

    def build(self) -> list[Block]:
        """Return the blocks at t = 0, in device order."""
        fresh = [self._fresh(parts.method, self.layout.width) for parts in self.parts]
        places = zip(self.layout.places, self.layout.devices, strict=True)
        return [Block(self.parts[place.cohort], place, devices, fresh[place.cohort]) for place, devices in places]

    def _fresh(self, method: Method, width: int) -> DeviceState:
        """Return the state of fresh devices; blocks only read it, and a row stands for all that are alike."""
        state = method.start(self.cloud, width)
        return state if method.shared_rows else one_if_alike(state)

    def cloud_half(self) -> CloudHalf:
        """Return the cloud half of the method at t = 0."""
        return CloudHalf(self.parts[0].method, {name: values.clone() for name, values in self.cloud.items()})

    def within(self, first: int, end: int) -> Blueprint:
        """Return the plan of blocks ``first`` to ``end`` (exclusive) alone."""
        return replace(self, layout=self.layout.within(first, end))

    def loads_per_s(self) -> list[float]:
        """Return how many samples each block must judge in a second of virtual time, on average."""
        rates = [0.0 if parts.arrivals.silent else 1.0 / parts.arrivals.cell_s for parts in self.parts]
        places = zip(self.layout.places, self.layout.devices, strict=True)
        return [devices * rates[place.cohort] for place, devices in places]
