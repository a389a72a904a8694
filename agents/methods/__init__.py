"""Adaptation methods: how models on devices are kept fit. One paper, one file, one row of the table.

The table imports no torch; :mod:`agents.methods.making` builds a method.
"""

from __future__ import annotations

from agents.contract.component import Component, NoOptions
from agents.methods.apg.options import ApgOptions
from agents.methods.assisted.by_cause_options import ByCauseOptions
from agents.methods.assisted.options import (
    CemaOptions,
    CloudRefreshOptions,
    ColaOptions,
    DistillOptions,
    ModelZooOptions,
)
from agents.methods.baseline_options import DeviceFtHeadOptions, GroupFtOptions, StaticBalancedOptions
from agents.methods.cdc_mmpg.options import CdcMmpgOptions
from agents.methods.cloud_ft_options import CloudFtOptions
from agents.methods.device_ft_options import DeviceFtOptions
from agents.methods.dpu.options import DpuOptions
from agents.methods.duet.options import DuetOptions, MetaNetworkOptions
from agents.methods.federated.methods import FEDERATED
from agents.methods.first_aid_options import FirstAidOptions
from agents.methods.intellectreq.options import IntellectReqOptions
from agents.methods.lsc4rec.options import Lsc4RecOptions
from agents.methods.persona.options import PersonaOptions
from agents.methods.solid.options import SolidOptions
from agents.methods.test_time.options import (
    BnAdaptOptions,
    EataOptions,
    FoaOptions,
    LameOptions,
    RdumbOptions,
    SarOptions,
    T3aOptions,
    TentOptions,
    ZoaOptions,
)

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
        gives=frozenset({"update differences"}),
        quick={"steps": 40, "group_steps": 10, "prototypes": 4, "window": 8},
    ),
    "duet": Component(
        DuetOptions,
        "agents.methods.duet.method:Duet",
        paper="Lv et al., DUET, WWW 2023, arXiv 2209.05227",
        needs=frozenset({"task"}),
        quick={"steps": 40, "window": 8},
    ),
    "metanetwork": Component(
        MetaNetworkOptions,
        "agents.methods.duet.method:MetaNetwork",
        paper="Lv et al., first version of DUET, arXiv 2209.05227",
        needs=frozenset({"task"}),
        quick={"steps": 40, "window": 8},
    ),
    "apg": Component(
        ApgOptions,
        "agents.methods.apg.method:Apg",
        paper="Yan et al., APG, NeurIPS 2022, arXiv 2203.16218",
        needs=frozenset({"task"}),
        quick={"steps": 40, "window": 8},
    ),
    "solid": Component(
        SolidOptions,
        "agents.methods.solid.method:Solid",
        paper="Lv et al., SOLID, ACM MM 2024, arXiv 2408.00123",
        needs=frozenset({"task"}),
        quick={"steps": 40, "window": 8, "codes": 16},
    ),
    "cdc_mmpg": Component(
        CdcMmpgOptions,
        "agents.methods.cdc_mmpg.method:CdcMmpg",
        paper="Ji et al., ACM TOMM 21(2), 2025, arXiv 2406.01601",
        needs=frozenset({"task"}),
        quick={"steps": 40, "window": 8},
    ),
    "intellectreq": Component(
        IntellectReqOptions,
        "agents.methods.intellectreq.method:IntellectReq",
        paper="Lv et al., IntellectReq, WWW 2024, arXiv 2302.07335",
        needs=frozenset({"task"}),
        gives=frozenset({"gate"}),
        quick={"around": {"kind": "duet", "steps": 40, "window": 8}, "pairs": 128, "steps": 20},
    ),
    "lsc4rec": Component(
        Lsc4RecOptions,
        "agents.methods.lsc4rec.method:Lsc4Rec",
        paper="Lv et al., LSC4Rec, KDD 2025, arXiv 2501.05647",
        needs=frozenset({"task", "items"}),
        gives=frozenset({"gate"}),
        quick={"steps": 5, "candidates": 8, "large_width": 16, "large_layers": 1},
    ),
    "dpu": Component(
        DpuOptions,
        "agents.methods.dpu.method:Dpu",
        paper="Li et al., DPU, CVPR 2025, arXiv 2411.08227",
        needs=frozenset({"task", "learning", "classes"}),
        gives=frozenset({"silence"}),
        quick={"window": 12, "epochs": 1},
    ),
    "cloud_refresh": Component(
        CloudRefreshOptions,
        "agents.methods.assisted.cloud_refresh:CloudRefresh",
        needs=frozenset({"task", "labels"}),
        quick={"steps": 5, "pool": 64},
    ),
    "model_zoo": Component(
        ModelZooOptions,
        "agents.methods.assisted.model_zoo:ModelZoo",
        paper="Khani et al. (RECL), NSDI 2023",
        needs=frozenset({"task", "labels", "classes"}),
        quick={"steps": 5, "groups": 2, "size": 5},
    ),
    "distill": Component(
        DistillOptions,
        "agents.methods.assisted.distill:Distill",
        paper="Khani et al. (AMS), ICCV 2021",
        needs=frozenset({"task", "classes"}),
        quick={"steps": 5, "lessons": 10, "hidden": 16},
    ),
    "cema": Component(
        CemaOptions,
        "agents.methods.assisted.cema:Cema",
        paper="Chen et al., ICLR 2024",
        needs=frozenset({"task", "classes"}),
        quick={"steps": 3, "lessons": 10, "hidden": 16, "window": 20, "upload": 8},
    ),
    "cola": Component(
        ColaOptions,
        "agents.methods.assisted.cola:Cola",
        paper="Chen et al., NeurIPS 2024",
        needs=frozenset({"task", "classes", "learning"}),
        quick={"window": 12, "vectors": 3},
    ),
    "by_cause": Component(
        ByCauseOptions,
        "agents.methods.assisted.by_cause:ByCause",
        paper="Hao et al. (Nazar), ASPLOS 2025, arXiv 2305.07772",
        needs=frozenset({"task", "classes"}),
        quick={"window": 20, "upload": 8, "pool": 64, "steps": 3, "every": 10.0},
    ),
    **FEDERATED,
    "bn_adapt": Component(
        BnAdaptOptions,
        "agents.methods.test_time.bn_adapt:BnAdapt",
        paper="Schneider et al., NeurIPS 2020, arXiv 2006.16971",
        needs=frozenset({"task", "learning", "classes"}),
        gives=frozenset({"silence"}),
        quick={"window": 12},
    ),
    "tent": Component(
        TentOptions,
        "agents.methods.test_time.tent:Tent",
        paper="Wang et al., ICLR 2021, arXiv 2006.10726",
        needs=frozenset({"task", "learning", "classes"}),
        gives=frozenset({"silence"}),
        quick={"window": 12},
    ),
    "eata": Component(
        EataOptions,
        "agents.methods.test_time.eata:Eata",
        paper="Niu et al., ICML 2022, arXiv 2204.02610",
        needs=frozenset({"task", "learning", "classes"}),
        gives=frozenset({"silence"}),
        quick={"window": 12, "fisher_rows": 32},
    ),
    "sar": Component(
        SarOptions,
        "agents.methods.test_time.sar:Sar",
        paper="Niu et al., ICLR 2023, arXiv 2302.12400",
        needs=frozenset({"task", "learning", "classes"}),
        gives=frozenset({"silence"}),
        quick={"window": 12},
    ),
    "rdumb": Component(
        RdumbOptions,
        "agents.methods.test_time.rdumb:Rdumb",
        paper="Press et al., NeurIPS 2023, arXiv 2306.05401",
        needs=frozenset({"task", "learning", "classes"}),
        gives=frozenset({"silence"}),
        quick={"window": 12, "every": 3},
    ),
    "t3a": Component(
        T3aOptions,
        "agents.methods.test_time.t3a:T3a",
        paper="Iwasawa and Matsuo, NeurIPS 2021",
        needs=frozenset({"task", "learning", "classes"}),
        gives=frozenset({"silence"}),
        quick={"window": 12, "supports": 4},
        traits={"own_start": True},
    ),
    "lame": Component(
        LameOptions,
        "agents.methods.test_time.lame:Lame",
        paper="Boudiaf et al., CVPR 2022, arXiv 2201.05718",
        needs=frozenset({"task", "learning", "classes"}),
        gives=frozenset({"silence"}),
        quick={"window": 12},
    ),
    "foa": Component(
        FoaOptions,
        "agents.methods.test_time.foa:Foa",
        paper="Niu et al., ICML 2024, arXiv 2404.01650",
        needs=frozenset({"task", "learning", "classes"}),
        gives=frozenset({"silence"}),
        quick={"window": 12, "population": 4},
    ),
    "zoa": Component(
        ZoaOptions,
        "agents.methods.test_time.zoa:Zoa",
        paper="Deng et al., 2025 (domain memory left out); Spall, IEEE TAC 37, 1992",
        needs=frozenset({"task", "learning", "classes"}),
        gives=frozenset({"silence"}),
        quick={"window": 12},
    ),
    "device_ft": Component(
        DeviceFtOptions,
        "agents.methods.device_ft:DeviceFt",
        paper="Kirkpatrick et al., PNAS 2017 (EWC); Csaba et al., NeurIPS 2024 (IWMS)",
        needs=frozenset({"task", "labels", "learning"}),
        gives=frozenset({"silence"}),
        quick={"window": 12, "steps": 3},
    ),
    "first_aid_then_cloud": Component(
        FirstAidOptions,
        "agents.methods.first_aid_then_cloud:FirstAidThenCloud",
        needs=frozenset({"task", "learning", "classes"}),
        quick={"window": 12},
    ),
}

#: What a gate may stand around: adapters whose devices ask, each for itself.
ASKING: dict[str, Component] = {
    name: row
    for name, row in METHODS.items()
    if name not in ("intellectreq", "lsc4rec") and "silence" not in row.gives and "rounds" not in row.needs
}
