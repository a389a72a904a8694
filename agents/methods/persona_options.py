"""Options of persona."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from agents.contract.component import option
from agents.contract.forms import Interval, Number, OneOf, PositiveCount, PositiveNumber, Share, Steps


@dataclass(frozen=True)
class PersonaOptions:
    """Unlabelled windows go up, an edit of the head comes down (arXiv 2509.06552, with corrections)."""

    window: Annotated[int, Interval(ge=1, le=255)] = option(16, "samples uploaded")
    tau: PositiveNumber = option(0.5, "bound of every element of an edit")
    transfer: Annotated[str, OneOf("linear", "gru")] = option("linear", "codes across layers")
    pooling: Annotated[str, OneOf("mean_std", "gru")] = option("mean_std", "of a window")
    prototypes: Annotated[int, Interval(ge=1, le=256)] = option(16, "number of prototype heads")
    reply: Annotated[str, OneOf("edit", "prototype")] = option("edit", "what comes down")
    resident: bool = option(True, "devices keep the first prototypes; else each reply brings its own")
    hysteresis: Number = option(0.1, "a new prototype has to be this share closer")
    refine: Share = option(0.01, "rate of refining prototypes by what is served; 0: none")
    refine_step: Number = option(0.1, "bound of one refinement")
    publish_every: PositiveCount = option(100, "refinements between versions of a prototype")
    code: Annotated[int, Interval(ge=1, le=1024)] = option(32, "size of a code")
    width: Annotated[int, Interval(ge=1, le=4096)] = option(64, "width of the window encoder")
    stale: Share = option(0.1, "share of training windows that straddle a change of the world")
    noise: Number = option(0.15, "deviation of noise on features while the adapter is trained")
    steps: Steps = option(2000, "training steps of the adapter before t = 0")
    rate: PositiveNumber = option(3e-3, "learning rate of the adapter")
