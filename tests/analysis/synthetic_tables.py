"""The tables of a made-up run: sawtooth exchanges, drifting accuracy, regret that sums, conserved bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.runs import PHASES, REGRETS
from tests.analysis.synthetic_plan import Plan

STAMPS = ["sent_s", "reached_s", "started_s", "served_s", "returned_s", "installed_s"]
COUNTS = ["samples", "correct", "correct_static", "correct_oracle"]
WAITS = ("labels", "uplink", "cloud_queue", "service", "downlink")
EXCHANGE = ["ticket", "device", "cohort", "requested_s", *STAMPS]
EXCHANGE += ["up_bytes", "down_bytes", "retransmitted_bytes", "outcome"]


def make_tables(plan: Plan) -> dict[str, pd.DataFrame]:
    """Make all tables of one run."""
    exchanges = make_exchanges(plan)
    samples = make_samples(plan, exchanges)
    tables = {
        "windows": make_windows(plan, samples),
        "exchanges": exchanges,
        "devices": make_devices(plan, samples, exchanges),
        "links": make_links(plan, exchanges),
        "cloud": make_cloud(plan, exchanges),
        "ages": make_ages(plan, samples, exchanges),
    }
    return tables | ({"rates": make_rates(plan)} if plan.varying else {})


def make_rates(plan: Plan) -> pd.DataFrame:
    """Let the rate of each direction of the link go up and down, the downlink's ten times higher."""
    t_s = np.arange(0.0, plan.duration_s, plan.tick_s / 4)
    waves = {"up": 1e5 * (1 + np.sin(t_s / 50)), "down": 1e6 * (1 + np.cos(t_s / 70))}
    parts = [pd.DataFrame({"t_s": t_s, "link": "lte", "direction": way, "bps": bps}) for way, bps in waves.items()]
    return pd.concat(parts, ignore_index=True)


def make_exchanges(plan: Plan) -> pd.DataFrame:
    """Let every device ask periodically from a phase of its own; some messages die, some are in flight."""
    generator = np.random.default_rng([plan.seed, 7])
    rows: list[dict[str, Any]] = []
    for device, cohort in plan.devices if plan.period_s > 0 else []:
        asked_s = np.arange(generator.uniform(0, plan.period_s), plan.duration_s, plan.period_s)
        own = {"device": device, "cohort": cohort}
        rows.extend(own | _exchange(plan, generator, float(at_s)) for at_s in asked_s)
    table = pd.DataFrame(rows, columns=EXCHANGE).sort_values("requested_s", kind="stable", ignore_index=True)
    return table.assign(ticket=np.arange(len(table)), retransmitted_bytes=0)


def _exchange(plan: Plan, generator: np.random.Generator, asked_s: float) -> dict[str, Any]:
    waits = generator.exponential([0.5, plan.uplink_s, 1.5, 0.8, plan.uplink_s / 3, 0.1])
    lost = generator.random() < plan.loss
    stamps = asked_s + np.cumsum(waits)
    stamps[(stamps > plan.duration_s) | (lost & (np.arange(6) > 0))] = np.nan
    happened = dict(zip(STAMPS, ~np.isnan(stamps), strict=True))
    return {
        "requested_s": asked_s,
        **dict(zip(STAMPS, stamps, strict=True)),
        "up_bytes": plan.up_bytes * happened["sent_s"],
        "down_bytes": plan.down_bytes * happened["served_s"],
        "outcome": "lost" if lost else "installed" if happened["installed_s"] else "in_flight",
    }


def make_samples(plan: Plan, exchanges: pd.DataFrame) -> pd.DataFrame:
    """Score every device in every tick: counts and the phase it was in."""
    if plan.timing_only or plan.per_tick == 0:
        return pd.DataFrame(columns=["t_s", "device", "cohort", *COUNTS, "phase"])
    generator = np.random.default_rng([plan.seed, 11])
    owned, no_device = dict(iter(exchanges.groupby("device"))), exchanges.iloc[:0]
    parts = [_score(plan, generator, *device, owned.get(device[0], no_device)) for device in plan.devices]
    return pd.concat(parts, ignore_index=True)


