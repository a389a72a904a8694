"""Adaptation methods: how models on devices are kept fit. One paper, one file, one row of the table.

The table imports no torch; :mod:`agents.methods.making` builds a method.
"""

from __future__ import annotations

from agents.contract.component import Component, NoOptions
from agents.methods.baseline_options import DeviceFtHeadOptions, GroupFtOptions, StaticBalancedOptions
from agents.methods.cloud_ft_options import CloudFtOptions
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
}
