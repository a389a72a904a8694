"""Code of the user's own, named ``pkg.mod:Class`` in a scenario and let in by ``--allow-plugins``."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import Any


class PluginError(Exception):
    """A class that a scenario names cannot be loaded; the message is one line with the reason."""


def is_plugin(name: str) -> bool:
    """Return whether a name is a class of the user's own rather than one of the project's."""
    return ":" in name


def load_class(name: str) -> Any:
    """Import ``pkg.mod:Class``; modules are found in the working folder too, which then stays on ``sys.path``.

    Raises:
        PluginError: a name of another form, no such module or class, or a module that fails while it is imported.
    """
    module, _, wanted = name.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), wanted)) or module.endswith(".py"):
        raise PluginError(f"'{name}' names no class; write pkg.mod:Class, for example mine:Mine for that in mine.py")
    try:
        imported = _imported(module)
    except (Exception, SystemExit) as error:  # an error of a foreign module is its fault, and its writer's to mend
        raise PluginError(f"plugin '{name}': {_fault(module, error)}") from error
    if not hasattr(imported, wanted):
        raise PluginError(f"plugin '{name}': module '{module}' has no '{wanted}'")
    return getattr(imported, wanted)


def _fault(module: str, error: BaseException) -> str:
    """Return in one line why a module cannot be imported, with the line of it that failed."""
    said = (str(error).splitlines() or [""])[0]
    if isinstance(error, SyntaxError) and error.filename:
        place = ":".join(str(part) for part in (error.filename, error.lineno, error.offset) if part is not None)
        return f"cannot import '{module}' ({place}: {type(error).__name__}: {error.msg})"
    place = _place(error)
    if not place and isinstance(error, ImportError):
        return f"cannot import '{module}' ({said}); looked in {Path.cwd()} too"
    return f"cannot import '{module}' ({place and place + ': '}{type(error).__name__}{said and ': ' + said})"


def _place(error: BaseException) -> str:
    """Return ``file:line`` of the code of a module that failed, and not of a library that it called; else nothing."""
    frames = [one for one in extract_tb(error.__traceback__) if not one.filename.startswith("<frozen ")]
    # Before the module's own lines stand those that import it, here and in importlib.
    own = [one for one in frames if one.filename not in (__file__, import_module.__code__.co_filename)]
    if not own:
        return ""
    folder = str(Path(own[0].filename).parent)
    last = [one for one in own if one.filename.startswith(folder) and "site-packages" not in one.filename] or own
    return f"{last[-1].filename}:{last[-1].lineno}"


def _imported(name: str) -> ModuleType:
    """Import a module; only one that is nowhere else is looked for in the working folder."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        here = str(Path.cwd())
        if here in sys.path or error.name not in (name, name.partition(".")[0]):
            raise
        sys.path.append(here)
        return import_module(name)
