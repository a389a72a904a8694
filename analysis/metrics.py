"""The figures of merit of a run, each from its tables, with unit and scale."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis import ages, latency
from analysis.adaptation import accuracy_after_drift, adaptation_area
from analysis.detection import auroc_of, fpr_at_95_of
from analysis.energy import energy
from analysis.ranking import SUMMED
from analysis.recovery import recovery_times, summarise
from analysis.runs import Run
from analysis.statistics import Interval, student_interval, wilson_interval, worst_decile
from analysis.survival import Watched, median, watched
from analysis.windows import PLAIN, accuracy


class Metric(NamedTuple):
    """A figure of merit: its name, the unit it is shown in, and whether more is better (+1, -1, 0).

    share: never below zero nor above one. pooled: how runs of several seeds are summed up where a mean of theirs says
    something wrong; such a figure has no difference either.
    """

    label: str
    unit: str
    scale: float
    digits: int
    better: int
    of: Callable[[Run], float | None]
    share: bool = False
    pooled: Callable[[Sequence[Run]], Interval] | None = None

    def over(self, runs: Sequence[Run], values: Sequence[float | None] | None = None) -> Interval:
        """Return the figure over the seeds of one setting; `values` are those of the runs, if they are known."""
        if self.pooled is not None:
            return self.pooled(runs)
        interval = student_interval([self.of(run) for run in runs] if values is None else values)
        return interval.within(0.0, 1.0) if self.share else interval

    def show(self, value: float | None, signed: bool = False) -> str:
        """Write a value in the metric's unit, never as minus zero; a dash for None and NaN."""
        if value is None or math.isnan(value):
            return "-"
        scaled = round(self.scale * value, self.digits) + 0.0
        sign = "+" if signed else ""
        return f"{scaled:{sign},.{self.digits}f}"

    def half(self, interval: Interval) -> str:
        """Write what follows a mean: half the width of its interval behind a sign, nothing where one seed has none."""
        return f" ± {self.show(interval.half)}" if interval.n > 1 else ""


def measure(run: Run, names: Sequence[str] | None = None) -> dict[str, float | None]:
    """Return the named metrics (default: all) of a run in base units; None where one does not apply."""
    return {name: _finite(METRICS[name].of(run)) for name in names or METRICS}


def main_metric(runs: Sequence[Run]) -> str:
    """Name what runs are ranked by: accuracy, or the age of the model where nothing was predicted."""
    return "accuracy" if all(run.judged for run in runs) else "mean_age_s"


def bytes_per_device(run: Run, *columns: str) -> float | None:
    """Return the bytes of an average device, summed over columns of the exchanges."""
    devices = len(run.devices)
    return float(run.exchange_columns(*columns).sum().sum()) / devices if devices else None


def recovery(run: Run) -> dict[str, float | None]:
    """Return what `summarise` says over a run's drifts; all None where nothing was predicted."""
    return summarise(recovery_times(run.windows, run.marks) if run.judged else [])


def drifts_of(runs: Sequence[Run]) -> Watched:
    """Return recovery of every drift in every run, those that were not recovered included."""
    return watched([row for run in runs if run.judged for row in recovery_times(run.windows, run.marks)])


def _censored(runs: Sequence[Run]) -> Interval:
    drifts = drifts_of(runs)
    return wilson_interval(drifts.censored, len(drifts.time_s))


def gain(run: Run) -> float | None:
    """Return the accuracy beyond that of the model that never changes, on the same samples."""
    deployed, static = accuracy(run), accuracy(run, "static")
    return None if deployed is None or static is None else deployed - static


def harm(run: Run) -> float | None:
    """Return by how much the model that never changes was ahead in windows where it was, over all samples."""
    if not run.has("static"):
        return None
    behind = (run.windows["correct_static"] - run.windows["correct"]).clip(lower=0)
    samples = int(run.windows["samples"].sum())
    return float(behind.sum()) / samples if samples else None


def per_point(run: Run, spent: float | None) -> float | None:
    """Return what was spent for each point of accuracy beyond static; None where nothing was gained."""
    gained = gain(run)
    return None if spent is None or gained is None or gained <= 0.0 else spent / (100.0 * gained)


def ahead_of_oracle(run: Run) -> float | None:
    """Return the share of samples that the deployed model predicted and the oracle did not."""
    if not run.has("oracle") or "ahead_of_oracle" not in run.windows:
        return None
    samples = int(run.windows["samples"].sum())
    return float(run.windows["ahead_of_oracle"].sum()) / samples if samples else None


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
    return worst_decile(*halves(run))


