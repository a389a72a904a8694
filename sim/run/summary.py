"""A run in a few numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sim.kernel.records import INSTALLED, LOST
from sim.run.canonical import canonical
from sim.run.exchange_sums import OUTCOMES, ExchangeSums
from sim.run.tables import Table

#: A queue is overloaded if, in the second half of a run, it was busy practically all the time and kept growing.
_BUSY, _GROWTH = 0.99, 1


def summarise(
    tables: Mapping[str, Table], sums: ExchangeSums, digest: str, references: Sequence[str]
) -> dict[str, Any]:
    """Return the headline figures of a run; accuracies are None where nothing was evaluated or requested."""
    windows, devices = tables["windows"], tables["devices"]
    samples = int(windows["samples"].sum())
    outcomes = {name: int(count) for name, count in zip(OUTCOMES, sums.outcomes, strict=True) if count}
    return {
        "accuracy": _share(windows["correct"], samples),
        "accuracy_static": _share(windows["correct_static"], samples) if "static" in references else None,
        "accuracy_oracle": _share(windows["correct_oracle"], samples) if _has_oracle(references) else None,
        "ahead_of_oracle": _share(windows["ahead_of_oracle"], samples) if "ahead_of_oracle" in windows else None,
        "loss_nats": None if not samples else float(windows["loss_micro"].sum()) / 1e6 / samples,
        "regret": {name: int(windows[name].sum()) for name in windows if name.startswith("regret_")},
        "recovery_s": None,
        "samples": samples,
        "exchanges": sum(outcomes.values()),
        "installed": outcomes.get(INSTALLED, 0),
        "lost": outcomes.get(LOST, 0),
        "outcomes": dict(sorted(outcomes.items())),
        "up_bytes": int(sums.up_bytes.sum()),
        "down_bytes": int(sums.down_bytes.sum()),
        "mean_age_s": float(devices["mean_age_s"].mean()),
        "overloaded": overloaded(tables),
        "digest": digest,
    }


def _has_oracle(references: Sequence[str]) -> bool:
    return any(name.startswith("oracle") for name in references)


def overloaded(tables: Mapping[str, Table]) -> list[str]:
    """Return the queues that were offered more than they can serve (rho > 1): always busy, and growing."""
    names = ["cloud"] if _overloaded(tables["cloud"], np.ones(len(tables["cloud"]["t_s"]), bool)) else []
    links = tables["links"]
    for link, direction in sorted(set(zip(links.get("link", ()), links.get("direction", ()), strict=True))):
        if _overloaded(links, (links["link"] == link) & (links["direction"] == direction)):
            names.append(f"links.{link}.{direction}")
    return names


def _overloaded(table: Table, rows: np.ndarray) -> bool:
    busy, inside = table["busy_share"][rows], _inside({name: column[rows] for name, column in table.items()})
    half = len(busy) // 2
    return len(busy) > 1 and bool(busy[half:].mean() >= _BUSY and inside[-1] > inside[half] + _GROWTH)


def _inside(table: Table) -> np.ndarray:
    """Return how many messages, or requests, are inside at the end of each tick [ticks].

    Those that wait are not enough: where all are carried at once, as with ``ps``, none waits.
    """
    if "arrived" in table:
        return np.asarray(table["arrived"] - table["served"] - table["dropped"])
    messages = table["started"].sum() + table["queue"][-1:].sum()
    return np.asarray(table["in_flight_bytes"] * (messages / max(table["offered_bytes"][-1:].sum(), 1)))


def _share(correct: np.ndarray, samples: int) -> float | None:
    return float(correct.sum()) / samples if samples else None


def digest(tables: Mapping[str, Table], of_exchanges: str) -> str:
    """Return the SHA-256 of tables by their canonical bytes, names in order; that of exchanges by its own digest."""
    sha = hashlib.sha256(of_exchanges.encode())
    for name, table in sorted(tables.items()):
        for column, values in sorted(table.items()):
            sha.update(f"{name}.{column}:{len(values)}\n".encode())
            sha.update(canonical(values))
    return sha.hexdigest()
