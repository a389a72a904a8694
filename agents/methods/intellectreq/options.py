"""Options of IntellectReq."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from agents.contract.component import option, refuse_without_effect
from agents.contract.forms import Form, Interval, OneOf, PositiveNumber, Steps

#: What a gate may go by: the paper's two parts, nets that learn, together or apart, and what it is compared with.
LEARNT = ("both", "mistakes", "uncertainty")
BY = (*LEARNT, "random", "lof", "one_class_svm", "isolation_forest")


@dataclass(frozen=True)
class IntellectReqOptions:
    """A gate on the device around any adapter: it asks where the model that is there would err (arXiv 2302.07335)."""

    around: Annotated[Mapping[str, Any] | str, Form("adapter")] = option(
        "duet", "the adapter that is asked for updates"
    )
    by: Annotated[str, OneOf(*BY)] = option(
        "both",
        "what the gate goes by: mistakes that are expected and uncertainty, one of them alone, chance, or how strange "
        "the window is to one of three detectors of outliers",
    )
    width: Annotated[int, Interval(ge=1, le=1024)] = option(32, "width of the two nets of the gate")
    latent: Annotated[int, Interval(ge=1, le=256)] = option(16, "size of the latent vector of the distribution mapper")
    draws: Annotated[int, Interval(ge=2, le=255)] = option(10, "draws whose spread is the uncertainty")
    pairs: Annotated[int, Interval(ge=64, le=65536)] = option(
        16384, "pairs (window of the last request, window now) of the past that the gate learns from"
    )
    steps: Steps = option(3000, "training steps of each of its nets")
    rate: PositiveNumber = option(3e-3, "learning rate")

    def __post_init__(self) -> None:
        said = f"'by: {self.by}'"
        if self.by not in ("both", "uncertainty"):
            refuse_without_effect(self, said, "latent", "draws")
        if self.by not in LEARNT:
            refuse_without_effect(self, said, "width", "steps", "rate")

    @property
    def inner(self) -> dict[str, Any]:
        """The adapter as ``kind`` and options."""
        return {"kind": self.around} if isinstance(self.around, str) else dict(self.around)
