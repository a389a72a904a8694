"""What theory says of federated averaging where each device's loss is a known quadratic, or why it does not reach."""

from __future__ import annotations

from math import ceil, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from agents.contract import Worlds
from sim.run.fleet_spec import fleet_spec
from sim.verify.predictions import NoFormError

if TYPE_CHECKING:
    from sim.verify.quadratic_rounds import Plan

#: A scenario as it stands above this module.
Scenario = Any
#: At so many moments of each tick the accuracy is looked at.
_MOMENTS = 4


class Course(NamedTuple):
    """Accuracy tick by tick: the end of each tick [s], and what is expected of its samples."""

    t_s: np.ndarray
    value: np.ndarray


def fedavg_squared(scenario: Scenario) -> float:
    """Accuracy over the whole run."""
    course = fedavg_course(scenario)
    return float(np.average(course.value, weights=np.diff(course.t_s, prepend=0.0)))


def fedavg_course(scenario: Scenario) -> Course:
    """Accuracy of what devices have deployed: from each round on what they have learnt in it, from the mean before.

    Messages and learning take no time here, and no report is lost.

    Raises:
        NoFormError: theory does not reach the scenario.
    """
    _require_quadratic(scenario)
    _require_rounds(scenario)
    _require_fresh(scenario)
    # Only here: every run asks for theory, and what integrates it takes a third of a second to load.
    from sim.verify.quadratic_rounds import Plan

    adapter = scenario.method.adapter
    batch = min(adapter.batch, adapter.window)
    plan = Plan(adapter.steps, batch, adapter.rate, getattr(adapter, "prox", 0.0), adapter.server_rate)
    every_s = scenario.method.trigger.every
    begin_s = every_s * np.arange(1, ceil(scenario.duration / every_s))
    ends_s = np.minimum(
        scenario.tick * np.arange(1, ceil(scenario.duration / scenario.tick - 1e-9) + 1), scenario.duration
    )
    width_s = np.diff(ends_s, prepend=0.0)
    judged_s = (ends_s - width_s)[:, None] + width_s[:, None] * (np.arange(_MOMENTS) + 0.5) / _MOMENTS
    return Course(
        ends_s,
        _over_ticks(_worlds(scenario, plan, begin_s, judged_s.ravel()), plan, begin_s, judged_s, _rates(scenario)),
    )


def _over_ticks(worlds: Worlds, plan: Plan, begin_s: np.ndarray, judged_s: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Return the accuracy [ticks]; worlds of the steps of all rounds come first, then those that are judged."""
    from sim.verify.quadratic_rounds import Averaging, Scattered, accuracies

    learnt_in = np.searchsorted(begin_s, judged_s.ravel())
    numbers = plan.steps * len(begin_s) + np.arange(judged_s.size)
    weight = worlds.devices * rate[worlds.cohort]
    kinds, size = len(weight), worlds.weights.size
    deployed = Scattered(np.repeat(worlds.weights[None], kinds, 0), np.zeros((kinds, size, size)))
    cloud, found = Averaging(worlds, plan), np.empty(judged_s.size)
    for rounds in range(len(begin_s) + 1):
        now = learnt_in == rounds
        found[now] = np.average(accuracies(worlds, numbers[now], deployed), axis=0, weights=weight)
        if rounds < len(begin_s):
            deployed = cloud.round(plan.steps * rounds)
    return np.asarray(found.reshape(judged_s.shape).mean(1))


def _worlds(scenario: Scenario, plan: Plan, begin_s: np.ndarray, judged_s: np.ndarray) -> Worlds:
    # Only here: most scenarios are out of reach, and those without a task never load torch.
    from agents.known_worlds import known_worlds

    back = scenario.method.adapter.window - plan.batch * (np.arange(plan.steps) + 0.5)
    at_s = []
    for cohort in scenario.fleet:
        taken_s = begin_s[:, None] - back * cohort.samples.interval_s / cohort.labels.share
        at_s.append(np.concatenate([taken_s.ravel(), judged_s]).clip(0.0))
    return known_worlds(fleet_spec(scenario, ()), at_s)


def _rates(scenario: Scenario) -> np.ndarray:
    return np.array([1.0 / cohort.samples.interval_s for cohort in scenario.fleet])


def _require_quadratic(scenario: Scenario) -> None:
    if getattr(scenario.method.adapter, "loss", None) != "squared":
        raise NoFormError("no squared loss")
    task = scenario.task
    data = None if task is None or task.surrogate is not None else task.data
    if data is None or data.kind != "gaussians" or data.classes != 2 or data.walk or task.model.kind != "logistic":
        raise NoFormError("no linear model of two normal classes that do not walk")
    if any(change.kind not in ("sudden", "recurring") for change in scenario.drift):
        raise NoFormError("drift that is not sudden")


def _require_rounds(scenario: Scenario) -> None:
    method, devices = scenario.method, sum(cohort.devices for cohort in scenario.fleet)
    rounds = method.trigger
    if rounds.kind != "rounds" or method.learning is not None:
        raise NoFormError("devices do not learn in rounds alone")
    if rounds.cohort_size < devices or rounds.wait_for < 1.0 or rounds.timeout is not None:
        raise NoFormError("not every device takes part in every round")
    if {method.codec.kind, (method.update_codec or method.codec).kind} != {"fp32"}:
        raise NoFormError("numbers are coded with a loss")
    if any(one.availability.kind != "always" or one.churn != type(one.churn)() for one in scenario.fleet):
        raise NoFormError("devices come and go")


def _require_fresh(scenario: Scenario) -> None:
    """Check that each step of a device sees labelled samples that none before it saw."""
    adapter, every_s = scenario.method.adapter, scenario.method.trigger.every
    if adapter.steps * min(adapter.batch, adapter.window) > adapter.window:
        raise NoFormError("steps take samples of the window more than once")
    for cohort in scenario.fleet:
        if cohort.samples.arrivals == "recorded" or not cohort.labels.share or cohort.labels.after.mean:
            raise NoFormError("labels come late, or samples at no known rate")
        found = every_s * cohort.labels.share / cohort.samples.interval_s
        regular = cohort.samples.arrivals == "periodic" and cohort.labels.share == 1.0
        if found - (0.0 if regular else 4.0 * sqrt(found)) < adapter.window:
            raise NoFormError("rounds follow each other before the window is full of new samples")
