"""What links lose: one row of the table each.

A row's code is called with its value and returns the :class:`sim.network.loss.LossProcess`, or None if nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from agents.contract.component import KeyedRow, NoOptions, OptionError, option
from agents.contract.forms import Column, DataPath, Interval, Share


@dataclass(frozen=True)
class GilbertElliottOptions:
    """Bursty loss: a channel that is good or bad, with transitions from packet to packet."""

    p: Share = option(description="probability per packet to turn from good to bad")
    r: Share = option(description="probability per packet to turn from bad to good")
    good: Share = option(0.0, "probability to lose a packet while good")
    bad: Share = option(1.0, "probability to lose a packet while bad")


@dataclass(frozen=True)
class RecordedLossOptions:
    """Packets lost as recorded: a file of a 0 or a 1 for each, replayed from a random place for each message."""

    file: DataPath = option(description="digits, in any lines; a header 'lost' or 'received' may stand above them")
    lost: Annotated[int, Interval(ge=0, le=1)] | None = option(
        None, "which digit stands for a lost packet, where no header says it"
    )
    below: float | None = option(None, "a log of signal strength, a row a packet: those weaker than this are lost")
    column: Column | None = option(
        None, "with 'below': of the strength, a name or a number from 1; default: the only one"
    )

    def __post_init__(self) -> None:
        if self.below is None and self.column is not None:
            raise OptionError("goes with 'below'", "column")
        if self.below is not None and self.lost is not None:
            raise OptionError("is for files of digits, and 'below' for logs of signal strength", "lost")


@dataclass(frozen=True)
class FittedLossOptions(RecordedLossOptions):
    """Bursty loss (Gilbert and Elliott) with the transitions of a recording, whose packets are lost when it is bad."""


#: Key of a link's ``loss`` -> loss.
LOSSES: dict[str, KeyedRow] = {
    "bernoulli": KeyedRow(NoOptions, "sim.network.loss:bernoulli", summary="each packet on its own", value=Share),
    "gilbert_elliott": KeyedRow(
        GilbertElliottOptions,
        "sim.network.loss:gilbert_elliott",
        paper="Gilbert, Bell System Technical Journal 39, 1960; Elliott, ibid. 42, 1963",
        summary="in bursts",
        quick={"p": 0.1, "r": 0.3},
    ),
    "trace": KeyedRow(
        RecordedLossOptions,
        "sim.network.traces.losses:recorded",
        summary="as recorded, packet by packet",
    ),
    "fitted": KeyedRow(
        FittedLossOptions,
        "sim.network.traces.losses:fitted",
        paper="Gilbert, Bell System Technical Journal 39, 1960",
        summary="in bursts as long and as frequent as those of a recording",
    ),
}
