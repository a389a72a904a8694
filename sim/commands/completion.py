"""The command ``completion``: a script for the shell, made from the parser."""

from __future__ import annotations

import argparse

import shtab

from sim.commands.exits import OK
from sim.commands.options import make_parser

#: Operands and options whose values are paths.
_FILES, _FOLDERS = ("file", "files", "labels", "cifar", "write"), ("folder", "folders", "out", "docs")


def completion(options: argparse.Namespace) -> int:
    """Print the script that completes ``driftbed`` in a shell."""
    parser, _ = make_parser("driftbed")
    for choice in _subparsers(parser).values():
        for action in choice._actions:
            paths = shtab.FILE if action.dest in _FILES else shtab.DIRECTORY if action.dest in _FOLDERS else None
            if paths is not None:
                action.complete = paths  # type: ignore[attr-defined]
    print(shtab.complete(parser, options.shell))
    return OK


def _subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    action = next(action for action in parser._actions if isinstance(action.choices, dict))
    # The help of the program lists commands itself; what is not shown would not be completed.
    action.help = None
    return dict(action.choices or {})
