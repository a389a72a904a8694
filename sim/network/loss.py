"""Which packets get lost: each by itself, or in bursts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

#: ``draw(k)`` gives the uniforms of the k-th of two independent rows for the packets of some messages, in order.
Draw = Callable[[int], np.ndarray]


class LossProcess(Protocol):
    """A packet loss process; its state passes from packet to packet of one message."""

    @property
    def mean_loss(self) -> float:
        """Return the long-run share of packets lost."""
        ...

    def lose(self, state: np.ndarray | None, opens: np.ndarray, draw: Draw) -> tuple[np.ndarray, np.ndarray]:
        """Send packets of some messages; return which are lost, bool [packets], and the state of each message's last.

        ``opens`` marks the first packet of each message, bool [packets]. ``state`` is what was returned with the packet
        before them, whole numbers or truths [messages]; None if they are the first of their messages.
        """
        ...


@dataclass(frozen=True)
class Bernoulli:
    """Each packet is lost with probability ``loss``, independent of the others.

    Raises:
        ValueError: it is no probability.
    """

    loss: float

    def __post_init__(self) -> None:
        require_probability(self.loss)

    @property
    def mean_loss(self) -> float:
        return self.loss

    def lose(self, state: np.ndarray | None, opens: np.ndarray, draw: Draw) -> tuple[np.ndarray, np.ndarray]:
        return draw(0) < self.loss, np.zeros(np.count_nonzero(opens), bool)


@dataclass(frozen=True)
class GilbertElliott:
    """A channel that is good or bad, and moves between the two from packet to packet.

    Attributes:
        p: probability to go from good to bad between two packets.
        r: probability to go from bad to good; bad spells last 1 / r packets on average, geometrically.
        good: probability that a packet is lost while the channel is good.
        bad: likewise while it is bad.

    A message starts in the stationary distribution, p / (p + r) bad; a channel that never moves starts good.

    Raises:
        ValueError: one of them is no probability.

    Source: Gilbert, Bell System Technical Journal 39 (1960); Elliott, ibid. 42 (1963).
    """

    p: float
    r: float
    good: float = 0.0
    bad: float = 1.0

    def __post_init__(self) -> None:
        for probability in (self.p, self.r, self.good, self.bad):
            require_probability(probability)

    @property
    def bad_share(self) -> float:
        """Return the long-run share of packets that meet a bad channel."""
        return self.p / (self.p + self.r) if self.p else 0.0

    @property
    def mean_loss(self) -> float:
        return self.good + (self.bad - self.good) * self.bad_share

    def lose(self, state: np.ndarray | None, opens: np.ndarray, draw: Draw) -> tuple[np.ndarray, np.ndarray]:
        moves, first = draw(1), np.flatnonzero(opens)
        own = moves[first]
        begins = own < self.bad_share if state is None else np.where(state, own < 1.0 - self.r, own < self.p)
        states = self._walk(moves, first, begins)
        return draw(0) < np.where(states, self.bad, self.good), states[np.append(first[1:], len(states)) - 1]

    def _walk(self, moves: np.ndarray, first: np.ndarray, begins: np.ndarray) -> np.ndarray:
        """Return whether the channel is bad for each packet, bool [count], given the first of each message.

        One uniform moves both states at once: below ``low`` all become bad, from ``high`` on all become good,
        and in between each stays (or, in a channel that rather alternates, each turns). So the state is that
        of the last uniform that decided, turned as often as others have turned it since: no loop is needed.
        """
        low, high = min(self.p, 1.0 - self.r), max(self.p, 1.0 - self.r)
        decided = (moves < low) | (moves >= high)
        value = moves < low
        value[first], decided[first] = begins, True
        last = np.maximum.accumulate(np.where(decided, np.arange(len(moves)), 0))
        if self.p <= 1.0 - self.r:
            return np.asarray(value[last])
        turns = np.cumsum(~decided)
        return np.asarray(value[last] ^ ((turns - turns[last]) % 2 == 1))


def bernoulli(loss: float) -> LossProcess | None:
    """Return the process of a scenario's ``bernoulli``; None if nothing is lost."""
    return Bernoulli(loss) if loss else None


def gilbert_elliott(options: Any) -> LossProcess:
    """Return the process of a scenario's ``gilbert_elliott``."""
    return GilbertElliott(options.p, options.r, options.good, options.bad)


def require_probability(value: float) -> float:
    """Return ``value`` if it is a probability.

    Raises:
        ValueError: it lies outside of [0, 1] or is not a number.
    """
    if not (0.0 <= value <= 1.0) or math.isnan(value):
        raise ValueError(f"a probability of {value!r} must lie in [0, 1]")
    return value
