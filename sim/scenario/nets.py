"""``task.model``: the net that runs on the device."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sim.scenario.clause import Clause, refuse
from sim.scenario.quantities import PositiveCount, Sizes, choice
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
    """A small convolutional net."""

    kind: Literal["cnn"] = "cnn"


class MobileNet(Clause):
    """MobileNetV3-small with a stem for small inputs."""

    kind: Literal["mobilenet_v3_small"] = "mobilenet_v3_small"


class Din(Clause):
    """Deep interest network."""

    kind: Literal["din"] = "din"


class Gru4Rec(Clause):
    """Recurrent recommender."""

    kind: Literal["gru4rec"] = "gru4rec"


class SasRec(Clause):
    """Self-attentive recommender."""

    kind: Literal["sasrec"] = "sasrec"


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
    Variants("model", MODELS, "task.model", Plugin),
]
