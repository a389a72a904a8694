"""Triggers: when a device asks the cloud for an update; one rule, one file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.triggers.asks import Asks, Setting, Trigger
from sim.triggers.at import At
from sim.triggers.detector import Detector
from sim.triggers.dummy import Dummy
from sim.triggers.every_samples import EverySamples
from sim.triggers.gate import Gate
from sim.triggers.never import Never
from sim.triggers.periodic import Periodic
from sim.triggers.poisson import Poisson

#: Name in a scenario -> how the trigger is built from its options.
TRIGGERS: dict[str, Callable[[Any, Setting], Trigger]] = {
    "never": Never.build,
    "periodic": Periodic.build,
    "poisson": Poisson.build,
    "at": At.build,
    "every_samples": EverySamples.build,
    "detector": Detector.build,
    "gate": Gate.build,
    "dummy": Dummy.build,
}

__all__ = [
    "TRIGGERS",
    "Asks",
    "At",
    "Detector",
    "Dummy",
    "EverySamples",
    "Gate",
    "Never",
    "Periodic",
    "Poisson",
    "Setting",
    "Trigger",
]
