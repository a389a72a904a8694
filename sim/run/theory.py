"""What theory says of a scenario's metrics, for its manifest: the analytic twin of what is simulated."""

from __future__ import annotations

from typing import Any

from agents.contract.plugins import load_class
from sim.scenario import Scenario
from sim.scenario.claims.closed_forms import CLOSED_FORMS


def theory_of(scenario: Scenario) -> list[dict[str, Any]]:
    """Return `metric form value` of every closed form that reaches the scenario; most scenarios have none."""
    found = []
    for name, form in CLOSED_FORMS.items():
        try:
            value = float(load_class(form.loads)(scenario))
        except ValueError:
            # Theory does not reach it, or the queue of it never settles.
            continue
        found.append({"metric": form.metric, "form": name, "value": value})
    return found
