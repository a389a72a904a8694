"""The compiled engine as the run sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.contract import DataPlane, ExchangeKind, Exchanges, news_of
from sim.cloud.build import batch_work_of
from sim.compiled.calendar import no_events
from sim.compiled.called_rounds import CalledRounds
from sim.compiled.codes import DONE, DRAWS, RETRY, ROOM, ROUND_BEGINS, ROWS, SIZE, STEPS, WORK
from sim.compiled.departures import Departures
from sim.compiled.growing import Growing
from sim.compiled.hop_costs import HopCosts
from sim.compiled.initial import empty_state, set_method
from sim.compiled.intake import take_in
from sim.compiled.laws import Laws
from sim.compiled.layout import Layout
from sim.compiled.loop import advance
from sim.compiled.outlet import find_news
from sim.compiled.plane_answers import PlaneAnswers
from sim.compiled.ring import RowRing
from sim.compiled.round_calls import RoundCalls
from sim.compiled.row_views import exchanges_of, installed_in_order, joined
from sim.exchanges.simulation import tick_edges_s
from sim.kernel.requests import Requests, Tickets
from sim.kernel.transfer_log import TransferLog
from sim.links.device_availability import AvailabilityOf

#: Batches that are drawn at once.
_BATCHES = 64
_NOTHING = np.zeros(0)
#: Where the loop reads the rows that devices begin: the next one, the end, and what decides at equal times.
_CURSORS = {
    ExchangeKind.UPDATE: ("next_ask", "asks_end", "asks_key"),
    ExchangeKind.LEARN: ("next_learning", "learning_end", "learning_key"),
}
#: Of the data plane.
_QUESTIONS = (STEPS, SIZE)


@dataclass(frozen=True)
class EngineContext:
    """What an engine shares with the run: when devices are there, tickets, the data plane, rounds, the cloud's log."""

    availability_of: AvailabilityOf
    tickets: Tickets
    plane: DataPlane | None
    rounds: CalledRounds | None
    cloud_log: TransferLog


