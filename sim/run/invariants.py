"""What holds in every run, checked as it goes on: causality, conservation, and Little's law.

Tables are compared that two parts of the simulator make: rows of exchanges, and what links and the cloud add up.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.contract import ExchangeKind, Outcome
from sim.kernel.records import TIMES
from sim.kernel.tick_sums import PARTS_PER_S, in_parts
from sim.links.build import path_of
from sim.run.tables import Table

#: Set, it lets every run check itself.
VARIABLE = "DRIFTBED_CHECK"
#: Shares of time are quotients: they may be above 1 by rounding.
_ROUNDING = 1e-6


class InvariantError(Exception):
    """A run did what none may do: the fault is the simulator's."""


def asked_by_environment() -> bool:
    """Return whether runs shall check themselves where nothing else is said."""
    return os.environ.get(VARIABLE, "") not in ("", "0")


class Invariants:
    """Checks exchanges as they are recorded, and at the end what links and cloud say of them."""

    def __init__(self, scenario: Any) -> None:
        self._scenario = scenario
        self._last_ticket = -1
        self._reached = self._started = self._served = self._waited = 0
        self._sent_bytes = self._again_bytes = 0
        # One piece of the cloud's work serves all reports of a round.
        self._rounds_started, self._rounds_served = set[int](), set[int]()

    def check_exchanges(self, table: Table) -> None:
        """Check some rows of the table of exchanges, which come in the order of their tickets.

        Raises:
            InvariantError: an effect comes before its cause, or an outcome contradicts its times.
        """
        tickets = table["ticket"]
        _require(bool((np.diff(tickets, prepend=self._last_ticket) > 0).all()), "tickets do not come in their order")
        self._last_ticket = int(tickets[-1]) if len(tickets) else self._last_ticket
        came = _stages_in_order(table)
        done = table["outcome"] == Outcome.INSTALLED
        _require_rows(done == came[:, -1], tickets, "is installed and has no such time, or the other way round")
        self._add(table)

    def check_tables(self, tables: Mapping[str, Table]) -> None:
        """Check the finished tables of links and cloud.

        Raises:
            InvariantError: a byte appears or vanishes, or queues and waits disagree.
        """
        links, cloud = tables["links"], tables["cloud"]
        for name in dict.fromkeys(links["link"].tolist()):
            for direction in ("up", "down"):
                mine = (links["link"] == name) & (links["direction"] == direction)
                _check_link(f"links.{name}.{direction}", {column: values[mine] for column, values in links.items()})
        self._check_bytes(links)
        self._check_cloud(cloud)

    def _add(self, table: Table) -> None:
        self._sent_bytes += int(table["up_bytes"].sum() + table["down_bytes"].sum())
        self._again_bytes += int(table["retransmitted_bytes"].sum())
        if "kind" in table:
            self._add_rounds(table)
            requests = table["kind"] == ExchangeKind.UPDATE
            table = {name: values[requests] for name, values in table.items()}
        reached_s, started_s = table["reached_s"], table["started_s"]
        began = ~np.isnan(started_s)
        self._reached += int(np.count_nonzero(~np.isnan(reached_s)))
        self._started += int(np.count_nonzero(began))
        self._served += int(np.count_nonzero(~np.isnan(table["served_s"])))
        self._waited += int(in_parts(started_s[began] - reached_s[began]).sum())

    def _add_rounds(self, table: Table) -> None:
        reports = table["kind"] == ExchangeKind.REPORT
        for rounds, stage in ((self._rounds_started, "started_s"), (self._rounds_served, "served_s")):
            rounds.update(table["round"][reports & ~np.isnan(table[stage])].tolist())

    def _check_bytes(self, links: Table) -> None:
        """Bytes of exchanges are those on the first link of their way, where that is known; some go again later."""
        first, later = set[tuple[str, str]](), set[tuple[str, str]]()
        for cohort in self._linked():
            path = path_of(self._scenario.links, cohort.link)
            for direction, way in (("up", path), ("down", path[::-1])):
                first |= {(name, direction) for name in way[:1]}
                later |= {(name, direction) for name in way[1:]}
        if first & later or not len(links["t_s"]) or any(cohort.link is None for cohort in self._scenario.fleet):
            return
        last = links["t_s"] == links["t_s"].max()
        keys = zip(links["link"][last].tolist(), links["direction"][last].tolist(), strict=True)
        begins = np.array([key in first for key in keys])
        offered, again = (int(links[name][last][begins].sum()) for name in ("offered_bytes", "retransmitted_bytes"))
        # What answers a lost attempt may go down when its exchange has long ended: the link alone knows of it.
        least = 0 if self._repeats() else offered + again
        _require(
            least <= self._sent_bytes <= offered + self._again_bytes,
            f"exchanges sent {self._sent_bytes:,} bytes, and links were offered {offered:,}",
        )

    def _check_cloud(self, cloud: Table) -> None:
        """Little's law: what waits over time is what each waits; of lost attempts the cloud alone knows."""
        _require(bool((cloud["queue"] >= 0).all()), "fewer than none wait at the cloud")
        waited = int(np.rint(cloud["waiting_s"] * PARTS_PER_S).sum())
        seen = int(cloud["arrived"][-1]), int(cloud["started"].sum()), int(cloud["served"][-1]), waited
        if self._scenario.method.trigger.kind == "rounds":
            served = len(self._rounds_started), len(self._rounds_served)
            _require(served == seen[1:3], f"the cloud counts {seen[1:3]} (started, served), rounds say {served}")
            return
        known = self._reached, self._started, self._served, self._waited
        pairs = zip(known, seen, strict=True)
        agree = all(ours <= theirs for ours, theirs in pairs) if self._repeats() else known == seen
        _require(agree, f"the cloud counts {seen} (arrived, started, served, waits), exchanges say {known}")

    def _repeats(self) -> bool:
        """Whether devices ask again where a message is lost."""
        return any(self._scenario.links[cohort.link].recovery.arq == "off" for cohort in self._linked())

    def _linked(self) -> list[Any]:
        return [cohort for cohort in self._scenario.fleet if cohort.link is not None]


