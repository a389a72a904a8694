"""Builds the wheel: one package ``driftbed`` that holds all others, so that nothing it installs clashes.

In the tree, ``sim``, ``agents`` and ``analysis`` lie side by side and are imported by these names. Other distributions
have packages of the same names, so the wheel has ``driftbed.sim`` ..., and every import of ours, and every name of a
module of ours in a text (rows of tables, ``-m``, messages), is rewritten on the way. ``pip install -e .`` takes the
tree as it is.
"""

from __future__ import annotations

import ast
import io
import re
import shutil
import tempfile
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ABOVE = "driftbed"
PACKAGES = ("sim", "agents", "analysis")
#: Folder of the tree -> its place below ``driftbed``.
DATA = {"scenarios": "scenarios", "docs/reference": "docs/reference"}
FILES = {"docs/glossary.md": "docs/glossary.md"}
#: What only a clone needs.
LEFT_OUT = ("clone.py",)
_NAMED = re.compile(rf"(?<![\w./])({'|'.join(PACKAGES)})((?:\.[A-Za-z_]\w*)+)")
_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc", *LEFT_OUT)


class RewriteError(Exception):
    """A source names a module of ours in a way that is not understood; the message has file and line."""


class WheelLayout(BuildHookInterface):
    """Puts the rewritten tree into the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard":
            self._made = tempfile.TemporaryDirectory(prefix="driftbed-wheel-")
            package = Path(self._made.name) / ABOVE
            write_package(Path(self.root), package)
            build_data["force_include"][str(package)] = ABOVE

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version == "standard":
            self._made.cleanup()


def write_package(root: Path, package: Path) -> None:
    """Write the tree at ``root`` as one package.

    Raises:
        RewriteError: a source cannot be rewritten.
    """
    shutil.copytree(root / ABOVE, package, ignore=_IGNORED)
    for name in PACKAGES:
        shutil.copytree(root / name, package / name, ignore=_IGNORED)
    for folder, place in DATA.items():
        shutil.copytree(root / folder, package / place, ignore=_IGNORED)
    for file, place in FILES.items():
        shutil.copy(root / file, package / place)
    modules = modules_of(root)
    for path in sorted(package.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        path.write_text(rewritten(source, modules, str(path.relative_to(package))), encoding="utf-8")


def modules_of(root: Path) -> set[str]:
    """Return the dotted names of all modules in the tree that are rewritten."""
    files = [path.relative_to(root) for name in PACKAGES for path in (root / name).rglob("*.py")]
    return {".".join(file.with_suffix("").parts).removesuffix(".__init__") for file in files}


def rewritten(source: str, modules: set[str], file: str = "") -> str:
    """Return a source in which all our modules are named below ``driftbed``.

    Raises:
        RewriteError: what is not understood.
    """
    lines = source.splitlines(keepends=True)
    edits = [*_imports(ast.parse(source), file), *_texts(source, modules, file)]
    for line, start, end, text in sorted(edits, reverse=True):
        before = lines[line - 1]
        lines[line - 1] = before[:start] + text + before[end:]
    result = "".join(lines)
    ast.parse(result)
    return result


#: A line, columns from and to, and what is written there instead.
Edit = tuple[int, int, int, str]


def _imports(tree: ast.Module, file: str) -> Iterator[Edit]:
    """Yield the edits of import statements."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level and _ours(node.module or ""):
            start = node.col_offset + len("from ")
            yield node.lineno, start, start, f"{ABOVE}."
        elif isinstance(node, ast.Import) and any(_ours(alias.name) for alias in node.names):
            yield _plain_import(node, file)


def _plain_import(node: ast.Import, file: str) -> Edit:
    """Return the edit of ``import sim.x``, which binds ``sim``, and of ``import sim.x as y``, which binds ``y``."""
    if len(node.names) > 1 or node.end_lineno != node.lineno:
        raise RewriteError(f"{file}:{node.lineno}: import modules of ours one by one, each on a line")
    (alias,) = node.names
    if alias.asname:
        text = f"import {ABOVE}.{alias.name} as {alias.asname}"
    else:
        text = f"import {ABOVE}.{alias.name}; from {ABOVE} import {alias.name.partition('.')[0]}"
    return node.lineno, node.col_offset, int(node.end_col_offset or 0), text


def _texts(source: str, modules: set[str], file: str) -> Iterator[Edit]:
    """Yield the edits of texts that name modules of ours, wherever in a text they stand."""
    lines = source.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        # From Python 3.12 on the parts of f-strings are tokens of their own.
        if token.type == tokenize.STRING or tokenize.tok_name[token.type] == "FSTRING_MIDDLE":
            for found in _NAMED.finditer(token.string):
                if _names_module(found, modules) and not _in_code(token.string, found.start()):
                    line, column = _place(token, found.start())
                    if not lines[line - 1][column:].startswith(found[0]):
                        raise RewriteError(f"{file}:{line}: '{found[0]}' in a text of which the place is not known")
                    yield line, column, column, f"{ABOVE}."


def _in_code(text: str, position: int) -> bool:
    """Return whether a place in the text of a token lies between the braces of an f-string."""
    if "f" not in text.partition(text.lstrip("rRbBfFuU")[:1])[0].lower():
        return False
    before = text[:position].replace("{{", "").replace("}}", "")
    return before.count("{") > before.count("}")


def _place(token: tokenize.TokenInfo, position: int) -> tuple[int, int]:
    """Return line and column of a place in the text of a token."""
    above = token.string[:position].count("\n")
    column = position - (token.string.rfind("\n", 0, position) + 1)
    return token.start[0] + above, column + (0 if above else token.start[1])


def _names_module(found: re.Match[str], modules: set[str]) -> bool:
    """Return whether the first two parts of a dotted name are a module of ours: ``sim.x``, or ``sim.x.y:z``."""
    return f"{found[1]}.{found[2].split('.')[1]}" in modules


def _ours(module: str) -> bool:
    return module.partition(".")[0] in PACKAGES


def get_build_hook() -> type[BuildHookInterface]:
    return WheelLayout
