"""Code of the user's own, named ``pkg.mod:Class`` in a scenario and let in by ``--allow-plugins``."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
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
        PluginError: no such module or class.
    """
    module, _, wanted = name.partition(":")
    try:
        return getattr(_imported(module), wanted)
    except ImportError as error:
        raise PluginError(f"plugin '{name}': cannot import '{module}' ({error}); looked in {Path.cwd()} too") from error
    except AttributeError as error:
        raise PluginError(f"plugin '{name}': module '{module}' has no '{wanted}'") from error


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
