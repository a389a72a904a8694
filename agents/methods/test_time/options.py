"""Options of test-time adaptation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from agents.contract.component import option
from agents.contract.forms import Interval, Number, OneOf, PositiveNumber

Window = Annotated[int, Interval(ge=1, le=1024)]
Momentum = Annotated[float, Interval(ge=0, lt=1)]
Weights = Annotated[str, OneOf("fp32", "int8")]
_WEIGHTS = "how the head's weights are kept: gradients need fp32, forward passes alone do with int8"


@dataclass(frozen=True)
class NormOptions:
    """Which normalisation is adapted, and how its statistics follow the device."""

    window: Window = option(32, "newest samples that a step learns from")
    norm: Annotated[str, OneOf("features", "all")] = option(
        "features", "one normaliser on the trunk's features, for any net; or all batch normalisation of the net"
    )
    prior: Annotated[float, Interval(ge=0)] = option(16.0, "samples that the statistics mixed with count for")
    start: Annotated[str, OneOf("source", "device")] = option(
        "source", "statistics that a window is mixed into: those of the past, or those that the device has"
    )
    exact: bool = option(False, "variance of the mixture, with the distance of the means; published: the mean of both")


@dataclass(frozen=True)
class BnAdaptOptions(NormOptions):
    """Statistics of normalisation are mixed with those of a window; forward passes alone, no labels."""


@dataclass(frozen=True)
class TentOptions(NormOptions):
    """Entropy of predictions falls, by scales and shifts of normalisation alone; never reset."""

    rate: Number = option(0.01, "learning rate")
    momentum: Momentum = option(0.9, "momentum of gradient descent")


@dataclass(frozen=True)
class SureOptions(TentOptions):
    """Entropy of sure predictions falls."""

    sure: PositiveNumber = option(0.4, "entropy below which a prediction is sure, in logarithms of the classes")


@dataclass(frozen=True)
class NewOptions(SureOptions):
    """Entropy of sure and new predictions falls."""

    redundant: Annotated[float, Interval(ge=0, le=1)] = option(
        0.4, "cosine with the mean prediction at which one is not new; 0.05 in the paper, for 1000 classes"
    )


@dataclass(frozen=True)
class EataOptions(NewOptions):
    """Entropy of sure and new predictions falls, and what mattered in the past is held."""

    fisher: Number = option(2000.0, "weight of the squared distance from the past, by Fisher information")
    fisher_rows: Annotated[int, Interval(ge=1, le=4096)] = option(256, "rows of the past that give the information")


@dataclass(frozen=True)
class SarOptions(SureOptions):
    """Entropy of sure predictions falls in a flat place; a model that has collapsed is reset."""

    radius: Number = option(0.05, "how far away the steepest place is looked for")
    reset: Number = option(0.029, "mean entropy below which it is reset, in logarithms of the classes")


@dataclass(frozen=True)
class RdumbOptions(NewOptions):
    """Entropy of sure and new predictions falls, and every so many steps all is as it was."""

    every: Annotated[int, Interval(ge=1)] = option(200, "steps after which it is reset")


@dataclass(frozen=True)
class T3aOptions:
    """The head becomes prototypes: the means of the features that it is surest of, class by class."""

    window: Window = option(32, "newest samples that are looked at")
    supports: Annotated[int, Interval(ge=1, le=1000)] = option(20, "features kept of each class")
    bias: bool = option(False, "keep the bias of the head; the paper drops it")


@dataclass(frozen=True)
class LameOptions:
    """Predictions alone are corrected: samples that are alike get labels that are alike."""

    window: Window = option(32, "newest samples that a sample is compared with")
    neighbours: Annotated[int, Interval(ge=1, le=1024)] = option(5, "nearest samples that count")
    weight: Number = option(1.0, "weight of likeness, beside what the model says")


@dataclass(frozen=True)
class FoaOptions:
    """Features are shifted back, and normalisation is searched without gradients (CMA-ES)."""

    window: Window = option(32, "newest samples that a generation is judged by")
    follow: Annotated[float, Interval(gt=0, le=1)] = option(0.1, "share of a window in the mean that the shift undoes")
    population: Annotated[int, Interval(ge=0, le=256)] = option(12, "candidates of a generation; 0: the shift alone")
    spread: PositiveNumber = option(0.05, "step size of the search at first")
    weight: Number = option(1.0, "weight of the distance from the statistics of the past, beside the entropy")
    weights: Weights = option("fp32", _WEIGHTS)


@dataclass(frozen=True)
class ZoaOptions:
    """Normalisation is moved along gradients estimated from two forward passes (SPSA)."""

    window: Window = option(32, "newest samples that a step is judged by")
    rate: Number = option(0.02, "learning rate")
    spread: PositiveNumber = option(0.02, "how far the second pass is from the first")
    weight: Number = option(1.0, "weight of the distance from the statistics of the past, beside the entropy")
    weights: Weights = option("fp32", _WEIGHTS)
