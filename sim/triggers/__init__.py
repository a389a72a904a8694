"""Triggers: when a device asks for an update. One file and one row of the table each.

A trigger is built from the seed, the number of devices, the length of a tick [s], and its options.
"""

from __future__ import annotations

from agents.contract.component import Component, NoOptions
from sim.triggers.at import AtOptions
from sim.triggers.every_samples import EverySamplesOptions
from sim.triggers.periodic import PeriodicOptions
from sim.triggers.poisson import PoissonOptions

#: Name in a scenario -> trigger.
TRIGGERS: dict[str, Component] = {
    "never": Component(
        NoOptions, "sim.triggers.never:Never", gives=frozenset({"silence"}), summary="Devices never ask."
    ),
    "periodic": Component(PeriodicOptions, "sim.triggers.periodic:Periodic", quick={"every": 60.0}),
    "poisson": Component(PoissonOptions, "sim.triggers.poisson:Poisson", quick={"rate": 0.02}),
    "at": Component(AtOptions, "sim.triggers.at:At", quick={"times": [0.0, 60.0]}),
    "every_samples": Component(
        EverySamplesOptions,
        "sim.triggers.every_samples:EverySamples",
        needs=frozenset({"task"}),
        quick={"n": 20},
    ),
}
