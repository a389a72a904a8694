"""Codecs: how tensors become bytes on a link, what is left of them on arrival, and what both ends remember.

One row of the table each; the table imports no torch.
"""

from __future__ import annotations

from agents.codecs.options import DeltaOptions, TopKOptions
from agents.contract.component import Component, NoOptions

#: Name in a scenario -> codec.
CODECS: dict[str, Component] = {
    "fp32": Component(NoOptions, "agents.codecs.dense:Fp32", summary="Four bytes a number."),
    "fp16": Component(NoOptions, "agents.codecs.dense:Fp16", summary="Two bytes a number."),
    "int8": Component(
        NoOptions, "agents.codecs.dense:Int8", summary="One byte a number and a scale for each tensor row."
    ),
    "rice": Component(
        NoOptions,
        "agents.codecs.rice:Rice",
        paper="Rice, JPL Publication 79-22, 1979",
        summary="int8 in an entropy code: sizes depend on the data.",
    ),
    "topk": Component(
        TopKOptions,
        "agents.codecs.topk:topk",
        paper="Stich, Cordonnier and Jaggi, NeurIPS 2018",
        quick={"share": 0.1},
    ),
    "delta": Component(DeltaOptions, "agents.codecs.delta:Delta"),
}
