"""Options of labelled fine-tuning in the cloud."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from agents.contract.component import option
from agents.contract.forms import Interval, Number, OneOf, PositiveNumber, Steps


@dataclass(frozen=True)
class CloudFtOptions:
    """Labelled windows go up, the cloud fine-tunes the device's head, the head comes down.

    The defaults were tuned on the streams of a world (seed 1001) on which no claim is made.
    """

    window: Annotated[int, Interval(ge=1, le=1024)] = option(120, "labelled samples uploaded")
    steps: Steps = option(30, "steps of Adam")
    rate: PositiveNumber = option(3e-3, "learning rate")
    start: Annotated[str, OneOf("base", "device")] = option("device", "head that training starts from")
    anchor: Number = option(0.0, "weight of the squared distance from the starting head")