def _score(plan: Plan, generator: np.random.Generator, device: int, cohort: str, own: pd.DataFrame) -> pd.DataFrame:
    """Score all three models with the same uniforms; the deployed one fits if sent after the drift."""
    uniform = generator.random((len(plan.ends_s), plan.per_tick))
    changed = _changes(plan, cohort, device)
    history = own[["requested_s", *STAMPS]].to_numpy(float)
    died = (own["outcome"] == "lost").to_numpy(bool)
    home = np.isin(changed, [0.0, plan.drift[-1]["at_s"] if plan.drift else 0.0])
    newest = np.array([history[history[:, -1] < end, 1].max(initial=0.0) for end in plan.ends_s])
    fits = (newest >= changed) | ((newest == 0) & home)
    columns = {
        "t_s": plan.ends_s,
        "device": device,
        "cohort": cohort,
        "samples": plan.per_tick,
        "correct": (uniform < np.where(fits, plan.fresh, plan.stale)[:, None]).sum(axis=1),
        "correct_static": (uniform < np.where(home, plan.fresh, plan.stale)[:, None]).sum(axis=1),
        "correct_oracle": (uniform < 0.97).sum(axis=1),
        "phase": [_phase(history, died, end, since) for end, since in zip(plan.ends_s, changed, strict=True)],
    }
    return pd.DataFrame(columns)


def _changes(plan: Plan, cohort: str, device: int) -> np.ndarray:
    """Return, for every tick, when the device's latest concept change was [s]."""
    changed = np.zeros(len(plan.ends_s))
    for mark in plan.drift:
        if mark["cohort"] in (None, cohort) and device % 10 < 10 * mark["share"]:
            at_s = mark["at_s"] + (mark["until_s"] - mark["at_s"]) * (device % 10) / 10
            changed[plan.ends_s > at_s] = at_s
    return changed


def _phase(history: np.ndarray, died: np.ndarray, now_s: float, since_s: float) -> str:
    asked = (history[:, 0] >= since_s) & (history[:, 0] < now_s)
    if not asked.any():
        return "undetected"
    if (asked & (history[:, -1] < now_s)).any():
        return "residual"
    last = np.flatnonzero(asked)[-1]
    reached = zip(history[last, 1:], WAITS, strict=False)
    return "lost" if died[last] else next((wait for at_s, wait in reached if not at_s < now_s), "downlink")


def make_windows(plan: Plan, samples: pd.DataFrame) -> pd.DataFrame:
    """Sum the samples per tick and cohort, regret split by phase."""
    grid = pd.MultiIndex.from_product([plan.ends_s, list(plan.cohorts)], names=["t_s", "cohort"])
    table = samples.groupby(["t_s", "cohort"])[COUNTS].sum().reindex(grid, fill_value=0).astype("int64")
    regret = (samples["correct_oracle"] - samples["correct"]).astype("int64")
    for phase, column in zip(PHASES, REGRETS, strict=True):
        sums = regret.where(samples["phase"] == phase, 0).groupby([samples["t_s"], samples["cohort"]]).sum()
        table[column] = sums.reindex(grid, fill_value=0).astype("int64")
        count = samples["samples"].where(samples["phase"] == phase, 0)
        table[f"samples_{phase}"] = (
            count.groupby([samples["t_s"], samples["cohort"]]).sum().reindex(grid, fill_value=0).astype("int64")
        )
    table = table.reset_index().assign(requests=0, labelled=table["samples"].to_numpy(), loss_micro=0)
    return table if "oracle" in plan.references else table.assign(correct_oracle=0)


