"""The parts of a report in their order, one file a subject."""

from __future__ import annotations

from collections.abc import Callable

from analysis.html import Markup
from analysis.sections import costs, headline, losses, origin, understood, waits
from analysis.sweeps import Sweep

Section = Callable[[Sweep], Markup | None]

BEFORE_FIGURES: tuple[Section, ...] = (headline.opening, headline.figures_of_merit)
BESIDE: dict[str, tuple[Section, ...]] = {
    "accuracy": (losses.drifts,),
    "regret": (losses.phases,),
    "links": (waits.links,),
    "cloud": (waits.cloud,),
    "latency": (waits.outcomes,),
}
AFTER_FIGURES: tuple[Section, ...] = (costs.costs, understood.read, origin.runs, origin.scenario)
