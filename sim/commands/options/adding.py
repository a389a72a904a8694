"""Adds commands to a parser, with groups of options and examples, and the options that several commands share."""

from __future__ import annotations

import argparse
import re
import textwrap
from typing import Any

#: Columns of a narrow terminal, less one.
_WIDTH = 79
#: Options and groups are added to a parser, or to a group of it.
Options = Any


class Commands:
    """The commands of a parser, under the headings of its help."""

    def __init__(self, added: Any, name: str) -> None:
        self._added, self._name = added, name
        self.headings: dict[str, dict[str, str]] = {}

    def begin(self, heading: str) -> None:
        """Put the commands that follow under a heading."""
        self.headings[heading] = {}

    def add(self, name: str, does: str, text: str, examples: str = "") -> argparse.ArgumentParser:
        """Add a command that ``does`` a function (``module:function`` below ``sim.commands``).

        ``examples`` are lines of words after the name of the program.
        """
        lines = [_broken(f"  {self._name} {line}") for line in textwrap.dedent(examples).strip().splitlines()]
        command: argparse.ArgumentParser = self._added.add_parser(
            name,
            help=text,
            description=textwrap.fill(f"{text[0].upper()}{text[1:]}.", _WIDTH),
            epilog="\n".join(["examples:", *lines]) if lines else None,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        self.headings[list(self.headings)[-1]][name] = text
        command.set_defaults(command=does)
        command.add_argument("--debug", action="store_true", help="show tracebacks")
        return command


def _broken(line: str) -> str:
    """Return an example as a shell takes it in lines that fit a terminal; what is quoted stays whole."""
    lines = [""]
    for word in re.findall(r'\s*(?:"[^"]*"|\S)+', line):
        if len(lines[-1]) + len(word) > _WIDTH - 2:
            lines.append("    ")
        lines[-1] += word
    return " \\\n".join(lines)


def add_scenario(parser: Options) -> None:
    """Add the scenario, and what changes it as it is read."""
    parser.add_argument("file", help="scenario: a YAML file, or the name of one that 'list' has")
    add_scenario_options(parser)


def add_scenario_options(parser: Options) -> None:
    """Add what changes a scenario as it is read."""
    parser.add_argument("--set", action="append", default=[], metavar="A.B=C", help="override a value, as in the file")
    parser.add_argument("--allow-plugins", action="store_true", help="import classes that the scenario names")


def add_folder_options(parser: argparse.ArgumentParser) -> None:
    """Add where a run goes."""
    group = parser.add_argument_group("the run folder")
    group.add_argument("--out", metavar="DIR", help="the run folder (default: a new one under runs/)")
    group.add_argument("--force", action="store_true", help="replace a run that is already there")


def add_play_options(parser: argparse.ArgumentParser) -> None:
    """Add where and how a run is computed; none of it changes the result."""
    group = parser.add_argument_group("where it is computed (the digest stays the same)")
    group.add_argument("--workers", type=count, metavar="N", help="worker processes; 0: in this process")
    group.add_argument(
        "--ray-address", metavar="ADDRESS", help="the Ray cluster to work on: auto, HOST:PORT, ray://..."
    )
    group.add_argument(
        "--engine",
        choices=("auto", "simpy", "compiled"),
        default="auto",
        help="what plays the exchanges; auto: the compiled engine where there are many and it can (default: auto)",
    )
    group.add_argument(
        "--check",
        action="store_true",
        help="check causality, conservation of bytes and Little's law as the run goes on (tests always do)",
    )
    shown = parser.add_argument_group("what is shown")
    shown.add_argument("--quiet", action="store_true", help="no progress")
    shown.add_argument("--json", action="store_true", help="print the summary as JSON")


def add_live(parser: argparse.ArgumentParser) -> None:
    """Add the view of a run."""
    parser.add_argument(
        "--live", action="store_true", help="show time, accuracy, queue and bytes as it goes on, not a bar alone"
    )


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """Add how many points run at once."""
    parser.add_argument(
        "--jobs", type=at_least_one, metavar="N", help="points of a sweep at once (default: as many as cores)"
    )


def add_no_check(*commands: argparse.ArgumentParser) -> None:
    """Add that files may have changed since they were written."""
    for command in commands:
        command.add_argument("--no-check", action="store_true", help="do not compare files with their SHA256SUMS")


def at_least_one(text: str) -> int:
    """Read a whole number from 1 on."""
    if count(text) == 0:
        raise argparse.ArgumentTypeError("at least 1 is wanted")
    return int(text)


def count(text: str) -> int:
    """Read a whole number from 0 on."""
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number from 0 on")
    return int(text)


def port(text: str) -> int:
    """Read the number of a port; 0 for any that is free."""
    if count(text) > 65535:
        raise argparse.ArgumentTypeError("ports end at 65535")
    return int(text)
