"""Options of nets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from agents.contract.component import OptionError, option
from agents.contract.forms import DataPath, Interval, OneOf, PositiveCount, Sizes

Activation = Annotated[str, OneOf("tanh", "relu")]


@dataclass(frozen=True)
class MlpOptions:
    """A multilayer perceptron; its last ``layers`` form the head that methods edit."""

    hidden: Sizes = option((32, 32), "sizes of the hidden layers")
    layers: PositiveCount = option(2, "layers of the head")
    activation: Activation = option("tanh", "after each hidden layer")

    def __post_init__(self) -> None:
        if self.layers > len(self.hidden):
            raise OptionError(f"{self.layers} leaves no trunk; 1 to {len(self.hidden)} can be edited", "layers")


@dataclass(frozen=True)
class LateFusionOptions:
    """A branch of dense layers for each view of the data, joined by the layers of the head, which methods edit."""

    branch: Sizes = option((32, 16), "sizes of the layers of each view's branch")
    hidden: Sizes = option((32,), "sizes of the hidden layers of the head")


@dataclass(frozen=True)
class CnnOptions:
    """A small convolutional net: blocks that halve the image, then dense layers; the last ``layers`` are the head."""

    channels: Sizes = option((16, 32, 64), "channels of each block")
    hidden: Sizes = option((64, 64), "sizes of the hidden dense layers")
    layers: PositiveCount = option(2, "dense layers of the head")
    activation: Activation = option("tanh", "after each hidden dense layer")

    def __post_init__(self) -> None:
        if self.layers > len(self.hidden):
            raise OptionError(f"{self.layers} leaves no dense trunk; 1 to {len(self.hidden)} can be edited", "layers")


@dataclass(frozen=True)
class MobileNetOptions:
    """MobileNetV3-small with a stem for small inputs; its last one or two dense layers are the head."""

    #: Channels of the last convolution.
    last: ClassVar[int] = 576
    width: Annotated[float, Interval(gt=0, le=16)] = option(1.0, "factor on all channels")
    hidden: PositiveCount = option(1024, "size of the hidden dense layer")
    layers: Annotated[int, Interval(ge=1, le=2)] = option(1, "dense layers of the head")
    weights: DataPath | None = option(
        None, "file of weights to begin with, as torchvision names them; images must have three channels"
    )


@dataclass(frozen=True)
class LargeMobileNetOptions(MobileNetOptions):
    """MobileNetV3-large with a stem for small inputs; its last one or two dense layers are the head."""

    last: ClassVar[int] = 960
    hidden: PositiveCount = option(1280, "size of the hidden dense layer")
