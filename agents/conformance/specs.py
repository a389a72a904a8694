"""A small scenario as the data plane sees it, for data to be examined in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.contract import CohortSpec, FleetSpec


def no_delay(uniform: Any) -> Any:
    """Return labels that come at once."""
    return 0.0 * uniform


def spec_of(data: str, options: Mapping[str, Any]) -> FleetSpec:
    """Return a scenario with this data, and without drift or references."""
    cohort = CohortSpec("devices", 256, 1.0, "poisson", 1.0, no_delay)
    return FleetSpec(
        seed=7,
        duration_s=600.0,
        tick_s=10.0,
        data=data,
        data_options=options,
        model="logistic",
        model_options={},
        pretrain={},
        cohorts=(cohort,),
        drift=(),
        adapter="static",
        adapter_options={},
        codec="fp32",
        references=(),
    )
