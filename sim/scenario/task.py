"""``task``: what devices see, the model they run, and how the cloud trains it before t = 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from sim.scenario.clause import Clause, refuse
from sim.scenario.data_sets import RANKED, Data
from sim.scenario.nets import CONVOLUTIONAL, MODELS, RANKERS, Mlp, Model
from sim.scenario.quantities import Count, Number, PositiveCount
from sim.scenario.surroundings import kind_of


class Pretrain(Clause):
    """Training in the cloud before t = 0, on historical data: Adam, best epoch on validation kept."""

    epochs: Count = Field(default=60, description="passes over the past")
    batch: PositiveCount = Field(default=128, description="rows in a mini-batch")
    rate: Number = Field(default=2e-3, description="learning rate")
    fading: bool = Field(default=False, description="let the rate fall to zero in equal steps")
    mirror: bool = Field(default=False, description="images: mirror every other one as it comes")
    shift: Count = Field(default=0, description="images: move each by up to so many pixels as it comes")


#: What suits convolutional nets, and beside that pictures of things: what stands here is taken where nothing is said.
_CONVOLUTIONAL: dict[str, Any] = {"epochs": 15, "rate": 1e-3, "fading": True}
#: 205 clicks, each beside four other items, are the usual 1,024 rows.
_RANKING: dict[str, Any] = {"epochs": 12, "batch": 205, "rate": 1e-3}
_CIFAR: dict[str, Any] = {"mirror": True, "shift": 2}


class Task(Clause):
    """Data, model, and pretraining."""

    data: Data = Field(description="data set or law of nature; idx:DIR, cifar:FILE, npz:FILE, table:FILE, ...")
    model: Model = Field(default=Mlp(), description="the net on the device")
    pretrain: Pretrain = Field(default=Pretrain(), description="training before t = 0")

    @model_validator(mode="before")
    @classmethod
    def _train_as_suits_the_net(cls, raw: Any) -> Any:
        given = raw.get("pretrain", {}) if isinstance(raw, Mapping) else None
        if not isinstance(given, Mapping):
            return raw
        model = kind_of(raw.get("model"))
        suits = _CONVOLUTIONAL if model in CONVOLUTIONAL else _RANKING if model in RANKERS else {}
        suits = suits | _CIFAR if suits and kind_of(raw.get("data")) == "cifar" else suits
        return {**raw, "pretrain": {**suits, **given}} if suits else raw

    @model_validator(mode="after")
    def _model_fits_the_data(self) -> Self:
        data, model = str(getattr(self.data, "kind", "")), str(self.model.kind)
        if ":" in data + model or (data in RANKED) == (model in RANKERS):
            return self
        fitting = RANKERS if data in RANKED else [name for name in MODELS if name not in RANKERS]
        raise refuse(f"'{model}' does not fit data '{data}'; these do: {', '.join(fitting)}", "model")
