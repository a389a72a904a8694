"""Options that all methods share whose cloud generates parameters from a window without labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from agents.contract.component import option
from agents.contract.forms import Interval, Number, OneOf, PositiveNumber, PositiveTime, Share, Steps


@dataclass(frozen=True)
class GeneratedOptions:
    """Windows go up, generated parameters come down; steps are all those of persona, groups included."""

    window: Annotated[int, Interval(ge=1, le=255)] = option(16, "samples uploaded")
    uplink: Annotated[str, OneOf("features", "ids", "raw")] = option(
        "features", "what a sample is sent as: features of the trunk, ids of the latest clicks, or its raw input"
    )
    pooling: Annotated[str, OneOf("mean_std", "gru")] = option("mean_std", "of a window; gru: in the order of arrival")
    code: Annotated[int, Interval(ge=1, le=1024)] = option(32, "size of a code")
    width: Annotated[int, Interval(ge=1, le=4096)] = option(64, "width of the window encoder")
    stale: Share = option(0.1, "share of training windows that straddle a change of the world")
    noise: Number = option(0.15, "deviation of noise on features while the network is trained")
    steps: Steps = option(4400, "training steps")
    rate: PositiveNumber = option(3e-3, "learning rate")
    expires: PositiveTime | None = option(
        None, "how long parameters stay in force; then the device goes back to those that it began with"
    )
