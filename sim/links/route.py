"""The route of a message between a device and the cloud."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sim.links.link import Link
from sim.links.message import Crossing, Hop, Message, TransferOutcome


class Stage(Protocol):
    """A part of a route that a message crosses in one step."""

    def links_from(self, hop: Hop) -> Sequence[tuple[Link, Hop]]:
        """Return its links in the order of crossing, the first of them at ``hop``."""
        ...

    def carry(self, message: Message, hop: Hop, now_s: float) -> Crossing:
        """Cross it; the process returns when and how the crossing ended."""
        ...


class Route:
    """Stages one after the other: each stores the message until it is whole, then forwards it.

    Attributes:
        links: all links with their hops, in the order of crossing.
    """

    def __init__(self, stages: Sequence[tuple[Stage, Hop]]) -> None:
        self.stages = stages
        self.links = [crossed for stage, hop in stages for crossed in stage.links_from(hop)]

    def cross(self, message: Message, now_s: float) -> Crossing:
        """Cross all stages; stop where the message is lost, aborted or replaced."""
        result = TransferOutcome.ARRIVED
        for stage, hop in self.stages:
            now_s, result = yield from stage.carry(message, hop, now_s)
            if result is not TransferOutcome.ARRIVED:
                break
        return now_s, result
