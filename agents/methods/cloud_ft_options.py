"""Options of labelled fine-tuning in the cloud."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from agents.contract.component import OptionError, option
from agents.contract.forms import Count, Interval, Number, OneOf, PositiveNumber, Steps


@dataclass(frozen=True)
class CloudFtOptions:
    """Labelled windows go up, the cloud fine-tunes a head for each device, the head comes down."""

    window: Annotated[int, Interval(ge=1, le=1024)] = option(60, "labelled samples uploaded")
    memory: Count = option(0, "labelled samples of each device that the cloud keeps and trains on; 0: the window alone")
    replay: Annotated[float, Interval(ge=0, lt=1)] = option(0.0, "weight of the past in the loss, beside the device's")
    steps: Steps = option(60, "steps of Adam")
    rate: PositiveNumber = option(3e-3, "learning rate")
    start: Annotated[str, OneOf("base", "last")] = option(
        "base", "head that training starts from: the base, or the last one that the cloud made for the device"
    )
    anchor: Number = option(0.01, "weight of the squared distance from the head that training starts from")
    allocation: Annotated[str, OneOf("fair", "profiled")] = option(
        "fair", "of the steps that a batch has: as many for each device, or by what short trials promise"
    )
    trial: Count = option(0, "steps of each trial, of those that its device has; 0: a fifth of them, if profiled")

    def __post_init__(self) -> None:
        if self.allocation == "profiled" and self.start != "last":
            raise OptionError("a device that gets no steps keeps its head: 'profiled' needs 'start: last'", "start")
        if self.allocation == "profiled" and not 0 < self.tried < self.steps:
            raise OptionError(f"a trial must have a step and leave some of {self.steps} for training", "trial")
        if self.allocation == "fair" and self.trial:
            raise OptionError("nothing is tried where every device gets as many steps; write 0", "trial")
        if 0 < self.memory < self.window:
            raise OptionError(f"{self.memory} is less than one window of {self.window}", "memory")

    @property
    def tried(self) -> int:
        """Steps of each trial."""
        return self.trial or self.steps // 5
