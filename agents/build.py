"""From a specification to a live data plane: train in the cloud, tabulate, and put devices into blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from math import ceil, sqrt
from typing import Any, cast

import numpy as np
import torch

from agents.contract import CohortSpec, FleetSpec, InputError, MessageSizes, Watch
from agents.contract.errors import error_location
from agents.data_plane import Fleet
from agents.drift.rate_modulation import make_arrivals
from agents.evaluation.features import DrawnFeatures, Features, PooledFeatures
from agents.evaluation.ground_truth import ground_truth_columns
from agents.evaluation.hindsight_oracle import hindsight_table
from agents.evaluation.plain_references import plain_references
from agents.evaluation.prequential import Evaluator
from agents.evaluation.ranking_references import see_lists
from agents.evaluation.raw_pool import RawPool
from agents.evaluation.references import BayesOptimal, Computed, Tabled, oracle_table, static_table
from agents.evaluation.score_bins import score_bins
from agents.fleet.cohort_parts import CohortParts
from agents.fleet.memory_plan import changed_names, require_messages, require_states
from agents.fleet.message_memory import writes_on_collect
from agents.layout import Layout
from agents.methods.base import CloudState, Deployed, Method, Payload
from agents.methods.making import method_of
from agents.models.base import Base
from agents.models.making import knows_views, make_net
from agents.models.ranking import ScoringHead
from agents.models.training import pretrain
from agents.pools import make_pool
from agents.pools.blueprint import Blueprint
from agents.progress import Report, reporting
from agents.service_time import past_payloads, past_windows
from agents.signals.values import PastFeatures
from agents.streams.arrivals import Arrivals
from agents.streams.base import History, PoolTask, Task
from agents.tasks.making import make_task
from agents.torch_device import require_seen

_NEARLY_ALL = np.array([0.999])
#: Samples a device can remember at most.
_DEEPEST = 4096
#: Rows of the past from which the moments of features are taken, at most.
_PAST_ROWS = 4096


def build_fleet(spec: FleetSpec, report: Report | None = None) -> Fleet:
    """Build the data plane of a scenario.

    Raises:
        InputError: data, drift or options that cannot be used; it names their path in the scenario.
        BackendError: the device is not here.
    """
    torch.set_num_threads(1)
    if spec.computes_here:
        require_seen(spec.device)
    blueprint, base = _drawn(spec, report)
    parts = blueprint.parts[0]
    method = parts.method
    from_data = not (method.payload_codec.fixed and method.update_codec.fixed)
    sizes = MessageSizes(method.payload_bytes, method.update_bytes, from_data)
    pool, cloud = make_pool(blueprint, spec.workers, spec.ray)
    columns = parts.columns, parts.device_columns

    def payloads() -> Payload:
        return past_payloads(method, parts.task.history(), base, blueprint.cloud)

    return Fleet(
        pool,
        cloud,
        sizes,
        *columns,
        watch=spec.watch,
        ground_truth=partial(ground_truth_columns, blueprint.layout, parts.task),
        expires_s=method.expires_s,
        learning_steps=method.learning_steps,
        writes_on_collect=writes_on_collect(method),
        costs=lambda: method.costs,
        payloads=payloads,
    )


def draw_blueprint(spec: FleetSpec, report: Report | None = None) -> Blueprint:
    """Train in the cloud, tabulate, and plan the blocks; raises as :func:`build_fleet`."""
    return _drawn(spec, report)[0]


def _drawn(spec: FleetSpec, report: Report | None) -> tuple[Blueprint, Base]:
    with error_location("task.data"):
        task = make_task(spec)
    with error_location("task.model"):
        net = make_net(spec.model, task.input_shape, task.classes, spec.model_options, known_of(spec, task))
    with error_location("method.adapter"):
        method = method_of(spec, net)
    _require_parts(spec, method)
    require_messages(method, spec.devices, spec.workers, spec.memory)
    history = task.history()
    base = pretrain(history, net, spec.pretrain, spec.seed, report)
    with reporting(report):
        cloud = method.prepare(history, base, spec.seed)
    changed = partial(_changed, spec, method, cloud, history, base)
    require_states(method, cloud, spec.devices, spec.workers, spec.memory, changed)
    features, evaluator = _seeing(task, base, spec.references, report, raw=method.sees == "raw", limit=spec.memory)
    evaluator = replace(evaluator, others=plain_references(spec.references, history, base, features))
    evaluator = replace(evaluator, bins=score_bins(method, cloud, history, base, cast(PoolTask, task)))
    with error_location("method.trigger"):
        evaluator = _watching(spec.watch, evaluator, method, base, history)
    return Blueprint(
        Layout(spec.cohorts), _parts(spec, task, features, evaluator, method), cloud, spec.device, spec.memory
    ), base


def _require_parts(spec: FleetSpec, method: Method) -> None:
    """Check that a method, or the one that it is around, has what the scenario asks of it.

    Raises:
        InputError: it does not learn on devices, or takes part in no rounds.
    """
    doing = getattr(method, "inner", method)
    for wanted, part, path, text in (
        (spec.learns, "learn", "method.learning", "does not learn on the device"),
        (spec.rounds, "broadcast", "method.trigger", "takes part in no rounds"),
    ):
        if wanted and getattr(type(doing), part, None) is getattr(Deployed, part):
            raise InputError(path, f"'{spec.adapter if doing is method else doing.name}' {text}")


def _changed(spec: FleetSpec, method: Method, cloud: CloudState, history: History, base: Base) -> set[str]:
    recent = past_windows(method, history, base, 1)
    return changed_names(method, cloud, recent, learns=spec.learns, rounds=spec.rounds)


def known_of(spec: FleetSpec, task: Task) -> dict[str, Any]:
    """Return what a net must know of the task, the views of a sample among it, where it is a net that knows views."""
    views = {"views": task.views} if task.views and knows_views(spec.model) else {}
    return {**task.net_options, **views}


def _seeing(
    task: Task, base: Base, references: Sequence[str], report: Report | None, *, raw: bool, limit: float | None
) -> tuple[Features, Evaluator]:
    """Return how samples become features, and what they are judged against: only what was asked for."""
    static, oracle = "static" in references, any(one.startswith("oracle") for one in references)
    if isinstance(base.head, ScoringHead):
        return see_lists(task, base, static, oracle)
    if task.pool_size == 0:
        drawn = Computed(base) if static else None, BayesOptimal() if oracle else None
        return DrawnFeatures(base), Evaluator(*drawn, base.net.metric)
    pool_task = cast(PoolTask, task)
    features = PooledFeatures(pool_task, base, report, RawPool.of_task(pool_task, limit) if raw else None)
    evaluator = Evaluator(
        static_table(pool_task, base, features) if static else None,
        _oracle(pool_task, base, features) if oracle else None,
        base.net.metric,
    )
    return features, evaluator


def _watching(
    watch: Sequence[Watch | str], evaluator: Evaluator, method: Method, base: Base, history: History
) -> Evaluator:
    """Return the judge that computes the signals watched, too.

    Raises:
        ValueError: the method has no gate.
    """
    if "gate" in watch and getattr(type(method), "gate", Deployed.gate) is Deployed.gate:
        raise ValueError(f"adapter {method.name} has no gate to ask by")
    signals = tuple(dict.fromkeys(one.signal for one in watch if isinstance(one, Watch)))
    past = None
    if "embedding_distance" in signals:
        past = PastFeatures.of(base.features(history.train.x[:_PAST_ROWS])[:, : base.head.context])
    return replace(evaluator, watched=signals, past=past)


def _oracle(task: PoolTask, base: Base, features: PooledFeatures) -> Tabled:
    return (oracle_table if task.hindsight is None else hindsight_table)(task, base, features)


def _parts(spec: FleetSpec, task: Task, features: Features, evaluator: Evaluator, method: Method) -> list[CohortParts]:
    """Return what the blocks of each cohort share, cohort by cohort."""
    return [
        CohortParts(
            spec.seed,
            task,
            features,
            evaluator,
            method,
            arrivals := make_arrivals(spec.seed, cohort, task),
            spec.tick_s,
            _history(method, cohort, arrivals, spec.references),
            spec.learns or spec.rounds,
            tuple(spec.watch),
            spec.logged,
        )
        for cohort in spec.cohorts
    ]


def _history(method: Method, cohort: CohortSpec, arrivals: Arrivals, references: Sequence[str]) -> int:
    """Return how many samples back a payload, or a reference, may have to reach."""
    labelled = method.window if method.needs_labels else int("no_change" in references)
    if not labelled or cohort.label_share <= 0:
        return method.window
    # Labels come to a share of the samples, and late: reach back past the delay of all but one in a thousand.
    delay_s = float(cohort.label_delay(_NEARLY_ALL)[0])
    # Recorded samples may come in bursts: for them the fullest such span is known.
    waiting = delay_s / arrivals.interval_s if arrivals.lawful else arrivals.most_within(delay_s)
    wanted = (labelled + 4 * sqrt(labelled)) / cohort.label_share
    return max(method.window, min(ceil(wanted + waiting + 4 * sqrt(waiting)), _DEEPEST))
