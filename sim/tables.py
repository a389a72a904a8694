"""The tables of a run: sums and counts, never means; units in the names; one row is one fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from agents.contract import COHORT_COLUMNS, DEVICE_COLUMNS, ExchangeKind
from sim.lines.line import Line
from sim.lines.passages import PassageLog, TickSums
from sim.records import COLUMNS, IN_FLIGHT, INSTALLED, TIMES

#: Column name -> values, all of one length.
Table = dict[str, np.ndarray]


def exchanges_table(told: Mapping[str, np.ndarray], cohort_of: np.ndarray, horizon_s: float) -> Table:
    """Return one row per exchange, by ticket; whatever would come after the horizon has not happened.

    ``told`` has the columns of :data:`sim.records.COLUMNS`, and may have :data:`sim.records.KIND_COLUMNS`: where there
    is more than requests, the table says what each row is, and of which round.
    """
    columns: Table = dict(told)
    for name in TIMES:
        columns[name] = np.where(told[name] <= horizon_s, told[name], np.nan)
    columns["down_bytes"] = np.where(np.isnan(columns["served_s"]), 0, told["down_bytes"])
    unfinished = (told["outcome"] == INSTALLED) & np.isnan(columns["installed_s"])
    columns["outcome"] = np.where(unfinished, IN_FLIGHT, told["outcome"])
    columns["cohort"] = cohort_of[columns["device"]]
    order = np.argsort(columns["ticket"], kind="stable")
    names = ["ticket", "device", "cohort", *list(COLUMNS)[2:]]
    if "kind" in told and np.any(told["kind"] != ExchangeKind.UPDATE):
        columns["kind"] = _KIND_NAMES[told["kind"]]
        columns["round"] = np.where(np.isin(told["kind"], _OF_ROUNDS), told["number"], -1)
        names += ["kind", "round"]
    return {name: columns[name][order] for name in names}


_KIND_NAMES = np.array([kind.name.lower() for kind in ExchangeKind], object)
#: What counts as a request: payloads that go up.
_ASKED = [kind.name.lower() for kind in (ExchangeKind.UPDATE, ExchangeKind.REPORT)]
_OF_ROUNDS = (ExchangeKind.PUSH, ExchangeKind.REPORT)


def windows_table(
    edges_s: np.ndarray, cohorts: Sequence[str], columns: Sequence[str], tallies: Sequence[np.ndarray], exchanges: Table
) -> Table:
    """Return one row per tick and cohort: what was judged, by ``columns``, and how many exchanges were asked for."""
    ticks = len(edges_s)
    counts = np.zeros((ticks, len(cohorts), len(columns)), np.int64)
    if tallies:
        counts[: len(tallies)] = np.stack(tallies)
    names = np.array(cohorts, dtype=object)
    asked = np.isin(exchanges["kind"], _ASKED) if "kind" in exchanges else np.ones(len(exchanges["ticket"]), bool)
    exchanges = {name: exchanges[name][asked] for name in ("requested_s", "cohort")}
    tick = np.minimum(np.searchsorted(edges_s, exchanges["requested_s"], side="left"), ticks - 1)
    requests = np.zeros((ticks, len(cohorts)), np.int64)
    for index, cohort in enumerate(cohorts):
        requests[:, index] = np.bincount(tick[exchanges["cohort"] == cohort], minlength=ticks)
    table: Table = {"t_s": np.repeat(edges_s, len(cohorts)), "cohort": np.tile(names, ticks)}
    flat = counts.reshape(-1, len(columns))
    judged = {name: flat[:, column] for column, name in enumerate(columns)}
    contract = {name: judged[name] for name in COHORT_COLUMNS}
    return table | contract | {"requests": requests.reshape(-1)} | judged


def devices_table(cohort_of: np.ndarray, counts: Mapping[str, np.ndarray], exchanges: Table, horizon_s: float) -> Table:
    """Return one row per device; ``counts`` are int64 [devices] by name, none of them without a data plane."""
    devices = len(cohort_of)
    table: Table = {"device": np.arange(devices), "cohort": cohort_of}
    table |= {name: counts.get(name, np.zeros(devices, np.int64)) for name in DEVICE_COLUMNS}
    device = exchanges["device"]
    table["exchanges"] = np.bincount(device, minlength=devices)
    for name in ("up_bytes", "down_bytes"):
        table[name] = np.bincount(device, weights=exchanges[name], minlength=devices).astype(np.int64)
    table["mean_age_s"] = mean_age_s(devices, exchanges, horizon_s)
    return table | {name: values for name, values in counts.items() if name not in table}


def mean_age_s(devices: int, exchanges: Table, horizon_s: float) -> np.ndarray:
    """Return the time average of each device's age of model over (0, horizon] [s].

    The age at t is t minus the moment at which the data behind the newest installed update were sent; before the
    first update it is t (Kaul, Yates and Gruteser, INFOCOM 2012).
    """
    done = ~np.isnan(exchanges["installed_s"])
    device, at_s, sent_s = (exchanges[name][done] for name in ("device", "installed_s", "sent_s"))
    order = np.lexsort((at_s, device))
    device, at_s, sent_s = device[order], at_s[order], sent_s[order]
    # The sawtooth's area is the triangle up to the horizon, less a parallelogram for each jump down.
    same = np.r_[False, device[1:] == device[:-1]] if len(device) else np.zeros(0, bool)
    before_s = np.where(same, np.r_[0.0, sent_s[:-1]] if len(device) else sent_s, 0.0)
    saved = (sent_s - before_s) * (horizon_s - at_s)
    area = horizon_s**2 / 2 - np.bincount(device, weights=saved, minlength=devices)
    return area / horizon_s


def links_table(lines: Sequence[Line], edges_s: np.ndarray) -> Table:
    """Return one row per tick and line; bytes and counts since the start, busy and waiting time in the tick."""
    rows = [_line_rows(line, edges_s) for line in lines]
    if not rows:
        # A fleet without links: the table is there, and empty.
        return _passage_rows(PassageLog().per_tick(edges_s[:0]), edges_s[:0], "", "", 0)
    # Tick by tick, then line by line.
    return {name: np.stack([row[name] for row in rows], axis=1).reshape(-1) for name in rows[0]}


def _line_rows(line: Line, edges_s: np.ndarray) -> Table:
    return _passage_rows(line.log.per_tick(edges_s), edges_s, line.spec.name, line.spec.direction, line.instances)


def _passage_rows(sums: TickSums, edges_s: np.ndarray, link: str, direction: str, instances: int) -> Table:
    ticks = len(edges_s)
    width_s = np.diff(edges_s, prepend=0.0)
    return {
        "t_s": edges_s,
        "link": np.full(ticks, link, object),
        "direction": np.full(ticks, direction, object),
        "instances": np.full(ticks, instances),
        "offered_bytes": sums.offered_bytes,
        "delivered_bytes": sums.delivered_bytes,
        "dropped_bytes": sums.dropped_bytes,
        "retransmitted_bytes": sums.retransmitted_bytes,
        "in_flight_bytes": sums.offered_bytes - sums.delivered_bytes - sums.dropped_bytes,
        "busy_s": sums.busy_s,
        "busy_share": sums.busy_s / (width_s * max(instances, 1)),
        "queue": sums.queue,
        "waiting_s": sums.waiting_s,
        "started": sums.waited,
    }


def cloud_table(log: PassageLog, workers: int, edges_s: np.ndarray) -> Table:
    """Return one row per tick: arrivals and services since the start, busy and waiting time in the tick."""
    sums = log.per_tick(edges_s)
    width_s = np.diff(edges_s, prepend=0.0)
    return {
        "t_s": edges_s,
        "arrived": sums.offered,
        "served": sums.ended,
        "rejected": sums.dropped,
        "dropped": sums.dropped,
        "queue": sums.queue,
        "busy_s": sums.busy_s,
        "busy_share": sums.busy_s / (width_s * workers),
        "workers": np.full(len(edges_s), workers),
        "waiting_s": sums.waiting_s,
        "started": sums.waited,
    }
