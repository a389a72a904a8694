"""``task``: what devices see, the model they run, and how the cloud trains it before t = 0."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from sim.scenario.clause import Clause, refuse
from sim.scenario.data_sets import RANKED, Data
from sim.scenario.nets import MODELS, RANKERS, Mlp, Model
from sim.scenario.quantities import Count, Number, PositiveCount


class Pretrain(Clause):
    """Training in the cloud before t = 0, on historical data: Adam, best epoch on validation kept."""

    epochs: Count = Field(default=60, description="passes over the past")
    batch: PositiveCount = Field(default=128, description="rows in a mini-batch")
    rate: Number = Field(default=2e-3, description="learning rate")


class Task(Clause):
    """Data, model, and pretraining."""

    data: Data = Field(description="data set or law of nature; idx:DIR, cifar:FILE, npz:FILE, table:FILE, ...")
    model: Model = Field(default=Mlp(), description="the net on the device")
    pretrain: Pretrain = Field(default=Pretrain(), description="training before t = 0")

    @model_validator(mode="after")
    def _model_fits_the_data(self) -> Self:
        data, model = self.data.kind, self.model.kind
        if ":" in data or ":" in model or (data in RANKED) == (model in RANKERS):
            return self
        fitting = RANKERS if data in RANKED else [name for name in MODELS if name not in RANKERS]
        raise refuse(f"'{model}' does not fit data '{data}'; these do: {', '.join(fitting)}", "model")
