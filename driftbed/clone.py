"""In a clone, ``driftbed.sim`` is ``sim``: the same module under both names. What is installed has no such file."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("sim", "agents", "analysis")


class _Alias(Loader):
    """Gives a module that is there already, unchanged."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has just called it by the other name.
        module.__spec__ = self._spec


class _Finder(MetaPathFinder):
    """Finds ``driftbed.sim.x`` as ``sim.x``."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        top, _, name = fullname.partition(".")
        if top != "driftbed" or name.partition(".")[0] not in PACKAGES:
            return None
        return ModuleSpec(fullname, _Alias(name))


def install() -> None:
    """Let the folders of the clone be imported below ``driftbed``, too."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def clash() -> str:
    """Return what is wrong where another distribution's package would be imported instead of ours; else nothing."""
    for name in PACKAGES:
        found = importlib.util.find_spec(name)
        origin = Path(found.origin or "").resolve() if found else None
        if origin is None or ROOT not in origin.parents:
            return f"package '{name}' comes from {origin}, not from {ROOT}: remove the clash"
    return ""
