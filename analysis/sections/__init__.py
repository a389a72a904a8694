"""The parts of a report in their order, one file a subject."""

from __future__ import annotations

from collections.abc import Callable

from analysis.html import Markup
from analysis.sections import causes, costs, headline, losses, origin, understood, waits
from analysis.sweeps import Sweep

Section = Callable[[Sweep], Markup | None]

OPENING: tuple[Section, ...] = (headline.opening, headline.shown, headline.at_a_glance)
BESIDE: dict[str, tuple[Section, ...]] = {
    "accuracy": (losses.drifts,),
    "regret": (losses.phases,),
    "links": (waits.links,),
    "cloud": (waits.cloud,),
    "latency": (waits.outcomes,),
}
AFTER_FIGURES: tuple[Section, ...] = (
    headline.figures_of_merit,
    causes.causes,
    costs.costs,
    understood.read,
    origin.runs,
    origin.scenario,
)
