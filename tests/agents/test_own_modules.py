"""Modules of a user's own: what is wrong with them is said in one line, at the place where it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agents.contract.plugins import PluginError, load_class


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a working folder in which modules are found."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = = 3\n", "own.py:1:5: SyntaxError: invalid syntax)"),
        ("def f():\n  x = 1\n\ty = 2\n", "own.py:3:1: TabError: inconsistent use of tabs"),
        ("x = 1\n\0\n", "cannot import 'own' (SyntaxError: source code string cannot contain null bytes)"),
        ("import math\nmissing\n", "own.py:2: NameError: name 'missing' is not defined)"),
        # What a library lacks is no fault of the library, nor is it the class that is missing.
        ("import numpy as np\n\nnp.foo\n", "own.py:3: AttributeError: module 'numpy' has no attribute 'foo')"),
        ("import no_such_module\n", "own.py:1: ModuleNotFoundError: No module named 'no_such_module')"),
        ("import other\n", "other.py:1: ZeroDivisionError: division by zero)"),
        ("import sys\nsys.exit(3)\n", "own.py:2: SystemExit: 3)"),
        ("raise ValueError('one\\ntwo')\n", "own.py:1: ValueError: one)"),
        ("x = 1\n", "plugin 'own:Mine': module 'own' has no 'Mine'"),
    ],
)
def test_a_module_that_fails_is_told_with_its_line(folder: Path, text: str, said: str) -> None:
    (folder / "own.py").write_text(text, "utf-8")
    (folder / "other.py").write_text("1 / 0\n", "utf-8")
    with pytest.raises(PluginError, match=re.escape(said)) as caught:
        load_class("own:Mine")
    __import__("sys").modules.pop("own", None)
    assert str(caught.value).startswith("plugin 'own:Mine': ")
    assert "\n" not in str(caught.value)


def test_a_module_that_is_nowhere_is_told_with_the_folder_that_was_searched(folder: Path) -> None:
    with pytest.raises(PluginError, match=re.escape(f"(No module named 'nowhere'); looked in {folder} too")):
        load_class("nowhere:Mine")


@pytest.mark.parametrize("name", [":Mine", ".own:Mine", "own:", "own.py:Mine", "own:a.b", "my own:Mine", "a:b:c"])
def test_a_name_of_another_form_is_told_how_to_write_it(name: str) -> None:
    with pytest.raises(PluginError, match=re.escape(f"'{name}' names no class; write pkg.mod:Class")):
        load_class(name)
