"""The tables of a run: sums and counts, never means; units in the names; one row is one fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from agents.contract import AGE_EDGES_S, COHORT_COLUMNS, DEVICE_COLUMNS, DataPlane
from sim.kernel.tick_sums import TickSums
from sim.kernel.transfer_log import TransferLog
from sim.links.link import Link
from sim.network.rates.rate import Constant
from sim.run.exchange_sums import ExchangeSums

#: Column name -> values, all of one length.
Table = dict[str, np.ndarray]


def windows_table(
    edges_s: np.ndarray,
    cohorts: Sequence[str],
    columns: Sequence[str],
    tallies: Sequence[np.ndarray],
    requests: np.ndarray,
) -> Table:
    """Return one row per tick and cohort: what was evaluated, by ``columns``, and ``requests`` [ticks, cohorts]."""
    ticks = len(edges_s)
    counts = np.zeros((ticks, len(cohorts), len(columns)), np.int64)
    if tallies:
        counts[: len(tallies)] = np.stack(tallies)
    names = np.array(cohorts, dtype=object)
    table: Table = {"t_s": np.repeat(edges_s, len(cohorts)), "cohort": np.tile(names, ticks)}
    flat = counts.reshape(-1, len(columns))
    by_column = {name: flat[:, column] for column, name in enumerate(columns)}
    by_column = {name: values for name, values in by_column.items() if _AGE not in name}
    contract = {name: by_column[name] for name in COHORT_COLUMNS if name in by_column}
    return table | contract | {"requests": requests.reshape(-1)} | by_column


_AGE = "_age_"


def ages_table(cohorts: Sequence[str], columns: Sequence[str], tallies: Sequence[np.ndarray]) -> dict[str, Table]:
    """Return one row per cohort and bin of the deployed model's age; nothing where nothing was evaluated.

    ``age_from_s`` is the lower end of the bin, the next row's its upper end; regret is that of the samples in it.
    """
    if not tallies:
        return {}
    sums = np.sum(tallies, axis=0)
    count = [np.array([place for place, name in enumerate(columns) if name.startswith(of)]) for of in _OF_AGE]
    bins = len(AGE_EDGES_S)
    samples, regret = (sums[:, places].reshape(-1) for places in count)
    table = {"cohort": np.repeat(np.array(cohorts, object), bins), "age_from_s": np.tile(AGE_EDGES_S, len(cohorts))}
    return {"ages": table | {"samples": samples, "regret": regret}}


_OF_AGE = (f"samples{_AGE}", f"regret{_AGE}")


def devices_table(cohort_of: np.ndarray, counts: Mapping[str, np.ndarray], sums: ExchangeSums) -> Table:
    """Return one row per device; ``counts`` are int64 [devices] by name, none of them without a data plane."""
    devices = len(cohort_of)
    table: Table = {"device": np.arange(devices), "cohort": cohort_of}
    table |= {name: counts.get(name, np.zeros(devices, np.int64)) for name in DEVICE_COLUMNS}
    table |= {"exchanges": sums.exchanges, "up_bytes": sums.up_bytes, "down_bytes": sums.down_bytes}
    table["mean_age_s"] = sums.mean_age_s()
    return table | {name: values for name, values in counts.items() if name not in table}


def links_table(links: Sequence[Link], edges_s: np.ndarray) -> Table:
    """Return one row per tick and link; bytes and counts since the start, busy and waiting time in the tick."""
    rows = [_link_rows(link, edges_s) for link in links]
    if not rows:
        # A fleet without links: the table is there, and empty.
        return _transfer_rows(TransferLog().per_tick(edges_s[:0]), edges_s[:0], "", "", 0)
    # Tick by tick, then link by link.
    return {name: np.stack([row[name] for row in rows], axis=1).reshape(-1) for name in rows[0]}


def _link_rows(link: Link, edges_s: np.ndarray) -> Table:
    return _transfer_rows(link.log.per_tick(edges_s), edges_s, link.spec.name, link.spec.direction, link.instances)


def _transfer_rows(sums: TickSums, edges_s: np.ndarray, link: str, direction: str, instances: int) -> Table:
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


def cloud_table(log: TransferLog, workers: int, edges_s: np.ndarray) -> Table:
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


def concepts_table(plane: DataPlane | None, cohort_of: np.ndarray) -> dict[str, Table]:
    """Return the table by its name; none where there is no data plane, or its stream has no known concepts.

    One row is one concept that a device follows in (``from_s``, ``until_s``], with a share of its samples that is
    ``share_from`` at the beginning and ``share_until`` at the end: 1 and 1 but where a gradual change mixes.
    """
    truth = {} if plane is None else dict(plane.ground_truth())
    if not truth:
        return {}
    device = truth.pop("device")
    return {"concepts": {"device": device, "cohort": cohort_of[device], **truth}}


_POINTS = 2000


def rates_table(links: Sequence[Link], duration_s: float) -> dict[str, Table]:
    """Return ``{"rates": table}`` with the mean rate of instance 0 of each link that varies, in up to 2,000 bins.

    Columns ``t_s`` (start of the bin), ``link``, ``direction``, ``bps``; nothing at all if all rates are constant.
    """
    edges_s = np.linspace(0.0, duration_s, _POINTS + 1)
    parts = []
    for link in links:
        rate = link.spec.rate_of(0)
        if link.instances and not isinstance(rate, Constant):
            bits = [rate.bits(a, b) for a, b in zip(edges_s[:-1].tolist(), edges_s[1:].tolist(), strict=True)]
            parts.append(
                {
                    "t_s": edges_s[:-1],
                    "link": np.full(_POINTS, link.spec.name, object),
                    "direction": np.full(_POINTS, link.spec.direction, object),
                    "bps": np.array(bits) / np.diff(edges_s),
                }
            )
    if not parts:
        return {}
    return {"rates": {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}}
