"""A linear model beside the base of a scenario, from the scenario itself."""

from __future__ import annotations

from collections.abc import Callable

from agents.contract import LinearRival
from sim.run.fleet_spec import fleet_spec
from sim.scenario import Scenario


def rival_of(scenario: Scenario, report: Callable[[str, float], None] | None = None) -> LinearRival | None:
    """Return how a linear model compares with what devices start with; None where there is nothing to compare."""
    if scenario.task is None:
        return None
    # Only here: who checks a file without training never pays for torch.
    from agents.linear_rival import linear_rival

    return linear_rival(fleet_spec(scenario, ()), report)
