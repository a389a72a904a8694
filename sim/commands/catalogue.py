"""The commands that show what a scenario can say: ``list``, ``describe`` and ``schema``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sim.commands.exits import BAD_INPUT, OK
from sim.commands.line_breaks import broken
from sim.scenario.json_schema import schema_text
from sim.scenario.problems import near_miss


def list_kind(options: argparse.Namespace) -> int:
    """List the components of a kind, or the scenarios that come with the project."""
    from sim.commands.validate import list_scenarios
    from sim.scenario.families import FAMILIES

    kinds = (*FAMILIES, "figures")
    if options.kind is None:
        code = list_scenarios(options)
        print()
        print(broken(f"list KIND shows what a scenario can choose from: {', '.join(kinds)}"))
        return code
    if options.kind not in kinds:
        print(f"there is no kind '{options.kind}'{near_miss(options.kind, kinds)}", file=sys.stderr)
        return BAD_INPUT
    if options.bytes and options.kind != "methods":
        print("--bytes goes with 'list methods' alone", file=sys.stderr)
        return BAD_INPUT
    print("\n".join(_figures() if options.kind == "figures" else _components(options.kind)))
    if options.bytes:
        print("", *_message_bytes(), sep="\n")
    return OK


def _message_bytes() -> list[str]:
    # Only here: methods are built, which loads torch.
    from agents.methods import METHODS
    from agents.methods.message_bytes import REFERENCE, message_bytes

    names = [name for name in METHODS if name != "probe"]
    width = max(map(len, names))
    sizes = ((name, *message_bytes(name)) for name in names)
    return [
        f"bytes of one message ({REFERENCE})",
        *(f"{name:<{width}}  up {up:>7,}  down {down:>7,}" for name, up, down in sizes),
    ]


def _components(family: str) -> list[str]:
    from sim.scenario.reference import rows_of

    rows = rows_of(family)
    width = max(len(name) for name, *_ in rows)
    return [broken(f"{name:<{width}}  {_line(*rest)}", width + 2) for name, *rest in rows]


def _line(about: str, paper: str, needs: str) -> str:
    return about + (f" [{paper}]" if paper else "") + (f" needs: {needs}" if needs else "")


def _figures() -> list[str]:
    from analysis.figures import FIGURES

    width = max(map(len, FIGURES))
    return [broken(f"{name:<{width}}  {figure.title}", width + 2) for name, figure in FIGURES.items()]


def describe(options: argparse.Namespace) -> int:
    """Describe a key of the grammar."""
    from sim.scenario.describing import UnknownKeyError
    from sim.scenario.describing import describe as described

    try:
        print(described(options.key))
    except UnknownKeyError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    return OK


def schema(options: argparse.Namespace) -> int:
    """Print the JSON schema of scenarios, or write the reference pages."""
    if options.docs is None:
        print(schema_text(), end="")
        return OK
    from sim.scenario.reference import pages

    folder = Path(options.docs)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
        print(folder / name)
    return OK
