from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from agents.contract import CohortSpec, DriftSpec, FleetSpec
from agents.streams.base import BlockId

SpecMaker = Callable[..., FleetSpec]


@pytest.fixture(scope="session")
def fleet_spec() -> SpecMaker:
    """Return a maker of small scenarios as the data plane sees them."""

    def make(*drift: DriftSpec, **changed: Any) -> FleetSpec:
        cohorts = tuple(
            CohortSpec(name, 300, 1.0, "poisson", 1.0, lambda uniform: uniform) for name in ("phones", "watches")
        )
        plain: dict[str, Any] = {
            "seed": 7,
            "duration_s": 1000.0,
            "tick_s": 10.0,
            "data": "digits",
            "data_options": {},
            "model": "mlp",
            "model_options": {},
            "pretrain": {},
            "cohorts": cohorts,
            "drift": drift,
            "adapter": "static",
            "adapter_options": {},
            "codec": "fp32",
            "references": (),
        }
        return FleetSpec(**{**plain, **changed})

    return make


@pytest.fixture
def place() -> BlockId:
    return BlockId(cohort=0, block=0, width=256)


@pytest.fixture
def grid() -> Callable[[float, int], np.ndarray]:
    """Return a maker of sample times: all at one moment, [256, samples]."""
    return lambda at_s, samples: np.full((256, samples), at_s)
