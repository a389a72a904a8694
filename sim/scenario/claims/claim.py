"""What all claims say, of any kind: the finding, where it was published, and what we found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from agents.contract.component import OptionError, option
from agents.contract.forms import OneOf, Time
from sim.scenario.claims.measures import IN_PART, amount_of, require_measure
from sim.scenario.claims.selection import Grid
from sim.scenario.sweep_settings import Setting
from sim.scenario.units import TIME

#: An amount of a metric, with the metric's unit.
Amount = str | float


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What every claim says."""

    finding: str = option(description="what is claimed, in one sentence")
    source: str = option("ours", "where it was published")
    metric: str = option("accuracy", "what is measured: a metric of compare")
    expected: Annotated[str, OneOf("confirmed", "refuted", "undecided")] = option(
        "confirmed", "the verdict on record; another clear one makes 'verify' fail"
    )
    reading: str | None = option(None, "how we read a verdict that is not the published one")
    tier: Annotated[str, OneOf("quick", "full")] = option("quick", "full: judged by 'verify claims --full' alone")
    from_: Time | None = option(None, "judge from here on")
    until: Time | None = option(None, "judge up to here")

    def __post_init__(self) -> None:
        require_measure(self.metric)
        if (self.from_ is not None or self.until is not None) and self.metric not in IN_PART:
            raise OptionError(f"{self.metric} is of the whole run; a part of it has {', '.join(IN_PART)}", "from")
        if self.from_ is not None and self.until is not None and self.from_ >= self.until:
            raise OptionError(f"{TIME.format(self.until)} is not after from ({TIME.format(self.from_)})", "until")
        if self.expected != "confirmed" and not self.reading:
            raise OptionError(f"what is expected to be {self.expected} needs a reading: say why", "reading")
        self.amounts()

    def amounts(self) -> Mapping[str, float]:
        """Return every amount of the metric that the claim names, in base units.

        Raises:
            OptionError: one in the wrong unit.
        """
        return {}

    def points(self, grid: Grid) -> list[Setting]:
        """Return the settings of the sweep that it is about, in the order in which it names them.

        Raises:
            OptionError: the sweep does not have them.
        """
        raise NotImplementedError

    def _amounts(self, **given: Any) -> dict[str, float]:
        return {name: amount_of(self.metric, value, name) for name, value in given.items() if value is not None}
