"""The federated rows of the table of methods; it imports no torch."""

from __future__ import annotations

from agents.contract.component import Component
from agents.methods.federated.options import (
    DriftGuardOptions,
    FedAsyncOptions,
    FedAvgOptions,
    FedBuffOptions,
    FedDriftOptions,
    FedProtoOptions,
    FedProxOptions,
    FedRepOptions,
    IfcaOptions,
    ScaffoldOptions,
)

#: Name in a scenario -> method.
FEDERATED: dict[str, Component] = {
    "fedavg": Component(
        FedAvgOptions,
        "agents.methods.federated.fedavg:FedAvg",
        paper="McMahan et al., AISTATS 2017, arXiv 1602.05629",
        needs=frozenset({"task", "labels", "rounds"}),
        quick={"window": 12, "steps": 3},
    ),
    "fedprox": Component(
        FedProxOptions,
        "agents.methods.federated.fedavg:FedProx",
        paper="Li et al., MLSys 2020, arXiv 1812.06127",
        needs=frozenset({"task", "labels", "rounds"}),
        quick={"window": 12, "steps": 3},
    ),
    "scaffold": Component(
        ScaffoldOptions,
        "agents.methods.federated.scaffold:Scaffold",
        paper="Karimireddy et al., ICML 2020, arXiv 1910.06378",
        needs=frozenset({"task", "labels", "rounds"}),
        quick={"window": 12, "steps": 3},
    ),
    "fedasync": Component(
        FedAsyncOptions,
        "agents.methods.federated.fedasync:FedAsync",
        paper="Xie et al., 2019, arXiv 1903.03934",
        needs=frozenset({"task", "labels", "learning"}),
        quick={"window": 12, "steps": 3},
    ),
    "fedbuff": Component(
        FedBuffOptions,
        "agents.methods.federated.fedasync:FedBuff",
        paper="Nguyen et al., AISTATS 2022, arXiv 2106.06639",
        needs=frozenset({"task", "labels", "learning"}),
        quick={"window": 12, "steps": 3, "buffer": 4},
    ),
    "fedproto": Component(
        FedProtoOptions,
        "agents.methods.federated.fedproto:FedProto",
        paper="Tan et al., AAAI 2022, arXiv 2105.00243",
        needs=frozenset({"task", "labels", "classes", "rounds", "layers"}),
        quick={"window": 12, "steps": 3},
    ),
    "fedrep": Component(
        FedRepOptions,
        "agents.methods.federated.fedrep:FedRep",
        paper="Collins et al., ICML 2021, arXiv 2102.07078",
        needs=frozenset({"task", "labels", "rounds", "layers"}),
        quick={"window": 12, "steps": 3, "own_steps": 2},
    ),
    "ifca": Component(
        IfcaOptions,
        "agents.methods.federated.ifca:Ifca",
        paper="Ghosh et al., NeurIPS 2020, arXiv 2006.04088",
        needs=frozenset({"task", "labels", "rounds"}),
        quick={"window": 12, "steps": 3},
    ),
    "feddrift": Component(
        FedDriftOptions,
        "agents.methods.federated.feddrift:FedDrift",
        paper="Jothimurugesan et al., AISTATS 2023, arXiv 2206.00799",
        needs=frozenset({"task", "labels", "rounds"}),
        quick={"window": 12, "steps": 3},
    ),
    "driftguard": Component(
        DriftGuardOptions,
        "agents.methods.federated.driftguard:DriftGuard",
        paper="DriftGuard, 2026, arXiv 2603.18872",
        needs=frozenset({"task", "labels", "classes", "rounds", "layers"}),
        quick={"window": 12, "steps": 3},
    ),
}
