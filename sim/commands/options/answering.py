"""The options of the commands that play many runs for one answer."""

from __future__ import annotations

import argparse

from sim.commands.options.adding import Commands, add_jobs, add_scenario_options, at_least_one


def add_answering(commands: Commands) -> None:
    """Add ``solve``."""
    _add_solve(commands)


def _add_solve(commands: Commands) -> None:
    solve = commands.add(
        "solve",
        "solve:solve",
        "find the least or most of a quantity at which a metric meets a target",
        """\
        solve quickstart --minimise links.lte.up --such-that "accuracy >= 0.9" --between "9 bit/s" "1 kbit/s"
        solve mine.yaml --maximise method.trigger.every --such-that "gain >= 2 %" --between "10 s" "30 min"
        solve mine.yaml --minimise cloud.workers --such-that "delay_s <= 2 s" --between 1 64
        """,
    )
    solve.add_argument("file", help="scenario: a YAML file, or the name of one that 'list' has")
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


def add_answer_options(command: argparse.ArgumentParser) -> None:
    """Add where the runs of an answer go and how they are played."""
    add_scenario_options(command)
    command.add_argument("--out", metavar="DIR", help="the folder of its runs (default: a new one under runs/)")
    command.add_argument("--quiet", action="store_true", help="no progress")
    command.add_argument("--json", action="store_true", help="print what was found as JSON")
    add_jobs(command)


def share_of_one(text: str) -> float:
    """Read a share between 0 and 1."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no share between 0 and 1")
    return value
