"""Options of codecs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from agents.contract.component import OptionError, option
from agents.contract.forms import Form, Interval, OneOf, PositiveCount, Share

_FEEDBACK = "whether what is left out is kept, and added to what is to be sent next; default: yes, but not within delta"


@dataclass(frozen=True, kw_only=True)
class FeedbackOptions:
    """What every codec has that leaves something out."""

    feedback: bool | None = option(None, _FEEDBACK)

    @property
    def feeds_back(self) -> bool:
        """Whether the sender keeps what is left out."""
        return self.feedback is not False


@dataclass(frozen=True, kw_only=True)
class TopKOptions(FeedbackOptions):
    """Only the largest numbers; what is left out stays with the sender, and is sent later."""

    share: Annotated[Share, Interval(gt=0.0)] = option(0.01, "share of the numbers of a field that is sent")
    threshold: Annotated[float, Interval(gt=0.0)] | None = option(
        None, "smaller numbers are not sent either; sizes then depend on the data"
    )


@dataclass(frozen=True, kw_only=True)
class RandomKOptions(FeedbackOptions):
    """Some numbers, drawn again for each exchange; their places cost nothing, because both ends draw them alike."""

    share: Annotated[Share, Interval(gt=0.0)] = option(0.01, "share of the numbers of a field that is sent")
    scaled: bool = option(False, "numbers are as much larger as they are fewer, so that their mean is right")

    def __post_init__(self) -> None:
        if self.scaled and self.feeds_back:
            raise OptionError("goes with 'feedback: false' only: what is left out would be sent twice", "scaled")


@dataclass(frozen=True, kw_only=True)
class OneBitOptions(FeedbackOptions):
    """The sign of each number; all arrive as large as they are on average."""


@dataclass(frozen=True, kw_only=True)
class LowRankOptions(FeedbackOptions):
    """Fields that are matrices as products of thin ones, by one power step an exchange; other fields as they are."""

    rank: PositiveCount = option(2, "columns of the thin matrices")


@dataclass(frozen=True)
class Int4Options:
    """Half a byte a number and a scale for each tensor row."""

    rounding: Annotated[str, OneOf("stochastic", "nearest")] = option(
        "stochastic", "up or down at random, so that the mean is right; or to the nearest step, half the error"
    )


@dataclass(frozen=True)
class CodebookOptions:
    """A codebook of a few values in each message, and a number of few bits for each of its numbers or blocks."""

    codes: Annotated[int, Interval(ge=2, le=256)] = option(16, "entries of the codebook")
    block: Annotated[int, Interval(ge=1, le=64)] = option(1, "neighbouring numbers that one code stands for")
    centres: Annotated[str, OneOf("kmeans", "uniform")] = option(
        "kmeans", "clusters of the message's own numbers; or even steps from the lowest to the highest, in 8 bytes"
    )

    def __post_init__(self) -> None:
        if self.centres == "uniform" and self.block > 1:
            raise OptionError("even steps are for single numbers; write 'block: 1' or 'centres: kmeans'", "block")


@dataclass(frozen=True)
class DeltaOptions:
    """Differences from what both ends hold since the last update that was installed."""

    numbers: Annotated[Mapping[str, Any] | str, Form("numbers")] = option("int8", "how differences are written")
    feedback: bool = option(
        True, "differences from what the receiver has; else from what was meant, so that what is left out is lost"
    )

    def __post_init__(self) -> None:
        if self.inner.get("feedback"):
            raise OptionError("delta feeds back by itself what is left out; leave 'feedback' out", "numbers")

    @property
    def inner(self) -> dict[str, Any]:
        """The codec that writes differences: its kind and its options."""
        return {"kind": self.numbers} if isinstance(self.numbers, str) else dict(self.numbers)
