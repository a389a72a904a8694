"""Options of SOLID."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from agents.contract.component import option, refuse_without_effect
from agents.contract.forms import Interval, Number, OneOf
from agents.methods.generated_options import GeneratedOptions


@dataclass(frozen=True)
class SolidOptions(GeneratedOptions):
    """Codes of recent samples, or of the latest clicks, go up; a whole head comes down (arXiv 2408.00123).

    Of a net that ranks items, the window is the clicks before the newest decision.
    """

    uplink: Annotated[str, OneOf("codes", "whole")] = option(
        "codes", "what goes up: codes alone, or what they are made of, which the cloud codes itself and sees exactly"
    )
    codes: Annotated[int, Interval(ge=2, le=4096)] = option(
        64, "semantic codes; up to 255 of them take a byte each, more take two"
    )
    patch: Annotated[int, Interval(ge=0, le=256)] = option(
        0, "side of the patches of an image that get a code each; 0: one code for the features of a sample"
    )
    branch: Number = option(0.01, "bound of what the exact sequence adds to weights; 0: nothing")
    book: Annotated[str, OneOf("moving", "fixed", "none")] = option(
        "moving",
        "how the exact sequence enters: through a codebook that moves with what it stands for, through the clusters as "
        "they were found, or as it is",
    )

    def __post_init__(self) -> None:
        if not self.branch:
            refuse_without_effect(self, "'branch: 0': codes alone decide", "book")
