"""``task``: what devices see, the model they run, and how the cloud trains it before t = 0."""

from __future__ import annotations

from pydantic import Field

from sim.scenario.clause import Clause
from sim.scenario.data_sets import Data
from sim.scenario.nets import Mlp, Model
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