def halves(run: Run) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (correct, samples) of each device, [devices, 2]: the odd samples, and the even ones.

    Runs of before they were counted apart have one column for both.
    """
    table = run.devices
    whole = tuple(table[name].to_numpy(np.int64) for name in ("correct", "samples"))
    if "samples_odd" not in table:
        return whole[0][:, None], whole[1][:, None]
    odd = tuple(table[name].to_numpy(np.int64) for name in ("correct_odd", "samples_odd"))
    return np.stack([odd[0], whole[0] - odd[0]], axis=1), np.stack([odd[1], whole[1] - odd[1]], axis=1)


def _installed(run: Run) -> float | None:
    ends = run.exchange_columns("outcome")["outcome"]
    return float((ends == "installed").mean()) if len(ends) else None


def _finite(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value


METRICS = {
    "accuracy": Metric("accuracy", "%", 100, 2, +1, accuracy, share=True),
    "accuracy_after_drift": Metric("accuracy after drift", "%", 100, 2, +1, accuracy_after_drift, share=True),
    "adaptation_area": Metric("area under adaptation", "%", 100, 2, +1, adaptation_area, share=True),
    "accuracy_static": Metric("static reference", "%", 100, 2, 0, lambda run: accuracy(run, "static"), share=True),
    "accuracy_oracle": Metric("oracle reference", "%", 100, 2, 0, lambda run: accuracy(run, "oracle"), share=True),
    **{
        f"accuracy_{name}": Metric(
            f"{name.replace('_', ' ')} reference", "%", 100, 2, 0, partial(accuracy, predictor=name), share=True
        )
        for name in PLAIN
    },
    "ahead_of_oracle": Metric("ahead of the oracle", "%", 100, 2, 0, ahead_of_oracle, share=True),
    "gain": Metric("gain over static", "points", 100, 2, +1, gain),
    "harm": Metric("harm by updates", "points", 100, 2, -1, harm),
    "regained": Metric("oracle's lead regained", "%", 100, 1, +1, regained),
    "worst_decile": Metric("worst decile of devices", "%", 100, 2, +1, _worst_decile, share=True),
    **{name: Metric(label, "%", 100, 2, +1, of, share=True) for name, (label, of) in SUMMED.items()},
    "auroc": Metric("AUROC of the score", "%", 100, 1, +1, auroc_of, share=True),
    "fpr_95": Metric("FPR at 95 % TPR of the score", "%", 100, 1, -1, fpr_at_95_of, share=True),
    "recovery_s": Metric(
        "recovery time, median",
        "s",
        1,
        1,
        -1,
        lambda run: recovery(run)["recovery_s"],
        pooled=lambda runs: median(drifts_of(runs)),
    ),
    "recovery_mean_s": Metric(
        "recovery time, mean within the watch", "s", 1, 1, -1, lambda run: recovery(run)["recovery_mean_s"]
    ),
    "censored_share": Metric(
        "drifts not recovered", "%", 100, 0, -1, lambda run: recovery(run)["censored_share"], pooled=_censored
    ),
    "mean_age_s": Metric("model age, mean", "s", 1, 1, -1, lambda run: ages.mean_age_s(ages.of_run(run))),
    "never_updated": Metric("devices never updated", "%", 100, 1, -1, ages.never_updated, share=True),
    "delay_s": Metric("request to install, median", "s", 1, 2, -1, latency.median_delay_s),
    "exchanges": Metric("requests", "", 1, 0, 0, lambda run: float(len(run.exchange_columns("device")))),
    "installed": Metric("requests installed", "%", 100, 1, +1, _installed, share=True),
    "up_bytes": Metric("up, per device", "kB", 1e-3, 1, -1, lambda run: bytes_per_device(run, "up_bytes")),
    "down_bytes": Metric("down, per device", "kB", 1e-3, 1, -1, lambda run: bytes_per_device(run, "down_bytes")),
    "bytes_per_point": Metric(
        "bytes for each point gained",
        "kB",
        1e-3,
        1,
        -1,
        lambda run: per_point(run, bytes_per_device(run, "up_bytes", "down_bytes")),
    ),
    "joules_per_point": Metric(
        "energy for each point gained", "J", 1, 2, -1, lambda run: per_point(run, device_energy_j(run))
    ),
    "device_energy_j": Metric("energy, per device", "J", 1, 1, -1, device_energy_j),
    "cloud_energy_j": Metric("energy of the cloud", "kJ", 1e-3, 2, -1, cloud_energy_j),
}
