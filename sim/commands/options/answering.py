"""The options of the commands that play many runs for one answer."""

from __future__ import annotations

import argparse
import math

from sim.commands.options.adding import Commands, add_jobs, add_scenario, at_least_one


def add_answering(commands: Commands) -> None:
    """Add ``solve``, ``hunt``, ``dummies``, ``fit``, ``surrogate`` and ``study``."""
    _add_solve(commands)
    _add_hunt(commands)
    _add_dummies(commands)
    _add_fit(commands)
    _add_surrogate(commands)
    _add_study(commands)


def _add_study(commands: Commands) -> None:
    study = commands.add(
        "study",
        "study:study",
        "play the sweeps of a study, and write its tables",
        """\
        study family
        study family --only contexts,systems --full --jobs 4
        study family --full --page docs/family.md
        """,
    )
    study.add_argument("name", help="a folder of scenarios that has sweeps, for example family")
    study.add_argument("--only", metavar="A,B", help="these of its sweeps (default: all)")
    study.add_argument("--full", action="store_true", help="as the files say; else 8 devices a cohort and 2 seeds")
    study.add_argument("--seeds", type=at_least_one, metavar="N", help="the first N seeds of each sweep, and no more")
    study.add_argument("--played", action="store_true", help="play nothing: tables and figures of what is there")
    study.add_argument("--out", metavar="DIR", help="where all runs go (default: runs/study-NAME-TIER)")
    study.add_argument("--page", metavar="FILE", help="put the tables on this page, between its marks")
    study.add_argument("--quiet", action="store_true", help="no progress")
    add_jobs(study)


def _add_solve(commands: Commands) -> None:
    solve = commands.add(
        "solve",
        "solve:solve",
        "find the value at which a metric meets a target",
        """\
        solve quickstart --minimise links.lte.up --such-that "accuracy >= 0.9" --between "9 bit/s" "1 kbit/s"
        solve mine.yaml --maximise method.trigger.every --such-that "gain >= 2 %" --between "10 s" "30 min"
        solve mine.yaml --minimise cloud.workers --such-that "delay_s <= 2 s" --between 1 64
        """,
    )
    which = solve.add_mutually_exclusive_group(required=True)
    which.add_argument("--minimise", metavar="PATH", help="what there should be little of: a rate, workers")
    which.add_argument(
        "--maximise", metavar="PATH", help="what there may be much of: a latency, the time between requests"
    )
    solve.add_argument("--such-that", required=True, metavar="TEXT", help="METRIC >= AMOUNT, or <=")
    solve.add_argument("--between", required=True, nargs=2, metavar=("LOW", "HIGH"), help="the range")
    solve.add_argument(
        "--seeds", type=at_least_one, default=5, metavar="N", help="paired seeds of each try (default: 5)"
    )
    solve.add_argument(
        "--tolerance", type=share_of_one, default=0.05, metavar="SHARE", help="how close is enough (default: 0.05)"
    )
    add_answer_options(solve)


def _add_hunt(commands: Commands) -> None:
    hunt = commands.add(
        "hunt",
        "hunt:hunt",
        "find where a method loses most against a rival",
        """\
        hunt mine.yaml --tries 40
        hunt mine.yaml --rival persona --over links.lte.latency "1 ms" "1 min"
        """,
    )
    hunt.add_argument("--rival", default="static", metavar="METHOD", help="what it is compared with (default: static)")
    hunt.add_argument("--metric", default="accuracy", metavar="NAME", help="what is compared (default: accuracy)")
    hunt.add_argument(
        "--over",
        action="append",
        nargs=3,
        metavar=("PATH", "LOW", "HIGH"),
        help="what is moved (default: rates, latency, the delay of labels, the time between requests)",
    )
    hunt.add_argument(
        "--tries", type=at_least_one, default=32, metavar="N", help="settings that are tried (default: 32)"
    )
    hunt.add_argument("--seeds", type=at_least_one, default=3, metavar="N", help="paired seeds of each (default: 3)")
    add_answer_options(hunt)


def _add_dummies(commands: Commands) -> None:
    dummies = commands.add(
        "dummies",
        "dummies:dummies",
        "compare a trigger with others that see nothing and ask as often",
        """\
        dummies detected
        dummies mine.yaml --metric accuracy_after_drift --seeds 10
        """,
    )
    dummies.add_argument("--metric", default="accuracy", metavar="NAME", help="what is compared (default: accuracy)")
    dummies.add_argument("--seeds", type=at_least_one, default=5, metavar="N", help="paired seeds (default: 5)")
    add_answer_options(dummies)


def _add_fit(commands: Commands) -> None:
    fit = commands.add(
        "fit",
        "fit:fit",
        "fit a law of links to a recorded rate",
        """\
        fit Verizon-LTE-short.up
        fit norway_bus_1 --unit Mbit/s --time-unit s --held-out norway_bus_2 norway_bus_3 --out fits/bus
        """,
    )
    fit.add_argument("trace", help="the recording, of any form that scenarios read")
    fit.add_argument("--held-out", nargs="+", default=[], metavar="FILE", help="other recordings, to judge the fit by")
    fit.add_argument("--states", type=at_least_one, default=8, metavar="N", help="levels of the rate (default: 8)")
    fit.add_argument(
        "--bin", dest="bin_s", type=seconds, default=0.1, metavar="S", help="count packets over so long (default: 0.1)"
    )
    fit.add_argument("--links", type=at_least_one, default=100, metavar="N", help="links to judge (default: 100)")
    fit.add_argument("--seed", type=int, default=0, help="of the links (default: 0)")
    fit.add_argument("--unit", help="of the rates, where the file does not say it")
    fit.add_argument("--time-unit", help="of the times, where the file does not say it")
    fit.add_argument("--column", type=column, help="of the rates: a name, or a number from 1")
    fit.add_argument("--out", metavar="DIR", help="write a figure there")
    fit.add_argument("--json", action="store_true", help="print the figures as JSON")


def _add_surrogate(commands: Commands) -> None:
    measured = commands.add(
        "surrogate",
        "surrogate:surrogate",
        "measure accuracy in a small run, to replay it for a large fleet",
        """\
        surrogate mine.yaml --table mine.json
        surrogate mine.yaml --table mine.json --seeds 4 --check 5 --set fleet.phones.devices=50
        """,
    )
    measured.add_argument(
        "--table", required=True, metavar="FILE", help="what is written; 'run --set task.surrogate=FILE' replays it"
    )
    measured.add_argument("--force", action="store_true", help="replace a table that is already there")
    measured.add_argument(
        "--seeds", type=at_least_one, default=2, metavar="N", help="seeds that are measured (default: 2)"
    )
    measured.add_argument(
        "--check", type=at_least_one, default=3, metavar="N", help="other seeds, played both ways (default: 3)"
    )
    add_answer_options(measured)


def add_answer_options(command: argparse.ArgumentParser) -> None:
    """Add where the runs of an answer go and how they are played."""
    add_scenario(command)
    command.add_argument("--out", metavar="DIR", help="the folder of its runs (default: a new one under runs/)")
    command.add_argument("--quiet", action="store_true", help="no progress")
    command.add_argument("--json", action="store_true", help="print what was found as JSON")
    add_jobs(command)


def seconds(text: str) -> float:
    """Read a time in seconds, above zero."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"'{text}' is no time in seconds above zero")
    return value


def column(text: str) -> str | int:
    """Read a column: its name, or its number from 1."""
    return int(text) if text.isdecimal() else text


def share_of_one(text: str) -> float:
    """Read a share between 0 and 1."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no share between 0 and 1")
    return value
