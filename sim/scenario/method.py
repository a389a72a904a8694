"""``method``: how device models are kept fit, when devices ask, and how messages are coded."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from agents.codecs import CODECS
from sim.scenario.codec_fit import misfits
from sim.scenario.components import tagged_union
from sim.scenario.context import context_of
from sim.scenario.inner_method import Part, parts_of, rows_of
from sim.scenario.probe import ADAPTERS
from sim.scenario.quantities import Size, choice
from sim.scenario.sections import SectionModel, refuse
from sim.scenario.tagged_union import Chosen
from sim.triggers import TRIGGERS

_ADAPTER = tagged_union("adapter", ADAPTERS, plugins=-1)
_TRIGGER = tagged_union("trigger", TRIGGERS, plugins=3)
_CODEC = tagged_union("codec", CODECS, plugins=0)
Adapter = Annotated[Chosen, _ADAPTER]
Trigger = Annotated[Chosen, _TRIGGER]
Codec = Annotated[Chosen, _CODEC]


def _may_learn(part: Part) -> bool:
    """Return whether a method can learn on devices; a user's own may."""
    return part.row is None or bool({"learning", "rounds", "no task"} & part.row.needs)


class Learning(SectionModel):
    """Devices learn by themselves, in their own time (``fleet.compute.training_step``)."""

    trigger: Trigger = Field(description="when a device learns")
    requests: Annotated[str, choice("wait", "at_once")] = Field(
        default="wait",
        description="of a device that is learning: ask the cloud when that is done, or at once with the old model",
    )


class Sizes(SectionModel):
    """Bytes of messages as they would be of another net: what is sent and what it does stay as they are."""

    payload: Size | None = Field(default=None, description="of what goes up; default: what the method sends")
    update: Size | None = Field(default=None, description="of what comes down; default: what the method sends")


class Method(SectionModel):
    """Adapter, trigger and codec; any pairing works or is refused with a reason."""

    adapter: Adapter = Field(
        default=_ADAPTER.default("static"), description="how models are adapted; static never asks"
    )
    trigger: Trigger = Field(default=_TRIGGER.default("never"), description="when a device asks")
    codec: Codec = Field(default=_CODEC.default("fp32"), description="how numbers are coded")
    update_codec: Codec | None = Field(
        default=None, description="how the numbers of updates are coded; default: as those of payloads, by the codec"
    )
    in_flight: Annotated[str, choice("drop", "replace", "queue")] = Field(
        default="drop",
        description="a request while one is under way: forget it, replace the old one, or wait",
    )

    sizes: Sizes | None = Field(default=None, description="sizes of messages, as if the net were another")
    learning: Learning | None = Field(default=None, description="learning on the device; default: none")

    @model_validator(mode="after")
    def _learns_at_all(self) -> Self:
        row, parts = ADAPTERS.get(self.adapter.kind), parts_of(self.adapter)
        for part, own in rows_of(self.adapter):
            if "learning" in own.needs and self.learning is None:
                text = "learns on the device; write for example 'learning: {trigger: {kind: periodic, every: 60 s}}'"
                raise refuse(f"'{part.kind}' {text}", *part.path)
        if self.learning is not None and not any(map(_may_learn, parts)):
            raise refuse(f"'{parts[-1].kind}' does not learn on the device; leave it out", "learning")
        if self.learning is not None and self.learning.trigger.kind == "rounds":
            text = "devices learn by themselves, no cloud calls them; write 'trigger: {kind: periodic, every: 60 s}'"
            raise refuse(text, "learning", "trigger")
        if row is not None and self.learning and self.learning.trigger.kind == "gate" and "gate" not in row.gives:
            text = "has no gate of its own; write for example 'trigger: {kind: periodic, every: 60 s}'"
            raise refuse(f"'{self.adapter.kind}' {text}", "learning", "trigger")
        if row is not None and self.trigger.kind == "gate" and "gate" not in row.gives:
            text = f"has no gate of its own; write 'adapter: {{kind: intellectreq, around: {self.adapter.kind}}}'"
            raise refuse(f"'{self.adapter.kind}' {text}", "adapter")
        if row is not None and "rounds" in row.needs and self.trigger.kind != "rounds":
            text = "works in rounds; write for example 'trigger: {kind: rounds, every: 60 s, cohort_size: 10}'"
            raise refuse(f"'{self.adapter.kind}' {text}", "trigger")
        if row is not None and self.trigger.kind == "rounds" and not {"rounds", "no task"} & row.needs:
            text = "takes part in no rounds; write for example 'trigger: {kind: periodic, every: 60 s}'"
            raise refuse(f"'{self.adapter.kind}' {text}", "trigger")
        return self

    @field_validator("adapter", mode="after")
    @classmethod
    def _fits_the_task(cls, adapter: Chosen, info: ValidationInfo) -> Chosen:
        timing_only, kind = context_of(info).timing_only, adapter.kind
        plays_timing = kind in ADAPTERS and "no task" in ADAPTERS[kind].needs
        if timing_only is True and not plays_timing:
            raise ValueError(f"'task: none' needs 'adapter: {{kind: probe, ...}}', not '{kind}'")
        if timing_only is False and plays_timing:
            raise ValueError(f"'adapter: {kind}' plays timing only; it needs 'task: none'")
        return adapter

    @field_validator("trigger", mode="after")
    @classmethod
    def _has_what_it_watches(cls, trigger: Chosen, info: ValidationInfo) -> Chosen:
        row = TRIGGERS.get(trigger.kind)
        if context_of(info).timing_only is True and row is not None and "task" in row.needs:
            what = "calls devices that learn" if "rounds" in row.needs else "watches samples"
            raise ValueError(f"'trigger: {trigger.kind}' {what}; with 'task: none' there are none")
        return trigger

    @model_validator(mode="after")
    def _a_probe_says_all_about_sizes(self, info: ValidationInfo) -> Self:
        if context_of(info).timing_only is not True:
            return self
        if self.sizes is not None:
            raise refuse("a probe has sizes of its own", "sizes")
        for key, unused in (("codec", _CODEC.default("fp32")), ("update_codec", None)):
            if getattr(self, key) != unused:
                raise refuse("a probe sends bytes, which no codec makes fewer; leave it out", key)
        return self

    @model_validator(mode="after")
    def _codecs_fit(self) -> Self:
        for key, said in misfits(self.adapter, self.codec, self.update_codec):
            raise refuse(said, key)
        return self
