"""Options of CDC-MMPG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from agents.contract.component import OptionError, option, refuse_without_effect
from agents.contract.forms import Number, OneOf, Share, Sizes
from agents.methods.generated_options import GeneratedOptions


@dataclass(frozen=True)
class CdcMmpgOptions(GeneratedOptions):
    """One sample of the window goes up; the cloud reasons how all are distributed, and generates a head for that."""

    uplink: Annotated[str, OneOf("anchor", "window")] = option(
        "anchor", "what goes up: the features of one sample, or of all, whose distribution then needs no reasoning"
    )
    anchor: Annotated[str, OneOf("medoid", "newest", "oldest")] = option(
        "medoid", "the sample that is sent: the one nearest to all others, the newest or the oldest"
    )
    reasoner: Annotated[str, OneOf("gaussian", "none")] = option(
        "gaussian", "what is made of the anchor: mean and deviation of each feature of the window; none: itself alone"
    )
    reason: Number = option(0.1, "weight of the distance to the window's real distribution while it is trained")
    views: Sizes | None = option(
        None, "columns of the trunk's features that each view has; default: as the net has them, else one view"
    )
    missing: Share = option(0.1, "share of training windows, and what follows them, that lack one of several views")

    def __post_init__(self) -> None:
        if self.pooling != "mean_std":
            raise OptionError("samples are pooled by mean and deviation here; leave it out", "pooling")
        if self.uplink == "window":
            refuse_without_effect(self, "'uplink: window': what was sent needs no reasoning", "reasoner", "reason")
        if self.reasoner == "none":
            refuse_without_effect(self, "'reasoner: none'", "reason")
