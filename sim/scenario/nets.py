"""``task.model``: the net that runs on the device."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sim.scenario.clause import Clause, refuse
from sim.scenario.quantities import PositiveCount, PositiveNumber, Sizes, choice
from sim.scenario.variants import Plugin, Variants


class Mlp(Clause):
    """A multilayer perceptron; its last ``layers`` form the head that methods edit."""

    kind: Literal["mlp"] = "mlp"
    hidden: Sizes = Field(default=[32, 32], description="sizes of the hidden layers")
    layers: PositiveCount = Field(default=2, description="layers of the head")
    activation: Annotated[str, choice("tanh", "relu")] = "tanh"

    @model_validator(mode="after")
    def _leaves_a_trunk(self) -> Self:
        if self.layers > len(self.hidden):
            raise refuse(f"{self.layers} leaves no trunk; 1 to {len(self.hidden)} can be edited", "layers")
        return self


class Logistic(Clause):
    """Multinomial logistic regression on the raw inputs."""

    kind: Literal["logistic"] = "logistic"


class Cnn(Clause):
    """A small convolutional net: blocks that halve the image, then dense layers; the last ``layers`` are the head."""

    kind: Literal["cnn"] = "cnn"
    channels: Sizes = Field(default=[16, 32, 64], description="channels of each block")
    hidden: Sizes = Field(default=[64, 64], description="sizes of the hidden dense layers")
    layers: PositiveCount = Field(default=2, description="dense layers of the head")
    activation: Annotated[str, choice("tanh", "relu")] = "tanh"

    @model_validator(mode="after")
    def _leaves_a_trunk(self) -> Self:
        if self.layers > len(self.hidden):
            raise refuse(f"{self.layers} leaves no dense trunk; 1 to {len(self.hidden)} can be edited", "layers")
        return self


class MobileNet(Clause):
    """MobileNetV3-small with a stem for small inputs; its last dense layer is the head."""

    kind: Literal["mobilenet_v3_small"] = "mobilenet_v3_small"
    width: PositiveNumber = Field(default=1.0, description="factor on all channels")
    hidden: PositiveCount = Field(default=1024, description="features that the head sees")


class Din(Clause):
    """Deep interest network."""

    kind: Literal["din"] = "din"


class Gru4Rec(Clause):
    """Recurrent recommender."""

    kind: Literal["gru4rec"] = "gru4rec"


class SasRec(Clause):
    """Self-attentive recommender."""

    kind: Literal["sasrec"] = "sasrec"


#: Models that take images, and learn slowly: they get fewer passes and a falling rate unless told otherwise.
CONVOLUTIONAL = ("cnn", "mobilenet_v3_small")

MODELS: dict[str, type[Clause]] = {
    "mlp": Mlp,
    "logistic": Logistic,
    "cnn": Cnn,
    "mobilenet_v3_small": MobileNet,
    "din": Din,
    "gru4rec": Gru4Rec,
    "sasrec": SasRec,
}

#: Models that rank items; the others tell classes.
RANKERS = ("din", "gru4rec", "sasrec")

Model = Annotated[
    Mlp | Logistic | Cnn | MobileNet | Din | Gru4Rec | SasRec | Plugin,
    Variants("model", MODELS, Plugin),
]
