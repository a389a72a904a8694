"""What a run cost: bytes, busy seconds and energy of every device and of the cloud.

All of it is linear in the tables, with the powers and times of `resolved.yaml` as factors, so that nothing of
it has to be simulated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from analysis.quantities import base_value, mean_of
from analysis.radio import PARTS as RADIO
from analysis.radio import radio
from analysis.runs import Run

PARTS = ("idle_j", "busy_j", "send_j", "receive_j", "radio_j")
BYTES = ("sent_bytes", "received_bytes")
#: What was added up already: several metrics, tables and figures of a run ask for it.
_MADE: WeakKeyDictionary[Run, Energy] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Energy:
    """The energy of one run.

    devices: one row a device: `device cohort sent_bytes received_bytes busy_s idle_s`, energies [J] `idle_j
    busy_j send_j receive_j radio_j` and their sum `energy_j`. cloud: the same but for the energy of transmission, and
    `workers`. total: `device_j cloud_j energy_j`, and `up_bytes`, `down_bytes` at the devices. powered:
    whether any power was given; without one, all energies are 0.
    """

    devices: pd.DataFrame
    cloud: dict[str, float]
    total: dict[str, float]
    powered: bool


def energy(run: Run) -> Energy:
    """Add up what a run cost.

    A device computes for its samples times the mean inference time (and its `training_steps`, where the
    table counts them, times the mean of those) and is idle for the rest of the played time, present or not.
    A message costs its sender all its bytes, headers and repetitions included, as soon as it is sent; its
    receiver pays when it has arrived. Each cloud worker is busy for its services and idle otherwise. RunError
    where `resolved.yaml` holds a quantity that cannot be read.
    """
    if run not in _MADE:
        _MADE[run] = _added_up(run)
    return _MADE[run]


def _added_up(run: Run) -> Energy:
    cohorts = {str(cohort["cohort"]): cohort for cohort in run.resolved.get("fleet", [])}
    devices = _devices(run, cohorts)
    power = run.resolved.get("cloud", {}).get("power", {})
    cloud = _cloud(run, power)
    device_j = float(devices["energy_j"].sum())
    total = {
        "up_bytes": float(devices["sent_bytes"].sum()),
        "down_bytes": float(devices["received_bytes"].sum()),
        "device_j": device_j,
        "cloud_j": cloud["energy_j"],
        "energy_j": device_j + cloud["energy_j"],
    }
    given = [power, *(cohort.get("power", {}) for cohort in cohorts.values())]
    powered = any(base_value(value) for each in given for value in each.values())
    return Energy(devices, cloud, total, powered or bool(devices["radio_j"].any()))


def as_rows(made: Energy) -> pd.DataFrame:
    """Return one row per consumer, the devices and then the cloud, so that columns sum to the total."""
    cloud = {name: value for name, value in made.cloud.items() if name != "workers"}
    payers = [made.devices.assign(payer="device"), pd.DataFrame([cloud | {"payer": "cloud"}])]
    rows = pd.concat(payers, ignore_index=True).astype({"device": "Int64", **dict.fromkeys(BYTES, "int64")})
    rows = rows.fillna(dict.fromkeys(PARTS, 0.0))
    return rows[["payer", *made.devices.columns]]


def _devices(run: Run, cohorts: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    table = run.devices
    count = len(table)
    steps = table["training_steps"].to_numpy(float) if "training_steps" in table else np.zeros(count)
    inference_s, step_s = (_each(table, cohorts, "compute", name, mean_of) for name in ("inference", "training_step"))
    watts = {name: _each(table, cohorts, "power", name, base_value) for name in ("idle", "busy", "send", "receive")}
    busy_s = _product(table["samples"].to_numpy(float), inference_s) + _product(steps, step_s)
    idle_s = np.maximum(run.played_s - busy_s, 0.0)
    made = table[["device", "cohort"]].assign(
        sent_bytes=_summed(run, "sent_s", "up_bytes"),
        received_bytes=_summed(run, "returned_s", "down_bytes"),
        busy_s=busy_s,
        idle_s=idle_s,
        idle_j=watts["idle"] * idle_s,
        busy_j=_product(watts["busy"], busy_s),
    )
    made["send_j"] = watts["send"] * made["sent_bytes"]
    made["receive_j"] = watts["receive"] * made["received_bytes"]
    made["radio_j"] = radio(run, cohorts)[list(RADIO)].sum(axis=1)
    return made.assign(energy_j=made[list(PARTS)].sum(axis=1))


def _cloud(run: Run, power: Mapping[str, Any]) -> dict[str, float]:
    idle_w, busy_w = (base_value(power.get(name, "0 W")) for name in ("idle", "busy"))
    table = run.cloud
    workers = int(table["workers"].max()) if len(table) else 0
    busy_s = float(table["busy_s"].sum())
    idle_s = max(workers * run.played_s - busy_s, 0.0)
    exchanges = run.exchange_columns("served_s", "down_bytes", "reached_s", "up_bytes")
    return {
        "workers": workers,
        "sent_bytes": int(exchanges.loc[exchanges["served_s"].notna(), "down_bytes"].sum()),
        "received_bytes": int(exchanges.loc[exchanges["reached_s"].notna(), "up_bytes"].sum()),
        "busy_s": busy_s,
        "idle_s": idle_s,
        "idle_j": idle_w * idle_s,
        "busy_j": busy_w * busy_s,
        "energy_j": idle_w * idle_s + busy_w * busy_s,
    }


def _each(table: pd.DataFrame, cohorts: Mapping[str, Any], section: str, name: str, read: Any) -> np.ndarray:
    """Return a value of the cohorts' sections for each device; 0 where the scenario sets none."""
    given = {cohort: power_section.get(section, {}).get(name) for cohort, power_section in cohorts.items()}
    values = {cohort: 0.0 if value is None else read(value) for cohort, value in given.items()}
    return table["cohort"].map(values).fillna(0.0).to_numpy(float)


def _product(count: np.ndarray, each: np.ndarray) -> np.ndarray:
    """Multiply, where nothing of something that has no mean is still nothing."""
    return np.multiply(count, each, where=count > 0, out=np.zeros(len(count)))


def _summed(run: Run, stamp: str, size: str) -> np.ndarray:
    """Return the bytes of each device's messages that have the time stamp."""
    exchanges = run.exchange_columns("device", stamp, size)
    happened = exchanges[exchanges[stamp].notna()]
    sums = happened.groupby("device")[size].sum()
    return sums.reindex(run.devices["device"], fill_value=0).to_numpy(np.int64)
