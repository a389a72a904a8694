"""Options of the federated methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from agents.contract.component import option
from agents.contract.forms import Interval, Number, OneOf, PositiveCount, PositiveNumber, Share, Steps


@dataclass(frozen=True)
class LocalOptions:
    """How devices learn in federated methods."""

    window: Annotated[int, Interval(ge=1, le=1024)] = option(64, "newest labelled samples that a device learns from")
    steps: Steps = option(10, "local steps of gradient descent")
    batch: PositiveCount = option(16, "samples a step; where a device has fewer, all of them")
    rate: PositiveNumber = option(0.1, "learning rate on the device")
    trains: Annotated[str, OneOf("head", "all")] = option("head", "what is learnt and sent: the head or the whole net")


@dataclass(frozen=True)
class MeanOptions(LocalOptions):
    """Rounds after which the cloud goes towards a mean of weights."""

    server_rate: PositiveNumber = option(1.0, "how far the cloud goes towards the mean")


@dataclass(frozen=True)
class FedAvgOptions(MeanOptions):
    """Devices learn in rounds, and the cloud takes the mean of their weights, by their numbers of samples."""

    loss: Annotated[str, OneOf("cross_entropy", "squared")] = option(
        "cross_entropy",
        "what devices descend: cross-entropy, or half the squared distance of logits from the one-hot label, which is "
        "quadratic in the weights of a linear model",
    )


@dataclass(frozen=True)
class FedProxOptions(FedAvgOptions):
    """Federated averaging; what pulls each device back to the model of the round keeps them together."""

    prox: Number = option(0.01, "weight of half the squared distance from the model of the round")


@dataclass(frozen=True)
class ScaffoldOptions(LocalOptions):
    """Federated averaging with control variates, which take out of each step how far its device leads astray."""

    server_rate: PositiveNumber = option(1.0, "how far the cloud goes along the mean step")


@dataclass(frozen=True)
class FedAsyncOptions(LocalOptions):
    """No rounds: the cloud mixes each model in as it arrives, the staler the less."""

    mix: Annotated[float, Interval(gt=0, le=1)] = option(0.6, "weight of a model that is not stale")
    staleness: Annotated[str, OneOf("constant", "polynomial", "hinge")] = option(
        "polynomial",
        "how the weight falls with staleness t: 1; (1 + t)^-decay; 1 up to grace, then 1 / (decay (t - grace) + 1)",
    )
    decay: PositiveNumber = option(0.5, "how fast it falls")
    grace: Number = option(4.0, "versions that hinge forgives")
    prox: Number = option(0.0, "weight of half the squared distance from the model that learning started from")


@dataclass(frozen=True)
class FedBuffOptions(LocalOptions):
    """No rounds: steps of devices are buffered, the staler the lighter, and taken together once there are enough."""

    buffer: PositiveCount = option(10, "steps that the cloud takes together")
    server_rate: PositiveNumber = option(1.0, "how far the cloud goes along their mean")
    decay: Number = option(0.5, "a step that is t versions stale weighs (1 + t)^-decay")


@dataclass(frozen=True)
class FedProtoOptions(LocalOptions):
    """Devices keep models of their own and exchange mean features of classes, which draw their features together."""

    pull: Number = option(1.0, "weight of the squared distance of features from the prototype of their class")
    by_count: Annotated[str, OneOf("yes", "no")] = option("yes", "whether means weigh by numbers of samples")


@dataclass(frozen=True)
class FedRepOptions(MeanOptions):
    """The last layer belongs to each device; the layers below it are averaged in rounds."""

    own_steps: Steps = option(10, "steps for the last layer, before those for the others")


@dataclass(frozen=True)
class IfcaOptions(MeanOptions):
    """Several models: each device learns the one that errs least on its data, and each is averaged over its devices."""

    models: Annotated[int, Interval(ge=1, le=64)] = option(2, "models that are sent in each round")
    spread: PositiveNumber = option(0.3, "how far they begin from the base, in shares of the size of its weights")


@dataclass(frozen=True)
class FedDriftOptions(MeanOptions):
    """Several models: a device whose accuracy drops founds one, and models that can stand for each other merge."""

    models: Annotated[int, Interval(ge=2, le=64)] = option(4, "models at most")
    drop: Share = option(0.1, "fall of the best accuracy that is drift; models within it of each other are merged")


@dataclass(frozen=True)
class DriftGuardOptions(MeanOptions):
    """Groups that err too often retrain their last layer, a fleet that does the layers below; others take no step."""

    groups: Annotated[int, Interval(ge=1, le=16)] = option(4, "groups at most")
    poor: Share = option(0.6, "accuracy below which a group retrains; the fleet does below 0.9 times as much")
    apart: PositiveNumber = option(0.3, "distance of mean features at which groups differ")
    smallest: PositiveCount = option(3, "devices below which a group goes to the nearest")
