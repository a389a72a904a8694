"""Code of the user's own, named ``pkg.mod:Class`` in a scenario and let in by ``--allow-plugins``."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any


class PluginError(Exception):
    """A class that a scenario names cannot be loaded; the message is one line with the reason."""


def is_plugin(name: str) -> bool:
    """Return whether a name is a class of the user's own rather than one of the project's."""
    return ":" in name


def load_class(name: str) -> Any:
    """Import ``pkg.mod:Class``; modules are found in the working folder too.

    Raises:
        PluginError: no such module or class.
    """
    module, _, wanted = name.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    try:
        return getattr(import_module(module), wanted)
    except ImportError as error:
        raise PluginError(f"plugin '{name}': cannot import '{module}' ({error}); looked in {here} too") from error
    except AttributeError as error:
        raise PluginError(f"plugin '{name}': module '{module}' has no '{wanted}'") from error
