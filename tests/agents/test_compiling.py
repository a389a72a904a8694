"""A function is compiled by one process of several that begin together; the others load what it made."""

from __future__ import annotations

import inspect
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from runpy import run_path
from threading import Barrier
from time import sleep
from typing import Any

from numba.core import config

from agents.compiling import compiled_into, in_one_process


def test_several_at_once_wait_for_the_first(tmp_path: Path) -> None:
    kept, made, begin = tmp_path / "module.answer-1.py311.nbi", [], Barrier(3)

    def compiling(signature: Any) -> bool:
        loaded = kept.exists()
        if not loaded:
            sleep(0.05)
            kept.touch()
            made.append(signature)
        return loaded

    def begun(signature: str) -> bool:
        begin.wait()
        return bool(in_one_process(compiling, tmp_path, "answer")(signature))

    with ThreadPoolExecutor(3) as threads:
        loaded = list(threads.map(begun, ["int64(int64)"] * 3))
    assert sorted(loaded) == [False, True, True]
    assert made == ["int64(int64)"]
    assert not list(tmp_path.glob("*.lock"))


def test_what_is_compiled_for_given_types_is_kept_and_takes_no_others(tmp_path: Path) -> None:
    function = compiled_into(tmp_path, _twice, ["int64(int64)"])
    assert function(21) == 42
    assert [list(function.signatures[0])] == [[function.typeof_pyval(21)]]  # type: ignore[attr-defined]
    assert isinstance(function(2.5), int)
    assert list(tmp_path.rglob("*_twice-*.nbi"))


def test_a_copy_of_the_sources_finds_what_was_compiled_elsewhere(tmp_path: Path) -> None:
    source = inspect.getsource(_twice)
    hits = []
    for name in ("here", "there"):
        file = tmp_path / name / "module.py"
        file.parent.mkdir()
        file.write_text(f"from typing import Any\n\n\n{source}", "utf-8")
        function: Any = compiled_into(tmp_path / "code", run_path(str(file))["_twice"], ["int64(int64)"])
        assert function(21) == 42
        hits.append(sum(function.stats.cache_hits.values()))
    assert hits == [0, 1]


def test_numba_keeps_the_code_of_others_where_it_did(tmp_path: Path) -> None:
    before = dict(vars(config))
    compiled_into(tmp_path, _twice, ["int64(int64)"])
    assert vars(config) == before


def _twice(number: Any) -> Any:
    return 2 * number
