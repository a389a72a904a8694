"""The results of a run, tick by tick, and the tables that are made of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from math import inf

import numpy as np

from agents.contract import COHORT_COLUMNS
from sim.exchanges.simulation import Tick, tick_edges_s
from sim.run.assembly import AssembledRun
from sim.run.exchange_rows import ExchangeRows
from sim.run.exchange_sums import ExchangeSums
from sim.run.invariants import Invariants
from sim.run.progress import Progress
from sim.run.run_folder import RunFolder
from sim.run.tables import (
    Table,
    ages_table,
    cloud_table,
    concepts_table,
    devices_table,
    links_table,
    windows_table,
)
from sim.run.watching import Moment, Watchers, network_at
from sim.scenario import Scenario

_FLUSH_EVERY_S = 15.0
#: The pause after a flush is at least so many times as long as the flush.
_PAUSES = 50


class Recorder:
    """Collects the results of ticks, and keeps the folder readable during the run."""

    def __init__(
        self,
        scenario: Scenario,
        live: AssembledRun,
        folder: RunFolder,
        progress: Progress,
        watchers: Watchers,
        invariants: Invariants | None = None,
    ) -> None:
        self._watchers = watchers
        self._scenario, self._live, self._folder, self._progress = scenario, live, folder, progress
        self._tallies: list[np.ndarray] = []
        self._samples = self._correct = 0
        # The first tick is written at once: a run that is killed early can still be read.
        self._flush_at = -inf
        self._edges_s = tick_edges_s(scenario.duration, scenario.tick)
        sizes = [cohort.devices for cohort in scenario.fleet]
        groups, cohort_of = folder.row_groups("exchanges"), np.repeat(np.arange(len(sizes)), sizes)
        self._invariants = invariants
        check = None if invariants is None else invariants.check_exchanges
        method = scenario.method
        kinds = method.learning is not None or method.trigger.kind == "rounds"
        self._exchanges = ExchangeRows(
            groups, self._cohorts, cohort_of, self._edges_s, scenario.duration, check, kinds=kinds
        )

    def on_tick(self, tick: Tick) -> None:
        samples = correct = 0
        if tick.tallies is not None:
            self._tallies.append(tick.tallies.cohorts)
            samples, correct = int(tick.tallies.cohorts[:, 0].sum()), int(tick.tallies.cohorts[:, 2].sum())
        self._samples += samples
        self._correct += correct
        if self._watchers:
            self._watchers.at(self._moment(tick, samples, correct))
        self._progress.at(tick.until_s, self._samples, self._correct, tick.exchanges)
        if (departed := self._live.simulation.engine.departed()) is not None:
            self._exchanges.add(departed)
        if time.monotonic() >= self._flush_at:
            self._flush(tick.until_s)

    def _moment(self, tick: Tick, samples: int, correct: int) -> Moment:
        engine, at_s = self._live.simulation.engine, tick.until_s
        return Moment(
            at_s,
            self._scenario.duration,
            samples,
            correct,
            self._samples,
            self._correct,
            tick.exchanges,
            lambda: network_at(engine.columns(), at_s),
        )

    def _flush(self, until_s: float) -> None:
        began = time.monotonic()
        rest = self._exchanges.table_of(self._live.simulation.engine.columns())
        self._folder.write_table("windows", self._windows(self.sums.requests + self.sums.requests_of(rest)))
        self._folder.log(f"at {until_s:g} s of {self._scenario.duration:g} s")
        ended = time.monotonic()
        # What it costs grows with the run so far: a fixed pace would make long runs quadratic.
        self._flush_at = ended + max(_FLUSH_EVERY_S, _PAUSES * (ended - began))

    @property
    def sums(self) -> ExchangeSums:
        """Sums over the exchanges that have been recorded."""
        return self._exchanges.sums

    def finish(self) -> str:
        """Record the exchanges that are left, and write their table; return its digest."""
        self._exchanges.add(self._live.simulation.engine.columns())
        return self._exchanges.finish()

    def tables(self) -> dict[str, Table]:
        """Return all tables of the finished run but that of exchanges."""
        live = self._live
        plane = live.simulation.plane
        counts = {} if plane is None else dict(zip(plane.device_columns, plane.totals().counts.T, strict=True))
        tables = {
            "windows": self._windows(self.sums.requests),
            "devices": devices_table(live.cohort_of, counts, self.sums),
            "links": links_table(live.links, self._edges_s),
            "cloud": cloud_table(live.cloud_log, self._scenario.cloud.workers, self._edges_s),
            **ages_table(self._cohorts, self._columns, self._tallies),
            **concepts_table(live.simulation.plane, live.cohort_of),
        }
        if self._invariants is not None:
            self._invariants.check_tables(tables)
        return tables

    def _windows(self, requests: np.ndarray) -> Table:
        return windows_table(self._edges_s, self._cohorts, self._columns, self._tallies, requests)

    @property
    def _cohorts(self) -> list[str]:
        return [cohort.cohort for cohort in self._scenario.fleet]

    @property
    def _columns(self) -> Sequence[str]:
        plane = self._live.simulation.plane
        return COHORT_COLUMNS if plane is None else plane.columns
