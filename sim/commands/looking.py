"""The commands that play nothing: ``validate``, ``list`` without a kind, and ``doctor``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sim.commands.exits import BAD_INPUT, ENVIRONMENT, OK
from sim.scenario import ScenarioErrors, load, points

ROOT = Path(__file__).resolve().parents[2]


def validate(options: argparse.Namespace) -> int:
    """Check scenarios and say what is wrong, line by line."""
    wrong = 0
    for file in options.files:
        try:
            scenario = load(file, options.set, allow_plugins=options.allow_plugins)
            points(file, options.set, allow_plugins=options.allow_plugins)
        except ScenarioErrors as errors:
            print(errors, file=sys.stderr)
            wrong += 1
        else:
            print(f"{file}: ok ({scenario.name})")
    return BAD_INPUT if wrong else OK


def list_scenarios(options: argparse.Namespace) -> int:
    """List the scenarios that come with the project."""
    for path in sorted((ROOT / "scenarios").rglob("*.yaml")):
        try:
            scenario = load(path)
        except ScenarioErrors as errors:
            absent = all("there is no file" in problem.message for problem in errors.problems)
            why = "needs data that are not here" if absent else f"invalid: {len(errors.problems)} problems"
            print(f"{path.relative_to(ROOT)!s:<44} {why}, see 'validate'")
            continue
        devices = sum(cohort.devices for cohort in scenario.fleet)
        told = (scenario.description or "").strip().splitlines()
        print(f"{path.relative_to(ROOT)!s:<44} {devices:>8,} devices  {told[0] if told else ''}")
    return OK


def doctor(options: argparse.Namespace) -> int:
    """Check this installation."""
    from sim.doctor import examine

    sound, lines = examine(ROOT)
    print("\n".join(lines))
    return OK if sound else ENVIRONMENT
