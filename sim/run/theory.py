"""What theory says of a scenario's metrics, for its manifest: the analytic twin of what is simulated."""

from __future__ import annotations

from typing import Any

from agents.contract.plugins import load_class
from sim.scenario import Scenario
from sim.scenario.claims.closed_forms import CLOSED_FORMS


def theory_of(scenario: Scenario, *, forked: bool = False) -> list[dict[str, Any]]:
    """Return `metric form value within` of every closed form that reaches the scenario; most scenarios have none.

    A fork has none: until it became itself it was another scenario. Where theory knows the metric tick by tick,
    `course` has it: the ends of ticks `t_s` [s], and `value` in each.
    """
    found: list[dict[str, Any]] = []
    for name, form in () if forked else CLOSED_FORMS.items():
        try:
            value = float(load_class(form.loads)(scenario))
            course = None if form.course is None else load_class(form.course)(scenario)
        except ValueError:
            # Theory does not reach it, or the queue of it never settles.
            continue
        found.append({"metric": form.metric, "form": name, "value": value, "within": form.within})
        if course is not None:
            found[-1]["course"] = {"t_s": course.t_s.tolist(), "value": course.value.tolist()}
    return found
