"""The figures of merit of a run, each from its tables, with unit and scale."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from analysis import ages, latency
from analysis.energy import energy
from analysis.ranking import SUMMED
from analysis.recovery import recovery_times, summarise
from analysis.runs import Run
from analysis.statistics import worst_decile
from analysis.windows import accuracy


class Metric(NamedTuple):
    """A figure of merit: its name, the unit it is shown in, and whether more is better (+1, -1, 0)."""

    label: str
    unit: str
    scale: float
    digits: int
    better: int
    of: Callable[[Run], float | None]

    def show(self, value: float | None, signed: bool = False) -> str:
        """Write a value in the metric's unit, never as minus zero; a dash for None and NaN."""
        if value is None or math.isnan(value):
            return "-"
        scaled = round(self.scale * value, self.digits) + 0.0
        sign = "+" if signed else ""
        return f"{scaled:{sign},.{self.digits}f}"


def measure(run: Run, names: Sequence[str] | None = None) -> dict[str, float | None]:
    """Return the named metrics (default: all) of a run in base units; None where one does not apply."""
    return {name: _finite(METRICS[name].of(run)) for name in names or METRICS}


def main_metric(runs: Sequence[Run]) -> str:
    """Name what runs are ranked by: accuracy, or the age of the model where nothing was predicted."""
    return "accuracy" if all(run.judged for run in runs) else "mean_age_s"


def bytes_per_device(run: Run, *columns: str) -> float | None:
    """Return the bytes of an average device, summed over columns of the exchanges."""
    devices = len(run.devices)
    return float(sum(run.exchanges[column].sum() for column in columns)) / devices if devices else None


def recovery(run: Run) -> dict[str, float | None]:
    """Return `recovery_s` and `censored_share` over a run's drifts; both None where nothing was predicted."""
    if not run.judged or not run.marks:
        return {"recovery_s": None, "censored_share": None}
    return summarise(recovery_times(run.windows, run.marks))


def regained(run: Run) -> float | None:
    """Return the part of the oracle's lead over the static model that was regained; None without a lead."""
    deployed, static, oracle = (accuracy(run, predictor) for predictor in ("deployed", "static", "oracle"))
    if deployed is None or static is None or oracle is None or oracle - static < 1e-3:
        return None
    return (deployed - static) / (oracle - static)


def device_energy_j(run: Run) -> float | None:
    """Return the energy of an average device [J]; None where devices spend none."""
    made = energy(run)
    return made.total["device_j"] / len(made.devices) if made.total["device_j"] else None


def cloud_energy_j(run: Run) -> float | None:
    """Return the energy of the cloud [J]; None where it spends none."""
    return energy(run).cloud["energy_j"] or None


def _worst_decile(run: Run) -> float | None:
    if not run.judged:
        return None
    return worst_decile(run.devices["correct"].to_numpy(np.int64), run.devices["samples"].to_numpy(np.int64))


def _installed(run: Run) -> float | None:
    ends = run.exchanges["outcome"]
    return float((ends == "installed").mean()) if len(ends) else None


def _finite(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value


METRICS = {
    "accuracy": Metric("accuracy", "%", 100, 2, +1, accuracy),
    "accuracy_static": Metric("static reference", "%", 100, 2, 0, lambda run: accuracy(run, "static")),
    "accuracy_oracle": Metric("oracle reference", "%", 100, 2, 0, lambda run: accuracy(run, "oracle")),
    "regained": Metric("oracle's lead regained", "%", 100, 1, +1, regained),
    "worst_decile": Metric("worst decile of devices", "%", 100, 2, +1, _worst_decile),
    **{name: Metric(label, "%", 100, 2, +1, of) for name, (label, of) in SUMMED.items()},
    "recovery_s": Metric("recovery time, median", "s", 1, 1, -1, lambda run: recovery(run)["recovery_s"]),
    "censored_share": Metric("drifts not recovered", "%", 100, 0, -1, lambda run: recovery(run)["censored_share"]),
    "mean_age_s": Metric("model age, mean", "s", 1, 1, -1, lambda run: ages.mean_age_s(ages.of_run(run))),
    "never_updated": Metric("devices never updated", "%", 100, 1, -1, ages.never_updated),
    "delay_s": Metric("request to install, median", "s", 1, 2, -1, latency.median_delay_s),
    "exchanges": Metric("requests", "", 1, 0, 0, lambda run: float(len(run.exchanges))),
    "installed": Metric("requests installed", "%", 100, 1, +1, _installed),
    "up_bytes": Metric("up, per device", "kB", 1e-3, 1, -1, lambda run: bytes_per_device(run, "up_bytes")),
    "down_bytes": Metric("down, per device", "kB", 1e-3, 1, -1, lambda run: bytes_per_device(run, "down_bytes")),
    "device_energy_j": Metric("energy, per device", "J", 1, 1, -1, device_energy_j),
    "cloud_energy_j": Metric("energy of the cloud", "kJ", 1e-3, 2, -1, cloud_energy_j),
}
