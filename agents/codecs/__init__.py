"""Codecs: how tensors become bytes on a link, what is left of them on arrival, and what both ends remember.

One row of the table each; the table imports no torch. One that needs ``differences`` leaves so much out that only
numbers which add up over time arrive in the end; one that ``sees`` the seed draws random numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.codecs.options import (
    CodebookOptions,
    DeltaOptions,
    Int4Options,
    LowRankOptions,
    OneBitOptions,
    RandomKOptions,
    TopKOptions,
)
from agents.contract.component import Component, NoOptions

#: `remembers`: a message depends on those sent before it; but not where options are as in `forgets`.
_REMEMBERS: Mapping[str, Any] = {"remembers": True}
_FEEDS_BACK: Mapping[str, Any] = {**_REMEMBERS, "forgets": {"feedback": False}}
_DRAWS: Mapping[str, Any] = {"sees": ("seed",), **_REMEMBERS}
_DIFFERENCES = frozenset({"differences"})

#: Name in a scenario -> codec that writes numbers; within ``delta`` it writes differences.
NUMBERS: dict[str, Component] = {
    "fp32": Component(NoOptions, "agents.codecs.dense:Fp32", summary="Four bytes a number."),
    "fp16": Component(NoOptions, "agents.codecs.dense:Fp16", summary="Two bytes a number."),
    "bf16": Component(
        NoOptions, "agents.codecs.dense:Bf16", summary="Two bytes a number: the range of fp32, three digits."
    ),
    "int8": Component(
        NoOptions, "agents.codecs.dense:Int8", summary="One byte a number and a scale for each tensor row."
    ),
    "int4": Component(
        Int4Options,
        "agents.codecs.int4:Int4",
        paper="Alistarh et al., NeurIPS 2017",
        traits={**_DRAWS, "forgets": {"rounding": "nearest"}},
    ),
    "rice": Component(
        NoOptions,
        "agents.codecs.rice:Rice",
        paper="Rice, JPL Publication 79-22, 1979",
        summary="int8 in an entropy code: sizes depend on the data.",
        traits={"sizes from data": True},
    ),
    "codebook": Component(
        CodebookOptions,
        "agents.codecs.codebook:Codebook",
        paper="Lloyd, IEEE Trans. Information Theory 28, 1982",
    ),
    "topk": Component(
        TopKOptions,
        "agents.codecs.topk:topk",
        paper="Stich, Cordonnier and Jaggi, NeurIPS 2018",
        needs=_DIFFERENCES,
        quick={"share": 0.1},
        traits=_FEEDS_BACK,
    ),
    "random_k": Component(
        RandomKOptions,
        "agents.codecs.random_k:random_k",
        paper="Stich, Cordonnier and Jaggi, NeurIPS 2018",
        needs=_DIFFERENCES,
        quick={"share": 0.1},
        traits=_DRAWS,
    ),
    "one_bit": Component(
        OneBitOptions,
        "agents.codecs.one_bit:one_bit",
        paper="Seide et al., Interspeech 2014",
        needs=_DIFFERENCES,
        traits=_FEEDS_BACK,
    ),
    "low_rank": Component(
        LowRankOptions,
        "agents.codecs.low_rank:low_rank",
        paper="PowerSGD, NeurIPS 2019",
        needs=_DIFFERENCES,
        quick={"rank": 1},
        traits={**_DRAWS, **_FEEDS_BACK},
    ),
}
#: Name in a scenario -> codec.
CODECS: dict[str, Component] = {
    **NUMBERS,
    "delta": Component(DeltaOptions, "agents.codecs.delta:Delta", paper="EF21, NeurIPS 2021", traits=_DRAWS),
}
