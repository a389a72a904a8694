"""What the data plane receives: the exchanges that changed since the last handover, from the process engine."""

from __future__ import annotations

import numpy as np

from agents.contract import NO_EXCHANGES, DataPlane, Exchanges, Outcome, news_of
from sim.kernel.calendar import Clock
from sim.kernel.records import Exchange


class Handover:
    """Collects exchanges between two ticks; for runs with a data plane."""

    def __init__(self) -> None:
        self._changed: dict[int, Exchange] = {}
        self._ended: list[tuple[object, ...]] = []

    def note(self, x: Exchange) -> None:
        """Note that an exchange has reached another stage, or will at a time that is known."""
        self._changed[x.ticket] = x

    def close(self, x: Exchange, outcome: Outcome, now_s: float) -> None:
        """Note that an attempt of an exchange has ended."""
        x.ended_s = now_s
        self._ended.append(_row(x, outcome))
        self._changed.pop(x.ticket, None)

    def due(self, until_s: float) -> Exchanges:
        """Return all news up to and including ``until_s``, each of them once."""
        going = list(self._changed.values())
        if not going and not self._ended:
            return NO_EXCHANGES
        rows = Exchanges.of([*self._ended, *(_row(x, Outcome.IN_FLIGHT) for x in going)])
        rows.news[:] = news_of(rows.at_s, rows.news, until_s)
        still = np.any((rows.at_s > until_s) & (rows.at_s < np.inf), axis=0)[len(self._ended) :]
        for x, news in zip(going, rows.news[len(self._ended) :].tolist(), strict=True):
            x.handed_over |= news
        self._changed = {x.ticket: x for x, later in zip(going, still.tolist(), strict=True) if later}
        self._ended = []
        return rows


class EagerHandover(Handover):
    """Hands over moment by moment instead of tick by tick: slower, with the same result.

    What happens at one moment is handed over together, as soon as time has moved on: a batch is one.
    """

    def __init__(self, clock: Clock, plane: DataPlane) -> None:
        super().__init__()
        self._clock, self._plane = clock, plane
        self._moment_s = 0.0

    def note(self, x: Exchange) -> None:
        self._move_on()
        super().note(x)

    def close(self, x: Exchange, outcome: Outcome, now_s: float) -> None:
        self._move_on()
        super().close(x, outcome, now_s)

    def _move_on(self) -> None:
        if self._clock.now > self._moment_s:
            self._plane.carry_out(self.due(self._moment_s))
            self._moment_s = self._clock.now


class NoHandover(Handover):
    """Nothing is handed over: there is no data plane."""

    def note(self, x: Exchange) -> None:
        pass

    def close(self, x: Exchange, outcome: Outcome, now_s: float) -> None:
        x.ended_s = now_s


def _row(x: Exchange, outcome: Outcome) -> tuple[object, ...]:
    at_s = (x.sent_s, x.reached_s, x.started_s, x.served_s, x.ended_s)
    return x.kind, x.ticket, x.device, x.attempt, x.group, at_s, outcome, x.handed_over
