"""Options of the methods in which the cloud does the learning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from agents.contract.component import OptionError, option
from agents.contract.forms import Interval, Number, OneOf, PositiveNumber, PositiveTime, Share, Steps
from agents.methods.test_time.options import TentOptions

Sent = Annotated[int, Interval(ge=1, le=255)]


@dataclass(frozen=True)
class CloudRefreshOptions:
    """One head for all: labelled windows are pooled, and the cloud refits the head to them every so often."""

    window: Annotated[int, Interval(ge=1, le=1024)] = option(60, "labelled samples uploaded")
    every: PositiveTime = option(300.0, "time between two fits; the first request after it sees the new head")
    pool: Annotated[int, Interval(ge=1, le=65536)] = option(1024, "newest labelled samples, of all devices, fitted to")
    steps: Steps = option(60, "steps of Adam")
    rate: PositiveNumber = option(3e-3, "learning rate")
    start: Annotated[str, OneOf("base", "last")] = option("last", "head that a fit starts from")
    anchor: Number = option(0.0, "weight of the squared distance from the head that a fit starts from")
    replay: Annotated[float, Interval(ge=0, lt=1)] = option(0.0, "weight of the past in the loss")


@dataclass(frozen=True)
class ModelZooOptions:
    """A zoo of heads: a device gets the one that errs least on its labels; a better one that is fitted is added."""

    window: Annotated[int, Interval(ge=2, le=255)] = option(60, "labelled samples uploaded")
    size: Annotated[int, Interval(ge=2, le=64)] = option(16, "heads at most; the one longest unused makes room")
    groups: Annotated[int, Interval(ge=0, le=32)] = option(4, "heads from clusters of the past, there from the start")
    margin: Share = option(0.02, "accuracy that a new head must gain on labels it was not fitted to")
    steps: Steps = option(60, "steps of Adam")
    rate: PositiveNumber = option(3e-3, "learning rate")
    anchor: Number = option(0.01, "weight of the squared distance from the head that training starts from")

    def __post_init__(self) -> None:
        if self.groups >= self.size:
            raise OptionError(f"{self.groups} heads of the past and the base need a size of {self.groups + 1}", "size")


@dataclass(frozen=True)
class TeacherOptions:
    """What teaches students: a larger net in the cloud, which sees samples and the window that they came in."""

    hidden: Annotated[int, Interval(ge=1, le=1024)] = option(64, "units of the teacher")
    lessons: Steps = option(600, "steps of Adam that train the teacher on the past, each on new windows")


@dataclass(frozen=True)
class DistillOptions(TeacherOptions):
    """The cloud keeps a copy of each device's head, lets a teacher label its windows, and changes few weights."""

    window: Sent = option(60, "samples uploaded; their labels stay unknown")
    steps: Steps = option(60, "steps of Adam")
    rate: PositiveNumber = option(3e-3, "learning rate")
    share: Share = option(0.1, "weights that an update may change; one at least")
    which: Annotated[str, OneOf("steepest", "last")] = option(
        "steepest", "which ones: those with the steepest slopes, or the last in the head"
    )


@dataclass(frozen=True)
class CemaOptions(TeacherOptions):
    """Devices upload unsure, not hopeless, and new samples; the cloud distils a teacher into scales and shifts."""

    window: Sent = option(64, "newest samples of which some are uploaded")
    upload: Sent = option(16, "samples uploaded at most")
    filtered: bool = option(True, "the newest that teach something; otherwise the newest")
    low: Number = option(0.02, "entropy below which a sample teaches nothing, in logarithms of the classes")
    high: PositiveNumber = option(0.9, "entropy above which it is not to be trusted; 0.4 in the paper, of 1000 classes")
    redundant: Annotated[float, Interval(ge=0, le=1)] = option(
        0.95, "cosine with the mean prediction at which a sample is not new; 0.05 in the paper"
    )
    steps: Steps = option(10, "steps of Adam")
    rate: PositiveNumber = option(0.005, "learning rate")
    entropy: Number = option(1.0, "weight of the student's entropy beside the distance from the teacher")
    prior: Number = option(16.0, "samples that the statistics of the past count for beside those of a window")
    replay: Annotated[int, Interval(ge=0, le=1024)] = option(48, "samples sent before that are learnt from again")

    def __post_init__(self) -> None:
        if self.upload > self.window:
            raise OptionError(f"{self.upload} of {self.window} samples cannot be uploaded", "upload")


@dataclass(frozen=True)
class ColaOptions(TentOptions):
    """Devices share what they learn of domains: vectors that others weigh by likeness, without any gradient."""

    rate: Number = option(0.01, "learning rate; 0: devices only follow, in forward passes")
    vectors: Annotated[int, Interval(ge=1, le=32)] = option(8, "vectors that the cloud keeps, and sends")
    apart: PositiveNumber = option(0.1, "divergence of feature statistics at which domains differ")
    sharpness: PositiveNumber = option(5.0, "how fast weights fall with divergence d: softmax of 1 / (sharpness d)")
