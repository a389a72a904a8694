"""Messages on one instance of a link: when each was under way, and who used the instance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.runs import Run

DIRECTIONS = {"up": ("sent_s", "reached_s", "up_bytes"), "down": ("served_s", "returned_s", "down_bytes")}


class Transfers(NamedTuple):
    """Messages of one direction in the order in which they left: begin and end [s], and whether they arrived."""

    begin_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    arrived: NDArray[np.bool_]

    @property
    def lasted_s(self) -> NDArray[np.float64]:
        return self.end_s - self.begin_s


def crosses(links: Mapping[str, Any], access: str) -> list[str]:
    """Return the links that messages of an access link cross, in the uplink's order, each once."""
    if access not in links:
        return []
    path = [access]
    for name in links[access].get("via", []):
        path += [hop for hop in crosses(links, name) if hop not in path]
    return path


def users(run: Run, link: str) -> NDArray[np.int64]:
    """Return the devices whose messages cross a link, in device order."""
    links = run.resolved.get("links", {})
    first, parts = 0, [np.zeros(0, np.int64)]
    for cohort in run.manifest.get("cohorts", []):
        count = int(cohort["devices"])
        if link in crosses(links, str(cohort.get("link"))):
            parts.append(np.arange(first, first + count))
        first += count
    return np.concatenate(parts)


def first_instance(run: Run, link: str) -> NDArray[np.int64]:
    """Return the devices on instance 0 of a link: all of a shared one, the first N by N, or the first alone."""
    section = run.resolved.get("links", {}).get(link, {})
    all_users = users(run, link)
    if section.get("shared"):
        return all_users
    return all_users[: int(str(section.get("shared_by") or "1 devices").split()[0])]


def transfers(run: Run, link: str, direction: str) -> Transfers:
    """Return the messages over instance 0 of a link, from leaving to arriving (all hops of their way).

    One still under way ends with the run; one that was lost or given up on the way has no known end and is
    left out.
    """
    begin, arrive, _ = DIRECTIONS[direction]
    rows = run.exchange_columns("device", "outcome", begin, arrive)
    rows = rows[rows["device"].isin(first_instance(run, link))]
    left = rows[begin].notna() & (rows[arrive].notna() | (rows["outcome"] == "in_flight"))
    rows = rows[left].sort_values(begin, kind="stable")
    end_s = rows[arrive].fillna(run.played_s).to_numpy(float)
    return Transfers(rows[begin].to_numpy(float), end_s, rows[arrive].notna().to_numpy(bool))


def rows_of(moved: Transfers) -> NDArray[np.int64]:
    """Put every transfer into the lowest row that is free while it lasts."""
    free_s: list[float] = []
    rows = np.zeros(len(moved.begin_s), np.int64)
    for place, (begin_s, end_s) in enumerate(zip(moved.begin_s, moved.end_s, strict=True)):
        row = next((row for row, until_s in enumerate(free_s) if until_s <= begin_s), len(free_s))
        free_s[row : row + 1] = [float(end_s)]
        rows[place] = row
    return rows


def joined(moved: Transfers, gap_s: float) -> list[tuple[float, float]]:
    """Return when anything was under way, as (begin, length) [s]; pauses shorter than `gap_s` are closed."""
    spans = pd.DataFrame({"begin": moved.begin_s, "end": moved.end_s})
    reach = spans["end"].cummax()
    group = (spans["begin"] > reach.shift(fill_value=-np.inf) + gap_s).cumsum()
    merged = spans.groupby(group).agg(begin=("begin", "min"), end=("end", "max"))
    return list(zip(merged["begin"], merged["end"] - merged["begin"], strict=True))
