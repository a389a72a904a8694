"""Closed forms that a claim can name: what theory says of the metric of one scenario."""

from __future__ import annotations

from typing import NamedTuple


class ClosedForm(NamedTuple):
    """What it says, of which metric, and where the code is: a function of the scenario.

    course: where the code is that says it tick by tick, if theory knows that. within: how far what theory leaves out
    may lead the metric away, as a share of it.
    """

    about: str
    metric: str
    loads: str
    course: str | None = None
    within: float = 0.05


#: Name in a claim -> closed form.
CLOSED_FORMS: dict[str, ClosedForm] = {
    "age_fifo": ClosedForm(
        "mean age behind private M/M/1 uplinks, first come, first served",
        "mean_age_s",
        "sim.verify.predictions:age_fifo",
    ),
    "age_lcfs": ClosedForm(
        "mean age behind private M/M/1 uplinks where a fresh message drops the stale one",
        "mean_age_s",
        "sim.verify.predictions:age_lcfs",
    ),
    "delay_over_traces": ClosedForm(
        "median time of an exchange over recorded private links, by the integral of their rate",
        "delay_s",
        "sim.verify.trace_times:delay_over_traces",
    ),
    "fedavg_squared": ClosedForm(
        "accuracy of federated averaging of linear models under the squared loss on two normal classes",
        "accuracy",
        "sim.verify.averaging:fedavg_squared",
        course="sim.verify.averaging:fedavg_course",
        within=0.01,
    ),
    "static_gaussians": ClosedForm(
        "accuracy of a model that never changes on two normal classes that turn steadily",
        "accuracy_static",
        "sim.verify.predictions:static_gaussians",
    ),
}
