"""Options of DPU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from agents.contract.component import option, refuse_without_effect
from agents.contract.forms import Interval, OneOf, Share, Sizes

#: Scores: the paper's prototypes, and what they are compared with.
SCORES = ("prototype", "msp", "energy", "knn", "mahalanobis", "vim")


@dataclass(frozen=True)
class DpuOptions:
    """Class prototypes on the device say how unlike the past a sample is: the signal ``score`` (arXiv 2411.08227)."""

    by: Annotated[str, OneOf(*SCORES)] = option(
        "prototype", "the score: distance in angle to the nearest prototype, or one that it is compared with"
    )
    moves: Annotated[str, OneOf("variance", "mean", "none")] = option(
        "variance", "how prototypes move: less where samples scatter, as a moving average, or not at all"
    )
    views: Sizes | None = option(
        None,
        "columns of the trunk's features that each view has; default: the net's own, else what enters the last layer",
    )
    window: Annotated[int, Interval(ge=1, le=1024)] = option(32, "newest samples that prototypes learn from")
    beta: Share = option(0.8, "share of a prototype that an update leaves")
    sure: Share = option(0.9, "probability above which a prediction counts as a label")
    epochs: Annotated[int, Interval(ge=1, le=1000)] = option(5, "passes over the past, in batches, before t = 0")
    near: Annotated[int, Interval(ge=1, le=100)] = option(10, "neighbours of 'by: knn'")

    def __post_init__(self) -> None:
        said = f"'by: {self.by}'"
        if self.by != "prototype":
            refuse_without_effect(self, f"{said}, which has no prototypes", "moves", "window", "beta", "sure", "epochs")
        if self.by != "knn":
            refuse_without_effect(self, said, "near")
        if self.moves == "none":
            refuse_without_effect(self, "'moves: none'", "beta", "window", "sure")
