"""``method``: how device models are kept fit, when devices ask, and how messages are coded."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from sim.scenario.clause import Clause
from sim.scenario.law_fields import SizeLaw
from sim.scenario.quantities import Number, PositiveCount, PositiveNumber, Share, choice
from sim.scenario.surroundings import around
from sim.scenario.triggers import Never, Trigger
from sim.scenario.variants import Plugin, Variants


class Static(Clause):
    """The pretrained model, never updated."""

    kind: Literal["static"] = "static"


class CloudFt(Clause):
    """Labelled windows go up, the cloud fine-tunes the device's head, the head comes down."""

    kind: Literal["cloud_ft"] = "cloud_ft"
    window: Annotated[int, Field(ge=1, le=1024)] = Field(default=120, description="labelled samples uploaded")
    steps: PositiveCount = Field(default=30, description="steps of Adam")
    rate: PositiveNumber = Field(default=3e-3, description="learning rate")
    start: Annotated[str, choice("base", "device")] = Field(
        default="device", description="head that training starts from"
    )
    anchor: Number = Field(default=0.0, description="weight of the squared distance from the starting head")


class Persona(Clause):
    """Unlabelled windows go up, an edit of the head comes down (arXiv 2509.06552, with corrections)."""

    kind: Literal["persona"] = "persona"
    window: Annotated[int, Field(ge=1, le=255)] = Field(default=16, description="samples uploaded")
    tau: PositiveNumber = Field(default=0.5, description="bound of every element of an edit")
    transfer: Annotated[str, choice("linear", "gru")] = Field(default="linear", description="codes across layers")
    pooling: Annotated[str, choice("mean_std", "gru")] = Field(default="mean_std", description="of a window")
    prototypes: Annotated[int, Field(ge=1, le=256)] = Field(default=16, description="number of prototype heads")
    reply: Annotated[str, choice("edit", "prototype")] = Field(default="edit", description="what comes down")
    resident: bool = Field(
        default=True, description="devices keep the first prototypes; else each reply brings its own"
    )
    hysteresis: Number = Field(default=0.1, description="a new prototype has to be this share closer")
    refine: Share = Field(default=0.01, description="rate of refining prototypes by what is served; 0: none")
    refine_step: Number = Field(default=0.1, description="bound of one refinement")
    publish_every: PositiveCount = Field(default=100, description="refinements between versions of a prototype")
    code: Annotated[int, Field(ge=1, le=1024)] = Field(default=32, description="size of a code")
    width: Annotated[int, Field(ge=1, le=4096)] = Field(default=64, description="width of the window encoder")
    stale: Share = Field(default=0.1, description="share of training windows that straddle a change of the world")
    noise: Number = Field(default=0.15, description="deviation of noise on features while the adapter is trained")
    steps: PositiveCount = Field(default=2000, description="training steps of the adapter before t = 0")
    rate: PositiveNumber = Field(default=3e-3, description="learning rate of the adapter")


class Probe(Clause):
    """Timing only: messages of given sizes, no model anywhere."""

    kind: Literal["probe"] = "probe"
    payload: SizeLaw = Field(description="size of what goes up")
    update: SizeLaw = Field(description="size of what comes down")


class NotYet(Clause):
    """A method of METHODS.md that is in the grammar; its options are fixed when it is built."""

    model_config = ConfigDict(extra="allow")
    kind: str


ADAPTERS: dict[str, type[Clause]] = {
    "static": Static,
    "cloud_ft": CloudFt,
    "persona": Persona,
    "probe": Probe,
    "duet": NotYet,
    "metanetwork": NotYet,
    "apg": NotYet,
    "solid": NotYet,
    "intellectreq": NotYet,
    "lsc4rec": NotYet,
    "cdc_mmpg": NotYet,
    "dpu": NotYet,
    "device_ft": NotYet,
    "device_ft_head": NotYet,
    "cloud_global_refresh": NotYet,
    "group_ft": NotYet,
    "fedavg_head": NotYet,
}

Adapter = Annotated[
    Static | CloudFt | Persona | Probe | NotYet | Plugin,
    Variants("adapter", ADAPTERS, "method.adapter", Plugin),
]


class Fp32(Clause):
    """Four bytes a number."""

    kind: Literal["fp32"] = "fp32"


class Fp16(Clause):
    """Two bytes a number."""

    kind: Literal["fp16"] = "fp16"


class Int8(Clause):
    """One byte a number and a scale for each tensor row."""

    kind: Literal["int8"] = "int8"


class Rice(Clause):
    """int8 in an entropy code: sizes depend on the data."""

    kind: Literal["rice"] = "rice"


class TopK(Clause):
    """Only the largest numbers; what is left out stays with the sender, and is sent later."""

    kind: Literal["topk"] = "topk"
    share: Share = Field(default=0.01, description="share of numbers sent")
    threshold: float | None = Field(default=None, gt=0, description="smaller numbers are not sent; sizes then vary")
    feedback: bool = Field(default=True, description="keep what is left out, and send it later")


class Delta(Clause):
    """Differences from what both ends hold since the last update that was installed."""

    kind: Literal["delta"] = "delta"
    numbers: Annotated[str, choice("fp32", "fp16", "int8", "rice")] = Field(
        default="int8", description="how differences are coded"
    )


class Codes(Clause):
    """The code instead of what is generated from it."""

    kind: Literal["codes"] = "codes"


CODECS: dict[str, type[Clause]] = {
    "fp32": Fp32,
    "fp16": Fp16,
    "int8": Int8,
    "rice": Rice,
    "topk": TopK,
    "delta": Delta,
    "codes": Codes,
}

Codec = Annotated[
    Fp32 | Fp16 | Int8 | Rice | TopK | Delta | Codes | Plugin, Variants("codec", CODECS, "method.codec", Plugin)
]


class Method(Clause):
    """Adapter, trigger and codec; any pairing works or is refused with a reason."""

    row: ClassVar[str] = "method keys"
    adapter: Adapter = Field(default=Static(), description="how models are adapted; static never asks")
    trigger: Trigger = Field(default=Never(), description="when a device asks")
    codec: Codec = Field(default=Fp32(), description="how numbers are coded")
    in_flight: Annotated[str, choice("drop", "replace", "queue")] = Field(
        default="drop",
        description="a request while one is under way: forget it, replace the old one, or wait",
    )

    @field_validator("adapter", mode="after")
    @classmethod
    def _fits_the_task(cls, adapter: Clause, info: ValidationInfo) -> Clause:
        timing_only = around(info).timing_only
        kind = getattr(adapter, "kind", "")
        if timing_only is True and kind != "probe":
            raise ValueError(f"'task: none' needs 'adapter: {{kind: probe, ...}}', not '{kind}'")
        if timing_only is False and kind == "probe":
            raise ValueError("'adapter: probe' plays timing only; it needs 'task: none'")
        return adapter
