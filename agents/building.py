"""From a specification to a live data plane: train in the cloud, tabulate, and put devices into blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import ceil, sqrt
from typing import Any, cast

import numpy as np
import torch

from agents.arrivals import Arrivals
from agents.blame import about
from agents.contract import CohortSpec, FleetSpec, MessageSizes
from agents.devices import require_seen
from agents.features import DrawnFeatures, Features, PooledFeatures
from agents.fleet import Fleet
from agents.hindsight import hindsight_table
from agents.judging import Judge
from agents.layout import Layout
from agents.list_references import see_lists
from agents.methods import Method, make_method
from agents.models import Base, make_net
from agents.models.ranking import ScoringHead
from agents.models.training import pretrain
from agents.pacing import make_arrivals
from agents.plugins import is_plugin
from agents.pools import make_pool
from agents.pools.blueprint import Blueprint
from agents.raw_pool import RawPool
from agents.references import BayesOptimal, Computed, Tabled, oracle_table, static_table
from agents.stack import CohortParts
from agents.tasks import make_task
from agents.tasks.base import PoolTask, Task
from agents.truth import told_truth

_NEARLY_ALL = np.array([0.999])
#: Samples a device can remember at most.
_DEEPEST = 4096

#: Told (what is being prepared, share done in [0, 1]).
Report = Callable[[str, float], None]


def build_fleet(spec: FleetSpec, report: Report | None = None) -> Fleet:
    """Build the data plane of a scenario.

    Raises:
        InputError: data, drift or options that cannot be used; it names their path in the scenario.
        BackendError: the device is not here.
    """
    torch.set_num_threads(1)
    if spec.computes_here:
        require_seen(spec.device)
    blueprint = draw_blueprint(spec, report)
    method = blueprint.parts[0].method
    sizes = MessageSizes(method.payload_bytes, method.update_bytes)
    pool, cloud = make_pool(blueprint, spec.workers, spec.ray)
    truth = partial(told_truth, blueprint.layout, blueprint.parts[0].task)
    return Fleet(pool, cloud, sizes, blueprint.parts[0].columns, spec.watch, truth)


def draw_blueprint(spec: FleetSpec, report: Report | None = None) -> Blueprint:
    """Train in the cloud, tabulate, and plan the blocks; raises as :func:`build_fleet`."""
    with about("task.data"):
        task = make_task(spec)
    with about("task.model"):
        net = make_net(spec.model, task.input_shape, task.classes, _net_options(spec, task))
    with about("method.adapter"):
        method = make_method(spec.adapter, spec.adapter_options, spec.codec, net)
    history = task.history()
    base = pretrain(history, net, spec.pretrain, spec.seed, report)
    cloud = method.prepare(history, base, spec.seed)
    features, judge = _seeing(task, base, spec.references, report, raw=method.sees == "raw")
    return Blueprint(Layout(spec.cohorts), _parts(spec, task, features, judge, method), cloud, spec.device)


def _net_options(spec: FleetSpec, task: Task) -> dict[str, Any]:
    """Return the options of the net; one of the user's own is told the views of a sample, if it has several."""
    views = {"views": task.views} if task.views and is_plugin(spec.model) else {}
    return {**spec.model_options, **task.net_options, **views}


def _seeing(
    task: Task, base: Base, references: Sequence[str], report: Report | None, *, raw: bool
) -> tuple[Features, Judge]:
    """Return how samples become features, and what they are judged against: only what was asked for."""
    static, oracle = "static" in references, "oracle" in references
    if isinstance(base.head, ScoringHead):
        return see_lists(task, base, static, oracle)
    if task.pool_size == 0:
        drawn = Computed(base) if static else None, BayesOptimal() if oracle else None
        return DrawnFeatures(base), Judge(*drawn, base.net.measure)
    pool_task = cast(PoolTask, task)
    features = PooledFeatures(pool_task, base, report, RawPool.of_task(pool_task) if raw else None)
    judge = Judge(
        static_table(pool_task, base, features) if static else None,
        _oracle(pool_task, base, features) if oracle else None,
        base.net.measure,
    )
    return features, judge


def _oracle(task: PoolTask, base: Base, features: PooledFeatures) -> Tabled:
    return (oracle_table if task.hindsight is None else hindsight_table)(task, base, features)


def _parts(spec: FleetSpec, task: Task, features: Features, judge: Judge, method: Method) -> list[CohortParts]:
    """Return what the blocks of each cohort share, cohort by cohort."""
    return [
        CohortParts(
            spec.seed,
            task,
            features,
            judge,
            method,
            arrivals := make_arrivals(spec.seed, cohort, task),
            spec.tick_s,
            _history(method, cohort, arrivals),
        )
        for cohort in spec.cohorts
    ]


def _history(method: Method, cohort: CohortSpec, arrivals: Arrivals) -> int:
    """Return how many samples back a payload may have to reach."""
    if not method.needs_labels or cohort.label_share <= 0:
        return method.window
    # Labels come to a share of the samples, and late: reach back past the delay of all but one in a thousand.
    delay_s = float(cohort.label_delay(_NEARLY_ALL)[0])
    # Recorded samples may come in bursts: for them the fullest such span is known.
    waiting = delay_s / arrivals.interval_s if arrivals.lawful else arrivals.most_within(delay_s)
    wanted = (method.window + 4 * sqrt(method.window)) / cohort.label_share
    return min(ceil(wanted + waiting + 4 * sqrt(waiting)), _DEEPEST)
