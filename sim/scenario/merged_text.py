"""A scenario with its overrides as one file: what was written, and none of the defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.scenario.layers import read_tree
from sim.scenario.loader import dump_plain, dump_resolved, load, overridden
from sim.scenario.problems import ScenarioErrors
from sim.scenario.tree import Text

#: Sections that are about other runs than this one.
_OTHER = ("sweep", "claims", "extends")


def merged_text(file: str | Path, overrides: Sequence[str], *, allow_plugins: bool = False) -> str:
    """Return the text of a scenario that is the file with its overrides; paths in it are absolute.

    Where what was written does not make the same scenario - options of a choice that was replaced are left - the long
    form with every default is returned.
    """
    words = [*overrides, "claims=[]"]
    wanted = load(file, words, allow_plugins=allow_plugins)
    tree = overridden(read_tree(file, []), words, None, [])
    written = {key: _plain(value) for key, value in tree.plain().items() if key not in _OTHER}
    text = dump_plain(written | {"name": wanted.name})
    try:
        same = load_text(text, allow_plugins=allow_plugins).fingerprint() == wanted.fingerprint()
    except ScenarioErrors:
        same = False
    return text if same else dump_resolved(wanted)


def load_text(text: str, *, allow_plugins: bool = False) -> Any:
    """Load a scenario from text."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="driftbed-text-") as made:
        path = Path(made) / "scenario.yaml"
        path.write_text(text, encoding="utf-8")
        return load(path, allow_plugins=allow_plugins)


def drift_of(file: str | Path, overrides: Sequence[str]) -> list[Any]:
    """Return the entries of a scenario's drift as they are written."""
    tree = overridden(read_tree(file, []), overrides, None, [])
    return [_plain(entry) for entry in tree.plain().get("drift") or []]


def _plain(value: Any) -> Any:
    """Return maps, lists and text without what they remember; a relative path to a file becomes an absolute one."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Text):
        there = value.folder / str(value).partition("!")[0]
        return str(value.folder / str(value)) if there.is_file() and "/" in value else str(value)
    return value
