"""Options of adaptation by cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from agents.contract.component import OptionError, option
from agents.contract.forms import Interval, Number, OneOf, PositiveNumber, PositiveTime, Share

Sent = Annotated[int, Interval(ge=1, le=255)]


@dataclass(frozen=True)
class ByCauseOptions:
    """The cloud finds attributes that drift goes with, adapts one normaliser for each, and devices get their own."""

    by: Annotated[str, OneOf("cause", "all")] = option("cause", "one for each cause, or one for everything mixed")
    attributes: dict[str, Any] = option(
        description="cohort -> list of its attributes; a cohort that is not named has its name alone", factory=dict
    )
    window: Sent = option(64, "newest samples that are counted")
    upload: Sent = option(16, "newest of them that are uploaded")
    sure: Share = option(0.9, "a sample is flagged whose likeliest class is less likely than this")
    ratio: PositiveNumber = option(1.5, "how many times as often as others samples of a cause are flagged, at least")
    every: PositiveTime = option(60.0, "time between two searches for causes; the first request after it sees them")
    pool: Annotated[int, Interval(ge=1, le=65536)] = option(256, "newest samples that are kept of each cohort")
    prior: Number = option(16.0, "samples that the statistics of the past count for")
    trusted: PositiveNumber = option(0.4, "entropy below which one is learnt from, in logarithms of the classes")
    steps: Annotated[int, Interval(ge=0, le=1_000_000)] = option(10, "steps of Adam; 0: statistics alone")
    rate: PositiveNumber = option(0.005, "learning rate")

    def __post_init__(self) -> None:
        if self.upload > self.window:
            raise OptionError(f"{self.upload} of {self.window} samples cannot be uploaded", "upload")
        for cohort, own in self.attributes.items():
            if not isinstance(own, list) or not all(isinstance(one, str) for one in own):
                raise OptionError("is no list of words; write for example [rain, north]", "attributes", cohort)

    def attributes_of(self, cohorts: Sequence[str]) -> list[frozenset[str]]:
        """Return the attributes of each cohort.

        Raises:
            ValueError: a cohort is named that the fleet does not have.
        """
        unknown = [cohort for cohort in self.attributes if cohort not in cohorts]
        if unknown:
            raise ValueError(f"attributes: there is no cohort '{unknown[0]}'; there are {', '.join(cohorts)}")
        return [frozenset(self.attributes.get(cohort, [cohort])) for cohort in cohorts]
