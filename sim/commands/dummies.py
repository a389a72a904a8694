"""The command ``dummies``: a trigger beside triggers that see nothing and ask as often."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import NamedTuple

from rich.table import Table

import analysis
from agents.contract.component import OptionError
from analysis.metrics import METRICS, Metric
from analysis.runs import Run
from analysis.significance import holm, p_value
from analysis.statistics import Interval, paired_difference, student_interval
from analysis.terminal import terminal
from analysis.whole_files import whole_file
from sim.commands.exits import OK, CommandError
from sim.commands.json_text import json_text
from sim.commands.tries import trials_of
from sim.run.trying import Trials
from sim.scenario import Scenario, load
from sim.scenario.claims.measures import require_measure
from sim.scenario.expected import expected_asks
from sim.scenario.shipped import found
from sim.scenario.sweep import written_value

#: Triggers of which asking is not the devices' own.
_NOT_JUDGED = ("never", "rounds")
#: Columns of the table where there is no terminal.
WIDTH = 100


class Rival(NamedTuple):
    """A trigger over the seeds: requests and the metric of each, by seed."""

    name: str
    requests: Mapping[int, float]
    values: Mapping[int, float]


def dummies(options: argparse.Namespace) -> int:
    """Play a scenario, then with as many requests at random, in a steady pace and as a budget allows; compare them."""
    options.file = found(options.file)
    scenario = load(options.file, options.set, allow_plugins=options.allow_plugins)
    _require_judged(scenario, options.metric)
    expected = expected_asks(scenario)
    if expected is not None:
        _require_room(scenario, expected)
    trials = trials_of(options, f"{scenario.name}-dummies")
    real = _runs(trials, [])
    _require_room(scenario, max(len(run.exchanges) for run in real))
    kind = scenario.method.trigger.kind
    rivals = [_rival(kind, real, options.metric), *_dummies(scenario, trials, real, options)]
    record = [_record(rivals[0], one) for one in rivals]
    with whole_file(trials.folder / "dummies.json") as draft:
        draft.write_text(f"{json_text(record)}\n", encoding="utf-8")
    if options.json:
        print(json_text(record))
        return OK
    terminal(WIDTH).print(_table(rivals, options.metric))
    return OK


def _require_judged(scenario: Scenario, metric: str) -> None:
    """Check that there is a trigger to judge and that the metric is one.

    Raises:
        CommandError: there is none, or it is none.
    """
    try:
        require_measure(metric)
    except OptionError as error:
        raise CommandError(f"--metric: {error}") from error
    kind = scenario.method.trigger.kind
    if kind in _NOT_JUDGED:
        raise CommandError(f"method.trigger: '{kind}' does not let devices ask by themselves")


def _require_room(scenario: Scenario, requests: int) -> None:
    """Check that dummies, which ask at ticks, can ask as often.

    Raises:
        CommandError: they cannot.
    """
    most = ticks_of(scenario) * scenario.devices
    if requests > most:
        raise CommandError(
            f"method.trigger: asks {requests:,} times, and dummies, once a tick and device, {most:,} times at most; "
            "write a shorter tick"
        )


def ticks_of(scenario: Scenario) -> int:
    """Return how many ticks a device can ask at: all but the last."""
    return max(ceil(scenario.duration / scenario.tick - 1e-9) - 1, 0)


def _dummies(scenario: Scenario, trials: Trials, real: Sequence[Run], options: argparse.Namespace) -> Iterator[Rival]:
    """Play every dummy with as many requests as each of the seeds had."""
    played: dict[str, list[Run]] = {}
    for run in real:
        for name, trigger in equal_triggers(scenario, len(run.exchanges)).items():
            if not options.quiet:
                print(f"seed {run.seed}: {name}, {len(run.exchanges)} requests", file=sys.stderr)
            played.setdefault(name, []).extend(_one(trials, run.seed, f"method.trigger={trigger}"))
    for name, runs in played.items():
        yield _rival(name, runs, options.metric)


def equal_triggers(scenario: Scenario, requests: int) -> dict[str, str]:
    """Return triggers that see nothing, as a scenario writes them, with so many requests of the whole fleet.

    A bucket cannot be without a first token: it is left out where devices ask less than twice.
    """
    each = requests / scenario.devices
    if not requests:
        return {"random": "{kind: never}"}
    found = {
        "random": f"{{kind: dummy, alarms: {requests}}}",
        "periodic": f"{{kind: periodic, every: {scenario.duration / each!r} s}}",
    }
    if each >= 2:
        asks, per_s = _bucket(scenario, round(each))
        found["token bucket"] = f"{{kind: token_bucket, asks: {asks}, per: {per_s!r} s}}"
    return found


def _bucket(scenario: Scenario, each: int) -> tuple[int, float]:
    """Return the tokens of a bucket, and the time in which they come back, so that a device asks ``each`` times.

    Asks wait for a tick, and what comes into a full bucket is lost: one token comes back in whole ticks. Where no
    number of them leads to as many asks, a second token takes what would be lost.
    """
    later = ticks_of(scenario) - 1
    apart = max(later // (each - 1), 1)
    if 1 + later // apart == each:
        return 1, apart * scenario.tick
    return 2, 2 * later * scenario.tick / (each - 2)


def _runs(trials: Trials, changes: Sequence[str]) -> Sequence[Run]:
    runs: Sequence[Run] = analysis.as_sweep(analysis.open_folder(trials.play(changes))).runs
    return runs


def _one(trials: Trials, seed: int, change: str) -> Sequence[Run]:
    """Play one seed alone."""
    seeds, trials.seeds = trials.seeds, 1
    try:
        return _runs(trials, [f"seed={written_value(seed)}", change])
    finally:
        trials.seeds = seeds


def _rival(name: str, runs: Sequence[Run], metric: str) -> Rival:
    values = {run.seed: value for run in runs if (value := METRICS[metric].of(run)) is not None}
    return Rival(name, {run.seed: float(len(run.exchanges)) for run in runs}, values)


def _record(own: Rival, one: Rival) -> dict[str, object]:
    return {
        "trigger": one.name,
        "requests": student_interval(list(one.requests.values()))._asdict(),
        "value": student_interval(list(one.values.values()))._asdict(),
        "ahead": None if one is own else paired_difference(own.values, one.values)._asdict(),
    }


def _table(rivals: Sequence[Rival], name: str) -> Table:
    metric, own = METRICS[name], rivals[0]
    table = Table("trigger", "requests", f"{metric.label} {metric.unit}".strip(), "", box=None, pad_edge=False)
    apart = [paired_difference(own.values, one.values) for one in rivals[1:]]
    clear = holm([p_value(difference) for difference in apart])
    said = ["", *(f"{own.name} {_ahead(*pair, metric)}" for pair in zip(apart, clear, strict=True))]
    for one, words in zip(rivals, said, strict=True):
        requests = f"{student_interval(list(one.requests.values())).mean:,.0f}"
        table.add_row(one.name, requests, metric.show(student_interval(list(one.values.values())).mean), words)
    return table


def _ahead(difference: Interval, clear: bool, metric: Metric) -> str:
    """Say how far the trigger is from a dummy, and whether that is clear of chance (95 %, Holm over the dummies)."""
    half = metric.half(difference)
    return f"{metric.show(difference.mean, signed=True)}{half}{'' if clear else ', not clear of chance'}"
