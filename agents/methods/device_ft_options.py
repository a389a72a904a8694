"""Options of fine-tuning on the device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from agents.contract.component import option
from agents.contract.forms import Interval, Number, OneOf, PositiveNumber, Steps


@dataclass(frozen=True)
class DeviceFtOptions:
    """Each device fits its head, or its whole net, to its own labels as they come; nothing is sent."""

    window: Annotated[int, Interval(ge=1, le=1024)] = option(60, "labelled samples that it learns from")
    learns: Annotated[str, OneOf("head", "all")] = option("head", "what is fitted: the head, or the whole net")
    rows: Annotated[str, OneOf("newest", "alike")] = option(
        "newest",
        "labelled samples that count: the newest; or of these those most alike to the newest unlabelled ones (IWMS)",
    )
    steps: Steps = option(20, "steps of Adam")
    rate: PositiveNumber = option(0.01, "learning rate")
    start: Annotated[str, OneOf("base", "device")] = option("base", "weights that learning starts from")
    anchor: Number = option(0.0, "weight of the squared distance from the base")
    ewc: Number = option(0.0, "weight of the squared distance from the base, by Fisher information of the past")
    replay: Annotated[float, Interval(ge=0, lt=1)] = option(0.0, "weight of the past in the loss, kept on the device")
    past_rows: Annotated[int, Interval(ge=1, le=4096)] = option(
        128, "rows of the past that are replayed, or give the information"
    )
