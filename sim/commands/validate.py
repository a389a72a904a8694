"""The commands that run no scenario: ``validate``, ``list`` without a kind, and ``doctor``."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from agents.tabular.once import reading_once
from sim.commands.exits import BAD_INPUT, ENVIRONMENT, OK
from sim.commands.line_breaks import broken
from sim.program import HOME, IN_CLONE
from sim.reading import read_points, read_scenario
from sim.run.progress import Progress
from sim.run.rival import rival_of
from sim.scenario import Point, ScenarioErrors, load, points
from sim.scenario.error_location import located
from sim.scenario.problems import one_line
from sim.scenario.shipped import found, name_of, shipped


def validate(options: argparse.Namespace) -> int:
    """Check scenarios and all that they name; print what is wrong, line by line, or what was read.

    With ``--train``, also say where a linear model is better than the base model, which costs its training.
    """
    understood: dict[str, Any] = {}
    for file in options.files:
        try:
            understood[file] = _understood(found(file), options)
            if options.train:
                understood[file]["linear_model"] = _beside_linear(file, options)
        except ScenarioErrors as errors:
            print(errors, file=sys.stderr)
    if options.json:
        print(json.dumps(understood, indent=2))
    return OK if len(understood) == len(options.files) else BAD_INPUT


def _understood(file: str, options: argparse.Namespace) -> dict[str, Any]:
    """Read a scenario, and every point of its sweep; return what was read of the scenario itself."""
    scenario = load(file, options.set, allow_plugins=options.allow_plugins)
    played = points(file, options.set, allow_plugins=options.allow_plugins)
    others = [point for point in played if point.overrides]
    with reading_once():
        with located(file, options.set):
            read = read_scenario(scenario)
        if scenario.sweep is not None:
            _add_sweep(read, played)
        read_points(file, options.set, others, allow_plugins=options.allow_plugins)
    if not options.json:
        print(
            f"{file}: ok ({scenario.name})",
            *(broken(one_line(f"  {what}: {words}")) for what, words in read["in_words"].items()),
            sep="\n",
        )
    return read


def _add_sweep(read: dict[str, Any], played: Sequence[Point]) -> None:
    """Add what a sweep comes to: axes of a file that is extended stay, and are seen here."""
    axes = {path: len({point.values[path] for point in played}) for path in played[0].values}
    seeds = len({point.seed for point in played})
    read["sweep"] = {"runs": len(played), "settings": len(played) // seeds, "seeds": seeds, "axes": axes}
    counted = "; ".join(f"{path} {number}" for path, number in axes.items())
    settings = f"{len(played) // seeds:,} settings of {counted}" if axes else "one setting"
    read["in_words"]["sweep"] = f"{len(played):,} runs: {settings}; seeds {seeds}"


def _beside_linear(file: str, options: argparse.Namespace) -> dict[str, Any] | None:
    """Compare the base of a scenario with a linear model; warn where that one is better."""
    scenario = load(found(file), options.set, allow_plugins=options.allow_plugins)
    progress = Progress(scenario.name, scenario.duration, quiet=options.json)
    with located(found(file), options.set), closing(progress):
        rival = rival_of(scenario, progress.preparing)
    if rival is None or scenario.task is None:
        print(f"{file}: no linear model is trained where there is no task, or lists are ranked", file=sys.stderr)
        return None
    words = (
        f"linear minus base is {rival.middle:+.1%} [{rival.low:+.1%}, {rival.high:+.1%}] on {rival.samples} samples of "
        f"the validation split (base {rival.base:.1%}, linear {rival.linear:.1%})"
    )
    if rival.ahead:
        print(
            f"{file}: warning: task.model: a linear model is better than '{scenario.task.model.kind}': {words}; "
            "write 'model: logistic', or train longer",
            file=sys.stderr,
        )
    elif not options.json:
        print(broken(f"  linear model: {words}"))
    return rival._asdict() | {"ahead": rival.ahead}


def list_scenarios(options: argparse.Namespace) -> int:
    """List the scenarios that come with the project."""
    for path in shipped():
        shown = str(path.relative_to(HOME)) if IN_CLONE else name_of(path)
        try:
            scenario = load(path)
        except ScenarioErrors as errors:
            absent = all("there is no file" in problem.message for problem in errors.problems)
            why = _absent(errors) if absent else f"invalid: {len(errors.problems)} problems"
            print(broken(f"{shown:<44} {why}, see 'validate'"))
            continue
        devices = sum(cohort.devices for cohort in scenario.fleet)
        printed = (scenario.description or "").strip().splitlines()
        print(broken(f"{shown:<44} {devices:>8,} devices  {printed[0] if printed else ''}"))
    return OK


def _absent(errors: ScenarioErrors) -> str:
    """Return what to write to get the data that a scenario needs."""
    names = [name for problem in errors.problems for name in re.findall(r"'data get ([^']+)'", problem.message)]
    wanted = " ".join(dict.fromkeys(names))
    return f"needs data that are not here: data get {wanted}" if wanted else "needs data that are not here"


def doctor(options: argparse.Namespace) -> int:
    """Check this installation."""
    from sim.commands.installation import examine

    sound, lines = examine(HOME)
    print("\n".join(broken(line, 5) for line in lines))
    return OK if sound else ENVIRONMENT