def make_ages(plan: Plan, samples: pd.DataFrame, exchanges: pd.DataFrame) -> pd.DataFrame:
    """Count samples and regret by the age of the model at the end of each tick, in bins of powers of two."""
    edges = np.array([0.0, *(2.0**power for power in range(16))])
    done = exchanges[exchanges["installed_s"].notna()]
    newest = {device: own[["installed_s", "sent_s"]].to_numpy() for device, own in done.groupby("device")}
    rows = []
    for device, at_s in zip(samples["device"], samples["t_s"], strict=True):
        own = newest.get(device, np.zeros((0, 2)))
        rows.append(at_s - own[own[:, 0] < at_s, 1].max(initial=0.0))
    place = edges.searchsorted(np.array(rows, float), side="right") - 1
    regret = (samples["correct_oracle"] - samples["correct"]).to_numpy("int64")
    parts = []
    for cohort in plan.cohorts:
        mine = (samples["cohort"] == cohort).to_numpy()
        sums = [np.bincount(place[mine], of[mine], len(edges)).astype("int64") for of in
                (samples["samples"].to_numpy("int64"), regret)]  # fmt: skip
        parts.append(pd.DataFrame({"cohort": cohort, "age_from_s": edges, "samples": sums[0], "regret": sums[1]}))
    return pd.concat(parts, ignore_index=True)


def make_devices(plan: Plan, samples: pd.DataFrame, exchanges: pd.DataFrame) -> pd.DataFrame:
    """Sum samples and bytes per device."""
    table = pd.DataFrame(plan.devices, columns=["device", "cohort"])
    traffic = exchanges.groupby("device")[["up_bytes", "down_bytes"]].sum()
    traffic["exchanges"] = exchanges.groupby("device").size()
    table = table.join(samples.groupby("device")[COUNTS].sum(), on="device").join(traffic, on="device")
    numbers = table.columns.drop("cohort")
    return table.assign(**{name: table[name].fillna(0).astype("int64") for name in numbers})


def make_links(plan: Plan, exchanges: pd.DataFrame) -> pd.DataFrame:
    """Follow the bytes of each direction: offered = delivered + dropped + in flight on every row."""
    legs = {"up": ("sent_s", "reached_s", "up_bytes"), "down": ("served_s", "returned_s", "down_bytes")}
    rows = [_link(plan, exchanges, end, way, *leg) for end in plan.ends_s for way, leg in legs.items()]
    return pd.DataFrame(rows)


def _link(
    plan: Plan, exchanges: pd.DataFrame, end: float, way: str, begin: str, arrive: str, size: str
) -> dict[str, Any]:
    begins, arrives, sizes = (exchanges[name].to_numpy(float) for name in (begin, arrive, size))
    offered, done = begins <= end, arrives <= end
    died = offered & (exchanges["outcome"] == "lost").to_numpy(bool)
    total, delivered, dropped = (int(sizes[mask].sum()) for mask in (offered, done, died))
    busy = np.minimum(arrives, end) - np.maximum(begins, end - plan.tick_s)
    return {
        "t_s": end,
        "link": "lte",
        "direction": way,
        "instances": len(plan.devices),
        "offered_bytes": total,
        "delivered_bytes": delivered,
        "dropped_bytes": dropped,
        "retransmitted_bytes": 0,
        "in_flight_bytes": total - delivered - dropped,
        "busy_s": float(np.nansum(np.clip(busy, 0, None))),
        "queue": int((offered & ~done & ~died).sum()),
        "waiting_s": 0.4,
        "started": 2,
    }


def make_cloud(plan: Plan, exchanges: pd.DataFrame) -> pd.DataFrame:
    """Count what came and was served so far, and what waited in each tick."""
    return pd.DataFrame([_cloud(plan, exchanges, end) for end in plan.ends_s])


def _cloud(plan: Plan, exchanges: pd.DataFrame, end: float) -> dict[str, Any]:
    reached, started, served = (exchanges[name].to_numpy(float) for name in STAMPS[1:4])
    now = (started <= end) & (started > end - plan.tick_s)
    busy = np.minimum(served, end) - np.maximum(started, end - plan.tick_s)
    return {
        "t_s": end,
        "arrived": int((reached <= end).sum()),
        "served": int((served <= end).sum()),
        "rejected": 0,
        "dropped": 0,
        "queue": int(((reached <= end) & ~(started <= end)).sum()),
        "busy_s": float(np.nansum(np.clip(busy, 0, None))),
        "workers": 2,
        "waiting_s": float((started - reached)[now].sum()),
        "started": int(now.sum()),
    }
