"""Adaptation methods: how models on devices are kept fit. One paper, one file, one row of the table.

The table imports no torch; :mod:`agents.methods.making` builds a method.
"""

from __future__ import annotations

from agents.contract.component import Component, NoOptions
from agents.methods.baseline_options import DeviceFtHeadOptions, GroupFtOptions, StaticBalancedOptions
from agents.methods.cloud_ft_options import CloudFtOptions
from agents.methods.federated.options import (
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
from agents.methods.persona.options import PersonaOptions

#: Name in a scenario -> method.
METHODS: dict[str, Component] = {
    "static": Component(
        NoOptions,
        "agents.methods.static:Static",
        gives=frozenset({"silence"}),
        summary="The pretrained model, never updated.",
    ),
    "static_balanced": Component(
        StaticBalancedOptions,
        "agents.methods.static_balanced:StaticBalanced",
        needs=frozenset({"task"}),
        gives=frozenset({"silence"}),
        quick={"steps": 40},
        traits={"own_start": True},
    ),
    "device_ft_head": Component(
        DeviceFtHeadOptions,
        "agents.methods.device_ft_head:DeviceFtHead",
        needs=frozenset({"task", "labels", "learning"}),
        gives=frozenset({"silence"}),
        quick={"steps": 5},
    ),
    "group_ft": Component(
        GroupFtOptions,
        "agents.methods.group_ft:GroupFt",
        needs=frozenset({"task"}),
        quick={"groups": 4, "window": 8, "steps": 10},
    ),
    "cloud_ft": Component(
        CloudFtOptions,
        "agents.methods.cloud_ft:CloudFt",
        needs=frozenset({"task", "labels"}),
        quick={"steps": 5},
    ),
    "persona": Component(
        PersonaOptions,
        "agents.methods.persona.method:Persona",
        paper="Persona, ACM MM 2025, arXiv 2509.06552",
        needs=frozenset({"task"}),
        quick={"steps": 40, "group_steps": 10, "prototypes": 4, "window": 8},
    ),
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
        needs=frozenset({"task", "labels", "classes", "rounds"}),
        quick={"window": 12, "steps": 3},
    ),
    "fedrep": Component(
        FedRepOptions,
        "agents.methods.federated.fedrep:FedRep",
        paper="Collins et al., ICML 2021, arXiv 2102.07078",
        needs=frozenset({"task", "labels", "rounds"}),
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
}
