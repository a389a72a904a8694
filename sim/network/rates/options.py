"""Options of random rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from agents.contract.component import OptionError, option
from agents.contract.forms import Form, Fraction, Length, PositiveCount, PositiveTime, Rate

#: A recorded rate: a file, or a map of it (see ``describe links.*.up.trace``).
RateTrace = Annotated[Any, Form("rate trace")]


@dataclass(frozen=True)
class MarkovOptions:
    """A rate that jumps between states and stays in each for an exponential time."""

    states: Annotated[list[Rate], Length(1)] = option(description="the rate in each state")
    stay: Annotated[list[PositiveTime], Length(1)] = option(description="mean time in each state")
    next: list[list[Fraction]] | None = option(
        None, "probability of each next state, one row per state; default: all others alike"
    )

    def __post_init__(self) -> None:
        states = len(self.states)
        if len(self.stay) != states:
            raise OptionError(f"{states} states but {len(self.stay)} times to stay")
        rows = self.next or []
        if rows and [len(row) for row in rows] != [states] * states:
            raise OptionError(f"next has to hold {states} rows of {states} probabilities")
        if any(abs(sum(row) - 1) > 1e-9 for row in rows):
            raise OptionError("each row of next has to sum to 1")
        for start in range(states if rows else 0):
            if missed := set(range(states)) - _reached(rows, start):
                from_, to = self.states[start], self.states[min(missed)]
                text = f"the state {to:g} bit/s is never reached from {from_:g} bit/s; each must be from every other"
                raise OptionError(text, "next")


def _reached(rows: list[list[float]], start: int) -> set[int]:
    """Return the states to which jumps lead from ``start``, itself included."""
    reached, fresh = {start}, [start]
    while fresh:
        following = {to for to, share in enumerate(rows[fresh.pop()]) if share > 0.0} - reached
        reached |= following
        fresh.extend(following)
    return reached


@dataclass(frozen=True)
class FittedOptions:
    """A Markov rate fitted to a trace: quantile states, empirical jumps."""

    trace: RateTrace = option(description="what it is fitted to")
    states: PositiveCount = option(4, "number of rate levels")
    bin: PositiveTime = option(0.1, "packets of a recording are counted over so long; a rate stays as it is recorded")
