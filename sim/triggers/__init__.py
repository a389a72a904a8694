"""Triggers: when a device asks for an update. One file and one row of the table each.

A trigger is built from the seed, the number of devices, the length of a tick [s], and its options.
"""

from __future__ import annotations

from agents.contract.component import Component, NoOptions
from sim.triggers.at import AtOptions
from sim.triggers.detector import DetectorOptions
from sim.triggers.dummy import DummyOptions
from sim.triggers.every_samples import EverySamplesOptions
from sim.triggers.gate import GateOptions
from sim.triggers.periodic import PeriodicOptions
from sim.triggers.poisson import PoissonOptions
from sim.triggers.rounds import RoundsOptions
from sim.triggers.token_bucket import TokenBucketOptions

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
    "detector": Component(
        DetectorOptions,
        "sim.triggers.detector:Detector",
        needs=frozenset({"task"}),
        quick={"signal": "entropy", "detector": {"kind": "page_hinkley"}},
    ),
    "gate": Component(
        GateOptions,
        "sim.triggers.gate:Gate",
        paper="IntellectReq, arXiv 2302.07335",
        needs=frozenset({"task"}),
        quick={"threshold": 0.5},
    ),
    "dummy": Component(DummyOptions, "sim.triggers.dummy:Dummy", quick={"rate": 0.01}, traits={"sees": ("duration",)}),
    "token_bucket": Component(
        TokenBucketOptions, "sim.triggers.token_bucket:TokenBucket", quick={"asks": 2, "per": 60.0}
    ),
    "rounds": Component(
        RoundsOptions,
        "sim.triggers.rounds:Rounds",
        needs=frozenset({"task", "rounds"}),
        quick={"every": 60.0, "cohort_size": 5},
    ),
}
