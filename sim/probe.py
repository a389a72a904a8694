"""The adapter of timing-only runs: messages of given sizes, no model anywhere."""

from __future__ import annotations

from dataclasses import dataclass

from agents.contract.component import Component, option
from agents.contract.forms import SizeLaw


@dataclass(frozen=True)
class ProbeOptions:
    """Timing only: messages of given sizes, no model anywhere."""

    payload: SizeLaw = option(description="size of what goes up")
    update: SizeLaw = option(description="size of what comes down")


PROBE = Component(
    ProbeOptions,
    "sim.probe:ProbeOptions",
    needs=frozenset({"no task"}),
    quick={"payload": "1 KB", "update": "1 KB"},
)
