"""The options of the commands that play scenarios."""

from __future__ import annotations

import argparse

from sim.commands.options.adding import (
    Commands,
    add_folder_options,
    add_jobs,
    add_live,
    add_play_options,
    add_scenario,
    add_scenario_options,
)


def add_playing(commands: Commands) -> None:
    """Add ``run``, ``sweep``, ``resume`` and ``fork``."""
    run = commands.add(
        "run",
        "run:run",
        "run one scenario",
        """\
        run quickstart
        run mine.yaml --set links.lte.up="32 kbit/s" --seed 3
        run quickstart --live
        run mine.yaml --allow-plugins --set method.adapter=mine:Recentre
        """,
    )
    sweep = commands.add(
        "sweep",
        "run:sweep",
        "run every point of a sweep",
        """\
        sweep mine.yaml --jobs 4
        sweep mine.yaml --set "sweep={grid: {links.lte.up: [1 kbit/s]}}"
        sweep mine.yaml --dry-run
        sweep mine.yaml --resume --set sweep.seeds=10
        """,
    )
    add_live(run)
    for command in (run, sweep):
        _add_played(command)
        add_folder_options(command)
        add_play_options(command)
    sweep.add_argument(
        "--resume", action="store_true", help="go on with the newest sweep of this file, or that in --out; add seeds"
    )
    sweep.add_argument(
        "--dry-run", action="store_true", help="say how many points, how long and how much disk; play a few ticks"
    )
    add_jobs(sweep)
    _add_resume(commands)
    _add_fork(commands)


def _add_played(command: argparse.ArgumentParser) -> None:
    add_scenario(command)
    command.add_argument("--seed", type=int, help="replace the scenario's seed")
    command.add_argument("--eager", action="store_true", help="settle after every order: slower, the same digest")


def _add_resume(commands: Commands) -> None:
    resume = commands.add(
        "resume", "run:resume", "go on with a run or sweep that was cut short", "resume runs/mine-001"
    )
    resume.add_argument("folder", help="its folder")
    resume.add_argument("--allow-plugins", action="store_true", help="import classes that the scenario names")
    add_jobs(resume)
    add_play_options(resume)


def _add_fork(commands: Commands) -> None:
    fork = commands.add(
        "fork",
        "run:fork",
        "repeat a run from some tick on with another link, trigger or service",
        """\
        fork runs/mine-001 --at "5 min" --set links.lte.up="1 Mbit/s"
        fork runs/mine-001 --at "5 min" --set method.trigger.every="10 s"
        """,
    )
    fork.add_argument("folder", help="the run")
    add_live(fork)
    fork.add_argument(
        "--at",
        required=True,
        metavar="TIME",
        help="when the change takes effect: a tick, as '5 min' (latency, jitter, service: of requests asked from then)",
    )
    add_scenario_options(fork)
    add_folder_options(fork)
    add_play_options(fork)