class CompiledEngine:
    """Exchanges as rows, advanced by compiled code.

    Args:
        workers: the records of the cloud's workers.
        gated: whether devices of each cohort may be away, bool.
    """

    def __init__(
        self, scenario: Any, layout: Layout, laws: Laws, workers: np.ndarray, gated: np.ndarray, context: EngineContext
    ) -> None:
        self._layout, self._laws, self._context = layout, laws, context
        sizes = np.array([cohort.devices for cohort in scenario.fleet])
        self._first_device = np.cumsum([0, *sizes])[:-1]
        self._closed: list[Exchanges] = []
        self._work, self._batch_work_s = Growing(np.float64), batch_work_of(scenario.cloud, scenario.seed)
        self._state = state = empty_state(scenario, layout, workers)
        self._mixed = scenario.method.learning is not None or context.rounds is not None
        adds = set_method(state, scenario, context.plane) or self._mixed
        self._ring = RowRing(state, layout.places, adds=adds)
        edges_s = tick_edges_s(scenario.duration, scenario.tick)
        self._departures = Departures(state, layout, context.cloud_log, edges_s, kinds=self._mixed)
        self._costs = HopCosts(state, layout, laws, context.availability_of, gated)
        # No bound methods: an engine that holds itself outlives its run.
        self._remedies: dict[int, Callable[[CompiledEngine], None]] = {
            DRAWS: CompiledEngine._draw_again,
            WORK: CompiledEngine._draw_work,
            ROOM: CompiledEngine._grow_events,
            ROWS: lambda engine: engine._ring.grow(),
        }
        self._costs.lay_constant_rates()
        self._load()
        if context.plane is not None:
            answers = PlaneAnswers(state, self._ring, self._costs, context.plane)
            self._remedies |= {STEPS: lambda engine: answers.steps(), SIZE: lambda engine: answers.size()}
        if context.rounds is not None:
            devices = np.flatnonzero(np.repeat(gated, sizes))
            calls = RoundCalls(state, context.rounds, self._costs, devices)
            self._remedies[ROUND_BEGINS] = lambda engine: calls.begin(engine._take)

    @property
    def asks_dropped(self) -> int:
        return int(self._state.g["dropped"][0])

    @property
    def asks_away(self) -> int:
        return int(self._state.g["away"][0])

    def __len__(self) -> int:
        return int(self._state.g["recorded"][0])

    def plan(self, requests: Requests, kind: ExchangeKind = ExchangeKind.UPDATE) -> None:
        """Take in what devices begin in the next tick."""
        self._leave()
        g = self._state.g
        cursor, end, key = _CURSORS[kind]
        g[cursor] = self._take(requests, kind)
        g[end] = self._ring.next
        g[key] = g["serial"]
        g["serial"] += 1

    def advance(self, until_s: float) -> None:
        """Process everything up to ``until_s``."""
        g, tickets = self._state.g, self._context.tickets
        g["tickets"] = tickets.given
        while (reason := advance(g, until_s)) != DONE:
            g["pending"] = 0
            if reason in _QUESTIONS and self._context.plane is not None:
                # The answer depends on all that has happened before.
                self._context.plane.carry_out(self.due(float(g["now_s"][0])))
            self._remedies[reason](self)
        tickets.given = int(g["tickets"][0])

    def due(self, until_s: float) -> Exchanges:
        """Return what the data plane must be handed: all news up to ``until_s``, each of them once."""
        found = np.empty(self._ring.next - self._ring.first, np.int64)
        count = find_news(self._state.g, self._ring.first, self._ring.next, until_s, found)
        rows = self._ring.take(found[:count])
        exchanges = exchanges_of(rows)
        exchanges.news[:] = news_of(exchanges.at_s, rows["handed_over"], until_s)
        self._ring.put(rows["id"], "handed_over", rows["handed_over"] | exchanges.news)
        for part in self._closed:
            part.news[:] = news_of(part.at_s, part.news, until_s)
        parts, self._closed = [*self._closed, exchanges], []
        return joined([part.take(np.flatnonzero(part.news)) for part in parts])

    def finish(self) -> None:
        """Complete the logs of links and cloud."""
        self._departures.count(self._ring.numbers())

    def departed(self) -> dict[str, np.ndarray]:
        """Return the exchanges that have left since the last call, column by column."""
        return self._departures.take()

    def columns(self) -> dict[str, np.ndarray]:
        """Return the exchanges that have not left, column by column; times may lie in the future."""
        return self._departures.columns(self._ring.numbers())

    def _load(self) -> None:
        """Load compiled code before the run begins: each part is called for nothing."""
        nothing, latency_s = np.arange(0), np.zeros((self._layout.places, 0))
        self._lay_tables()
        self.advance(0.0)
        empty = Requests(
            nothing, nothing, nothing, _NOTHING, nothing, nothing, latency_s, latency_s, _NOTHING, step_s=None
        )
        self._take(empty, ExchangeKind.UPDATE)
        for cohort in range(len(self._layout.hops)):
            self._costs.prepare(cohort, nothing, empty, nothing)
        self._departures.count(nothing)
        self._departures.columns(nothing)
        if self._context.plane is not None:
            self.due(0.0)

    def _take(self, requests: Requests, kind: ExchangeKind) -> int:
        """Make rows of some requests; return the first."""
        device, first = requests.device, self._ring.add(len(requests.device))
        cohort = np.searchsorted(self._first_device, device, side="right") - 1
        take_in(
            self._state.g,
            first,
            int(kind),
            requests.ticket,
            device,
            requests.number,
            requests.at_s,
            cohort,
            requests.payload_bytes,
            requests.update_bytes,
            requests.service_s,
            _NOTHING if requests.step_s is None else requests.step_s,
        )
        rows = np.arange(first, self._ring.next)
        for index in range(len(self._layout.hops)):
            # What all are is not copied.
            one = len(self._layout.hops) == 1
            mine = rows if one else rows[cohort == index]
            if len(mine):
                self._costs.prepare(index, mine, requests, slice(None) if one else mine - first)
        self._lay_tables()
        return first

    def _leave(self) -> None:
        """Let the rows at the front that are over leave."""
        rows = self._ring.numbers()
        going = np.flatnonzero(self._ring.field(rows, "over") == 0)
        count = int(going[0]) if len(going) else len(rows)
        if count and self._mixed:
            count = installed_in_order(self._ring.field(rows, "installed_s"), self._ring.field(rows, "device"), count)
        if not count:
            return
        self._departures.leave(rows[:count])
        self._ring.first += count
        if count < len(rows):
            # What is still to come begins no earlier than the first that has not left.
            left = rows[count:] if self._mixed else rows[count : count + 1]
            self._departures.settle(float(np.fmin.reduce(self._ring.field(left, "requested_s"))))

    def _lay_tables(self) -> None:
        """Let the loop see tables that have grown."""
        laws = self._laws
        self._state.put(
            rate=laws.rates.array,
            gate=laws.gates.array,
            part=laws.parts.array,
            number=laws.numbers.array,
            moment=laws.moments.array,
        )

    def _draw_again(self) -> None:
        """Draw the losses of all attempts that are still to come for what has been lost; note what was lost."""
        rows = self._ring.take(self._ring.numbers())
        retries = self._layout.cohorts["retries"][rows["cohort"]]
        waits = (rows["state"] == RETRY) & (rows["over"] == 0) & (rows["attempt"] < retries)
        rows = rows[waits & (rows["drawn"] <= rows["attempt"])]
        self._departures.count(rows["id"])
        if self._context.plane is not None:
            self._closed.append(exchanges_of(rows))
        self._ring.put(rows["id"], "handed_over", 255)
        self._ring.put(rows["id"], "drawn", rows["drawn"] + 1)
        self._costs.draw_again(rows, 1, True, False)

    def _draw_work(self) -> None:
        """Draw how long further batches take, as many as might start before the next draw and more."""
        g, first = self._state.g, int(self._state.g["drawn"][0])
        count = int(g["flows"][0]) + _BATCHES
        more = [self._batch_work_s(1, number) for number in range(first, first + count)]
        self._work.extend(more)
        self._state.put(work=self._work.array)
        g["drawn"] = first + count

    def _grow_events(self) -> None:
        old = self._state["event"]
        grown = no_events(2 * len(old))
        grown[: len(old)] = old
        self._state.put(event=grown)
        self._state.g["event_room"] = len(grown)
