"""The command line: from words to an exit code. Loads nothing heavy before it knows the command."""

from __future__ import annotations

import argparse
import gc
import os
import re
import sys
from collections.abc import Collection, Sequence
from difflib import get_close_matches

from sim.commands.exits import BAD_INPUT, ENVIRONMENT
from sim.commands.options import make_parser
from sim.program import HOME

QUICKSTART = HOME / "scenarios" / "quickstart.yaml"
_AT_ONCE = ("-h", "--help", "--version")
#: New objects between two searches for garbage: libraries are loaded as a million objects that stay, among which the
#: default, 700, searches in vain for a seventh of the time until a run begins.
_OBJECTS = 50_000


def main(arguments: Sequence[str] | None = None, name: str = "driftbed") -> int:
    """Carry out one command, by default that of this process; return its exit code.

    ``name`` is what the user started. Without a command the quickstart is swept.
    """
    try:
        os.getcwd()
    except FileNotFoundError:
        print("the folder in which this is started is gone; go to another one", file=sys.stderr)
        return ENVIRONMENT
    if arguments is None:
        gc.set_threshold(_OBJECTS)
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser, commands = make_parser(name)
    words = _completed(words, parser, commands)
    options, unknown = parser.parse_known_args(words)
    if unknown:
        parser.exit(BAD_INPUT, f"{parser.prog} {words[0]}: {_extra(unknown[0], commands[words[0]].format_usage())}\n")
    # A caller of this function may have threads, so its process must not be forked.
    options.owns_process = arguments is None
    from sim.commands import carry_out

    return carry_out(options)


def _completed(words: list[str], parser: argparse.ArgumentParser, commands: Collection[str]) -> list[str]:
    """Return the words with what is understood; end the process where the command is none."""
    if words[:1] == ["help"]:
        words = [*words[1:2], "--help"]
    if not words or (words[0].startswith("-") and words[0] not in _AT_ONCE):
        words = ["sweep", str(QUICKSTART), *words]
    if words[0] not in commands and not words[0].startswith("-"):
        parser.exit(BAD_INPUT, f"{parser.prog}: {_unknown(words[0], commands)}\n")
    return words


def _unknown(word: str, commands: Collection[str]) -> str:
    """Return what to write instead of a word that is no command."""
    if word.endswith((".yaml", ".yml")):
        return f"what is to be done with {word}? Write 'run {word}' or 'sweep {word}'"
    near = get_close_matches(word, commands, 1, 0.5)
    hint = f"did you mean '{near[0]}'?" if near else "'help' lists them"
    return f"there is no command '{word}'; {hint}"


def _extra(word: str, usage: str) -> str:
    """Return what to write instead of a word that a command does not take; its usage names all that it takes."""
    if not word.startswith("-"):
        return f"one word too many: '{word}'"
    option, _, _ = word.partition("=")
    near = get_close_matches(option.lstrip("-"), re.findall(r"--([\w-]+)", usage), 1, 0.6)
    hint = f"did you mean '--{near[0]}'?" if near else "'--help' lists them"
    return f"there is no option '{option}'; {hint}"
