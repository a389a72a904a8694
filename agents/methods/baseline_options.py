"""Options of the plain baselines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from agents.contract.component import option
from agents.contract.forms import Interval, Number, OneOf, PositiveNumber, Share, Steps


@dataclass(frozen=True)
class StaticBalancedOptions:
    """The base model, its head refitted to all contexts of the past alike; never updated."""

    steps: Steps = option(4400, "training steps, as many and of as many labelled samples as adapters are trained with")
    rate: PositiveNumber = option(3e-3, "learning rate, fading to zero")
    noise: Number = option(0.15, "deviation of noise on features while it is trained")


@dataclass(frozen=True)
class DeviceFtHeadOptions:
    """Each device fits its own head to its own labels; nothing is sent."""

    window: Annotated[int, Interval(ge=1, le=1024)] = option(120, "labelled samples that it learns from")
    steps: Steps = option(60, "steps of Adam")
    rate: PositiveNumber = option(3e-3, "learning rate")
    start: Annotated[str, OneOf("base", "device")] = option("base", "head that learning starts from")
    anchor: Number = option(0.01, "weight of the squared distance from that head")
    replay: Annotated[float, Interval(ge=0, lt=1)] = option(0.0, "weight of the past in the loss, kept on the device")


@dataclass(frozen=True)
class GroupFtOptions:
    """The base fine-tuned on clusters of the past; a window's mean and spread choose one. No generator, no labels."""

    window: Annotated[int, Interval(ge=1, le=255)] = option(16, "samples whose mean and spread are sent")
    groups: Annotated[int, Interval(ge=1, le=256)] = option(16, "clusters, and heads")
    reply: Annotated[str, OneOf("number", "head")] = option(
        "number", "what comes down: the number of a head that devices keep, or the head"
    )
    steps: Steps = option(60, "steps of Adam on each cluster")
    rate: PositiveNumber = option(3e-3, "learning rate")
    anchor: Number = option(1e-3, "weight of the squared distance from the base head")
    replay: Annotated[float, Interval(ge=0, lt=1)] = option(0.0, "weight of the whole past in the loss of each cluster")
    noise: Number = option(0.15, "deviation of noise on features while heads are fitted")
    stale: Share = option(0.0, "share of the past's windows that straddle a change of the world")
