"""The options of each command, and the help that shows them. Imports nothing but argparse."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from sim.commands.options.adding import Commands
from sim.commands.options.answering import add_answering
from sim.commands.options.looking import add_looking, add_machine
from sim.commands.options.playing import add_playing
from sim.commands.options.showing import add_showing
from sim.program import VERSION

_ABOUT = "Simulates device-cloud adaptation under drift in virtual time."
_END = """\
Without a command the quickstart is swept; options such as --out or --seed may
follow. '{name} help COMMAND' has the options of one, with examples.
Exit codes: 0 ok, 1 failed, 2 bad input (what was named is wrong, is not there
or cannot be read), 3 environment (this machine lacks something, or does not
let it be written), 4 partial and resumable, 130 interrupted and resumable."""


def make_parser(name: str) -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """Return the parser of a program of this name, and those of all commands by name."""
    parser = argparse.ArgumentParser(
        prog=name,
        usage=f"{called(name)} COMMAND ...",
        description=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"driftbed {VERSION}")
    added = parser.add_subparsers(prog=called(name), metavar="COMMAND", required=True, help=argparse.SUPPRESS)
    commands = Commands(added, called(name))
    for heading, add in GROUPS.items():
        commands.begin(heading)
        add(commands)
    parser.epilog = "\n\n".join([*_listing(commands.headings), _END.format(name=called(name))])
    return parser, dict(added.choices)


def called(name: str) -> str:
    """Return what a user writes to start a program of this name."""
    return f"python {name}" if name.endswith(".py") else name


#: Heading of the help -> adds the commands below it.
GROUPS = {
    "play scenarios": add_playing,
    "see what came out": add_showing,
    "find an answer": add_answering,
    "choose, write and check": add_looking,
    "this machine": add_machine,
}


def _listing(headings: Mapping[str, Mapping[str, str]]) -> list[str]:
    width = max(len(name) for below in headings.values() for name in below)
    return [
        "\n".join([f"{heading}:", *(f"  {name:<{width}}  {text}" for name, text in below.items())])
        for heading, below in headings.items()
    ]