def _stages_in_order(table: Table) -> np.ndarray:
    """Return which stages each row came to, bool [rows, stages]; requests pass them one by one."""
    at_s = np.stack([table[name] for name in TIMES], axis=1)
    came = ~np.isnan(at_s)
    before = np.fmax.accumulate(np.where(came, at_s, -np.inf), axis=1)
    _require_rows(~(came & (at_s < before)).any(axis=1), table["ticket"], "has an effect before its cause")
    requests = table["kind"] == ExchangeKind.UPDATE if "kind" in table else np.ones(len(at_s), bool)
    jumps = (came[:, 1:] & ~came[:, :-1]).any(axis=1)
    _require_rows(~(jumps & requests), table["ticket"], "skips a stage")
    return came


def _check_link(name: str, rows: Table) -> None:
    """Check the rows of one direction of a link, tick by tick."""
    delivered, dropped = rows["delivered_bytes"], rows["dropped_bytes"]
    _require(bool((delivered + dropped <= rows["offered_bytes"]).all()), f"{name} delivers more than it was offered")
    for column in ("offered_bytes", "delivered_bytes", "dropped_bytes", "retransmitted_bytes"):
        _require(bool((np.diff(rows[column], prepend=0) >= 0).all()), f"{column} of {name} shrink")
    _require(bool((rows["queue"] >= 0).all()), f"fewer than none wait at {name}")
    shares = rows["busy_share"]
    _require(bool(((shares >= -_ROUNDING) & (shares <= 1 + _ROUNDING)).all()), f"{name} is busy longer than it is")


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise InvariantError(f"{otherwise}: a fault of the simulator, please report it")


def _require_rows(hold: np.ndarray, tickets: np.ndarray, otherwise: str) -> None:
    if not hold.all():
        _require(False, f"exchange {int(tickets[int(np.argmin(hold))])} {otherwise}")
