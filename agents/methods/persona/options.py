"""Options of persona, and which of them have an effect together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from agents.contract.component import OptionError, option, refuse_without_effect
from agents.contract.forms import Interval, Number, OneOf, PositiveCount, PositiveNumber, PositiveTime, Share, Steps


@dataclass(frozen=True)
class PersonaOptions:
    """Unlabelled windows go up; a prototype and an edit of the head come down (arXiv 2509.06552, with corrections)."""

    window: Annotated[int, Interval(ge=1, le=255)] = option(16, "samples uploaded")
    uplink: Annotated[str, OneOf("features", "ids", "raw")] = option(
        "features", "what a sample is sent as: features of the trunk, ids of the latest clicks, or its raw input"
    )
    form: Annotated[str, OneOf("edit", "generate")] = option(
        "edit", "edit: added to a prototype, bounded; generate: a whole head, no prototypes"
    )
    tau: PositiveNumber = option(0.5, "bound of every element of an edit")
    transfer: Annotated[str, OneOf("gru", "linear")] = option("gru", "codes across layers; linear: no transfer")
    pooling: Annotated[str, OneOf("mean_std", "gru")] = option("mean_std", "of a window")
    prototypes: Annotated[int, Interval(ge=1, le=255)] = option(16, "number of prototype heads")
    prototype_from: Annotated[str, OneOf("mean_edit", "fine_tuned", "centre")] = option(
        "mean_edit", "the mean edit of a cluster, the base fine-tuned on it, or the edit that its centre calls for"
    )
    adapters: Annotated[str, OneOf("group", "single")] = option(
        "group", "an adapter for each prototype, trained on it, or a single one"
    )
    assign: Annotated[str, OneOf("nearest", "smallest_edit")] = option(
        "nearest", "the prototype whose centre is nearest, or the one that needs the smallest edit"
    )
    hysteresis: Share = option(0.1, "a new prototype has to be this share closer")
    reply: Annotated[str, OneOf("edit", "code", "number")] = option(
        "edit", "what comes down: the edit, the codes that generate it on the device, or the prototype's number alone"
    )
    brings: Annotated[str, OneOf("never", "when_changed", "always")] = option(
        "never", "when a reply brings the refined prototype along; never: devices keep the first ones"
    )
    refine: Share = option(0.01, "rate of refining prototypes by what is served; 0: none")
    refine_step: Number = option(0.1, "bound of one refinement")
    publish_every: PositiveCount = option(100, "refinements between versions of a prototype")
    expires: PositiveTime | None = option(None, "how long an edit stays in force; then its prototype is used alone")
    gate: Share = option(0.0, "share of the past's windows that fits worst: such windows get no edit; 0: none")
    code: Annotated[int, Interval(ge=1, le=1024)] = option(32, "size of a code")
    width: Annotated[int, Interval(ge=1, le=4096)] = option(64, "width of the window encoder")
    rank: Annotated[int, Interval(ge=0, le=1024)] = option(
        0, "rank of the edits of a layer, which heads of many weights need; 0: full"
    )
    stale: Share = option(0.1, "share of training windows that straddle a change of the world")
    noise: Number = option(0.15, "deviation of noise on features while the adapter is trained")
    steps: Steps = option(2000, "training steps of the first adapter")
    group_steps: Annotated[int, Interval(ge=0)] = option(150, "further steps on each prototype")
    rate: PositiveNumber = option(3e-3, "learning rate of the first adapter")

    def __post_init__(self) -> None:
        if self.adapters == "single" and self.assign == "smallest_edit":
            raise OptionError("'adapters: single' makes the same edit on all prototypes; write 'nearest'", "assign")
        for said, names in self._without_effect():
            refuse_without_effect(self, said, *names)

    def _without_effect(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return settings of which others are without effect, and their names."""
        found: list[tuple[str, tuple[str, ...]]] = []
        if self.form == "generate":
            found.append(("'form: generate', which has no prototypes", _OF_PROTOTYPES))
        if self.brings == "never":
            found.append(("'brings: never': no refined head reaches a device", ("refine_step", "publish_every")))
        if self.reply != "number" and self.expires is None and not self.gate:
            said = f"'reply: {self.reply}' unless that expires or has a gate: an edit makes up for what has moved"
            found.append((said, ("brings",)))
        if not self.refine:
            found.append(("'refine: 0'", ("brings", "refine_step", "publish_every")))
        if self.reply == "number":
            found.append(("'reply: number', which carries no edit", ("expires", "gate")))
        if not self.edits_served:
            found.append(("'reply: number' and 'assign: nearest': no edit is made", ("adapters", "group_steps")))
        return found

    @property
    def edits_served(self) -> bool:
        """Whether edits are made once devices are served."""
        return self.reply != "number" or self.assign == "smallest_edit" or self.brings != "never"


_OF_PROTOTYPES = (
    "tau",
    "prototypes",
    "prototype_from",
    "adapters",
    "assign",
    "hysteresis",
    "reply",
    "brings",
    "refine",
    "gate",
    "group_steps",
)
