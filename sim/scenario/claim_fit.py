"""``claims``: how they stand in a scenario, and whether the sweep has what they are about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from agents.contract.component import OptionError
from sim.scenario.claims import CLAIMS
from sim.scenario.claims.claim import Claim
from sim.scenario.components import tagged_union
from sim.scenario.tagged_union import Chosen

ClaimField = Annotated[Chosen, tagged_union("claim", CLAIMS)]


def claim_of(chosen: Chosen) -> Claim:
    """Return a claim of a scenario as its options."""
    claim: Claim = CLAIMS[chosen.kind].read(chosen.settings, f"claim {chosen.kind}")
    return claim


def misfit(chosen: Chosen, grid: Mapping[str, Any]) -> OptionError | None:
    """Return why a claim is not about a sweep; None where it is."""
    try:
        claim_of(chosen).points(grid)
    except OptionError as error:
        return error
    return None
