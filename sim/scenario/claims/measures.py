"""What a claim may be about: the metrics of a run, and how an amount of each is written."""

from __future__ import annotations

from math import isfinite

from agents.contract.component import OptionError
from sim.scenario.problems import near_miss
from sim.scenario.units import ENERGY, SIZE, TIME, Dimension, parse_share

#: Metric -> dimension of its amounts; None: a share, or a difference of shares (``0.5 %``). ``number``: a bare one.
MEASURES: dict[str, Dimension | str | None] = {
    **dict.fromkeys(("accuracy", "accuracy_after_drift", "adaptation_area", "accuracy_static", "accuracy_oracle")),
    **dict.fromkeys(
        ("accuracy_no_change", "accuracy_majority", "accuracy_popularity", "ahead_of_oracle", "gain", "harm")
    ),
    **dict.fromkeys(
        ("regained", "worst_decile", "never_updated", "installed", "auc", "uauc", "mrr", "auroc", "fpr_95")
    ),
    **dict.fromkeys(("hit_1", "hit_5", "hit_10", "hit_20", "ndcg_5", "ndcg_10", "ndcg_20")),
    **dict.fromkeys(("recovery_mean_s", "mean_age_s", "delay_s"), TIME),
    **dict.fromkeys(("up_bytes", "down_bytes", "bytes_per_point"), SIZE),
    **dict.fromkeys(("device_energy_j", "cloud_energy_j", "joules_per_point"), ENERGY),
    "exchanges": "number",
}
#: Metrics that can be judged in a part of the run.
IN_PART = ("accuracy", "gain", "harm", "accuracy_static", "accuracy_oracle", "regained", "ahead_of_oracle")


def require_measure(name: str) -> None:
    """Check that a metric is one that claims can be about.

    Raises:
        OptionError: it is not.
    """
    if name not in MEASURES:
        raise OptionError(f"there is no metric '{name}'{near_miss(name, list(MEASURES))}", "metric")


def amount_of(metric: str, value: str | float, option: str) -> float:
    """Return an amount of a metric in base units; ``option`` is where it stands.

    Raises:
        OptionError: it is written in another unit than the metric's, or in none.
    """
    dimension = MEASURES[metric]
    try:
        if dimension is None:
            return _signed_share(value)
        if isinstance(dimension, str):
            return finite(value)
        return dimension.parse(value)
    except ValueError as error:
        raise OptionError(f"{error}; it is an amount of {metric}", option) from error


def finite(value: str | float) -> float:
    """Return a plain number; ValueError where it is none, or too large for one."""
    try:
        number = float(value)
    except ValueError:
        raise ValueError(f"'{value}' is no number") from None
    if not isfinite(number):
        raise ValueError(f"'{value}' is no finite number")
    return number


def _signed_share(value: str | float) -> float:
    if isinstance(value, str) and value.startswith("-"):
        return -parse_share(value[1:].strip(), whole=False)
    if isinstance(value, float) and value < 0:
        return -parse_share(-value, whole=False)
    return parse_share(value, whole=False)
