"""From a scenario and its live links to the compiled engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.cloud.build import uptimes_of
from sim.compiled.engine import CompiledEngine, EngineContext
from sim.compiled.initial import workers_of
from sim.compiled.laws import Laws
from sim.compiled.layout import LayoutBuilder
from sim.exchanges.exchange_context import RetryPolicy
from sim.links.build import DirectionRoutes
from sim.links.device_availability import always_there
from sim.network.rates.interrupted import InterruptedRate
from sim.network.rates.rate import Constant


def build_engine(
    scenario: Any,
    up: DirectionRoutes,
    down: DirectionRoutes,
    retry_policies: Sequence[RetryPolicy],
    context: EngineContext,
) -> CompiledEngine:
    """Return the engine of a scenario that it covers; ``retry_policies`` are those of the cohorts."""
    laws = Laws(scenario.duration)
    layout = LayoutBuilder(scenario, up, down, laws).build(retry_policies)
    uptimes = uptimes_of(scenario.cloud)
    workers = workers_of(scenario, uptimes, laws)
    if scenario.cloud.queue == "ps":
        # All workers fail together, as one rate of work.
        speed = Constant(1.0)
        layout.shares["rate"][layout.cloud_share] = laws.add_rate(
            InterruptedRate(speed, uptimes[0]) if uptimes else speed
        )
    gated = np.array([not always_there(cohort) for cohort in scenario.fleet])
    return CompiledEngine(scenario, layout, laws, workers, gated, context)
