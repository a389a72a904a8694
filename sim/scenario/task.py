"""``task``: what devices see, the model they run, and how the cloud trains it before t = 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from agents.models import MODELS
from agents.tasks import TASKS
from sim.scenario.components import tagged_union
from sim.scenario.context import kind_of
from sim.scenario.data import Data
from sim.scenario.quantities import Count, DataPath, Number, PositiveCount
from sim.scenario.sections import SectionModel, refuse
from sim.scenario.tagged_union import Chosen


class Pretrain(SectionModel):
    """Training in the cloud before t = 0, on historical data: Adam, best epoch on validation kept."""

    epochs: Annotated[int, Field(ge=0, le=100_000)] = Field(default=60, description="passes over the past")
    batch: PositiveCount = Field(default=128, description="rows in a mini-batch")
    rate: Number = Field(default=2e-3, description="learning rate")
    fading: bool = Field(default=False, description="let the rate fall to zero in equal steps")
    mirror: bool = Field(default=False, description="images: mirror every other one as it comes")
    shift: Count = Field(default=0, description="images: move each by up to so many pixels as it comes")
    early_stopping: Count = Field(
        default=15, description="epochs without a better one after which training stops; 0: never; not while fading"
    )
    restarts: Annotated[int, Field(ge=0, le=100)] = Field(
        default=0,
        description="how often it is trained, the best is kept; 0: three times on a small past, else once",
    )


_MODEL = tagged_union("model", MODELS, plugins=-1)
Model = Annotated[Chosen, _MODEL]


class Task(SectionModel):
    """Data, model, and pretraining."""

    data: Data = Field(description="data set or synthetic generator; idx:DIR, cifar:FILE, npz:FILE, table:FILE, ...")
    model: Model = Field(default=_MODEL.default("mlp"), description="the net on the device")
    pretrain: Pretrain = Field(default=Pretrain(), description="training before t = 0")
    surrogate: DataPath | None = Field(
        default=None, description="a table of the command 'surrogate': accuracy is looked up there, nothing is learnt"
    )

    @model_validator(mode="before")
    @classmethod
    def _train_as_suits_the_net(cls, raw: Any) -> Any:
        given = raw.get("pretrain", {}) if isinstance(raw, Mapping) else None
        if not isinstance(given, Mapping):
            return raw
        model, data = MODELS.get(str(kind_of(raw.get("model")))), TASKS.get(str(kind_of(raw.get("data"))))
        suits = dict(model.pretrain) if model is not None else {}
        suits |= data.pretrain if suits and data is not None else {}
        return {**raw, "pretrain": {**suits, **given}} if suits else raw

    @model_validator(mode="after")
    def _only_images_are_mirrored(self) -> Self:
        data = TASKS.get(self.data.kind)
        for name in ("mirror", "shift"):
            if getattr(self.pretrain, name) and data is not None and "images" not in data.gives:
                raise refuse(f"is for images; '{self.data.kind}' has none", "pretrain", name)
        return self

    @model_validator(mode="after")
    def _model_fits_the_data(self) -> Self:
        data, model = TASKS.get(self.data.kind), MODELS.get(self.model.kind)
        if data is None or model is None or model.needs <= data.gives:
            return self
        fitting = [name for name, row in MODELS.items() if row.needs <= data.gives]
        said = f"'{self.model.kind}' does not fit data '{self.data.kind}'; these do: {', '.join(fitting)}"
        raise refuse(said, "model")
