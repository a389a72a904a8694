"""Codecs: how tensors become bytes on a link. One row of the table each; the table imports no torch."""

from __future__ import annotations

from agents.contract.component import Component, NoOptions

#: Name in a scenario -> codec.
CODECS: dict[str, Component] = {
    "fp32": Component(NoOptions, "agents.codecs.dense:Fp32", summary="Four bytes a number."),
    "fp16": Component(NoOptions, "agents.codecs.dense:Fp16", summary="Two bytes a number."),
    "int8": Component(
        NoOptions, "agents.codecs.dense:Int8", summary="One byte a number and a scale for each tensor row."
    ),
}
