"""The adapter of timing-only runs: messages of given sizes, no model anywhere."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass

from agents.contract.component import Component, option
from agents.contract.forms import SizeDistribution
from agents.methods import METHODS


@dataclass(frozen=True)
class ProbeOptions:
    """Timing only: messages of given sizes, no model anywhere."""

    payload: SizeDistribution = option(description="size of what goes up")
    update: SizeDistribution = option(description="size of what comes down")


_PROBE = Component(
    ProbeOptions,
    "sim.scenario.probe:ProbeOptions",
    needs=frozenset({"no task"}),
    quick={"payload": "1 KB", "update": "1 KB"},
)
#: Name in a scenario -> adapter: those of the data plane, and the one that plays timing alone.
ADAPTERS: Mapping[str, Component] = ChainMap({"probe": _PROBE}, METHODS)
