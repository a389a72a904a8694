"""Disciplines of links: in which order a link sends the messages that wait for it. One row of the table each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agents.contract.component import Component, NoOptions
from agents.contract.plugins import load_class


@dataclass(frozen=True)
class DisciplineRow(Component):
    """One discipline; its code is the class of the link.

    Attributes:
        law: the law that decides over the messages of a link at the same time, ``module:Class``; empty where each
            message is sent at its turn, so that its end is known when it comes.
        shares: whether messages share the rate; then links that a message crosses together form one network.
        per_source: whether the law must know which device a message comes from.
    """

    law: str = ""
    shares: bool = False
    per_source: bool = False

    @property
    def in_turn(self) -> bool:
        """Whether messages are sent one after the other, first come, first served."""
        return not self.law

    def load_law(self) -> Any:
        """Import and return the law."""
        return load_class(self.law)


#: Name in a scenario -> discipline.
DISCIPLINES: dict[str, DisciplineRow] = {
    "fifo": DisciplineRow(NoOptions, "sim.links.fifo_link:QueuedLink", summary="First come, first served."),
    "ps": DisciplineRow(
        NoOptions,
        "sim.links.link:Link",
        summary="Processor sharing: all messages at once, sharing the rate by their weights.",
        law="sim.network.sharing:SharedLink",
        shares=True,
    ),
    "lcfs": DisciplineRow(
        NoOptions,
        "sim.links.link:Link",
        summary="Last come, first served: a fresh message drops the stale one of its device.",
        law="sim.network.lcfs:LcfsLink",
        per_source=True,
    ),
}
