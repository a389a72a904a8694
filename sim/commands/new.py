"""The command ``new``: writes a component that works, and a test of it that passes, for a user to go on from."""

from __future__ import annotations

import argparse
import keyword
import re
import shlex
import sys
from importlib.machinery import PathFinder
from pathlib import Path
from string import Template

from sim.commands.exits import OK, CommandError
from sim.program import HOME, IN_CLONE, program

_TEMPLATES = Path(__file__).with_name("templates")
KINDS = ("method", "task", "trigger")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def new(options: argparse.Namespace) -> int:
    """Write a component of a kind, and its test."""
    name, folder = _module(options.name), Path(options.out or ".")
    words = {"name": name, "Class": class_of(name), "title": name.replace("_", " ").capitalize(), "program": program()}
    texts = {
        folder / f"{name}.py": written(options.kind, words),
        folder / f"test_{name}.py": written(f"test_{options.kind}", words),
    }
    for path in texts:
        if path.exists():
            raise CommandError(f"{path}: is there already; choose another name or folder")
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
        print(path)
    print("\n".join(["", *_what_next(options.kind, name, folder)]))
    return OK


def class_of(name: str) -> str:
    """Return the name of the class in a module: ``two_words`` is ``TwoWords``."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def written(template: str, words: dict[str, str]) -> str:
    """Return the text of a template with its words put in."""
    return Template((_TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")).substitute(words)


def _module(name: str) -> str:
    """Return a name that a module of the user's can have.

    Raises:
        CommandError: it cannot.
    """
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise CommandError(f"NAME: '{name}' is no name of a module; write small letters, digits and _, as my_method")
    if name == "driftbed" or PathFinder.find_spec(name) is not None or name in sys.stdlib_module_names:
        raise CommandError(f"NAME: there is a module '{name}' already, which would be imported instead; try my_{name}")
    return name


def _what_next(kind: str, name: str, folder: Path) -> list[str]:
    inside = "" if folder == Path(".") else f"cd {shlex.quote(str(folder))}  # then:\n"
    path = f"PYTHONPATH={shlex.quote(str(HOME))} " if IN_CLONE and folder.resolve() != HOME else ""
    door = f"python {shlex.quote(str(HOME / 'run_sim.py'))}"
    start = program() if folder == Path(".") or not program().endswith(".py") else door
    where = "method.trigger.kind" if kind == "trigger" else "task.data.kind" if kind == "task" else "method.adapter"
    return [
        f"{inside}{path}python -m pytest test_{name}.py",
        f"{start} check {name}:{class_of(name)}",
        f"in a scenario: {where}: {name}:{class_of(name)}  (play it with --allow-plugins)",
    ]
