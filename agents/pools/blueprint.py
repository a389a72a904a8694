"""What blocks are built from: shared, read-only, and the same in every process that builds some of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agents.block import Block, BlockParts
from agents.cloud_half import CloudHalf
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
        return [
            Block(parts, place, devices, self._fresh(parts.method, place.width))
            for (place, devices) in zip(self.layout.places, self.layout.devices, strict=True)
            for parts in (self.parts[place.cohort],)
        ]

    def _fresh(self, method: Method, width: int) -> DeviceState:
        """Return the state of fresh devices, which never lies in memory that others read."""
        state = method.start(self.cloud, width)
        if method.shared_rows:
            return state
        others = {values.untyped_storage().data_ptr() for values in self.cloud.values()}
        return {
            name: values.clone() if values.untyped_storage().data_ptr() in others else values
            for name, values in state.items()
        }

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
