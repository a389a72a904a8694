"""From a scenario and its live links to the compiled engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.cloud.build import uptimes_of
from sim.compiled.engine import CompiledEngine
from sim.compiled.initial import workers_of
from sim.compiled.laws import Laws
from sim.compiled.layout import LayoutBuilder
from sim.exchanges.exchange_context import RetryPolicy
from sim.kernel.transfer_log import TransferLog
from sim.links.build import DirectionRoutes
from sim.links.device_availability import AvailabilityOf, always_there


def build_engine(
    scenario: Any,
    up: DirectionRoutes,
    down: DirectionRoutes,
    availability_of: AvailabilityOf,
    retry_policies: Sequence[RetryPolicy],
    cloud_log: TransferLog,
    *,
    followed: bool,
) -> CompiledEngine:
    """Return the engine of a scenario that it covers; ``retry_policies`` are those of the cohorts."""
    laws = Laws(scenario.duration)
    layout = LayoutBuilder(scenario, up, down, laws.numbers).build(retry_policies)
    workers = workers_of(scenario, uptimes_of(scenario.cloud), laws)
    gated = np.array([not always_there(cohort) for cohort in scenario.fleet])
    return CompiledEngine(scenario, layout, laws, workers, availability_of, gated, cloud_log, followed=followed)
