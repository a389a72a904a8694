"""Whatever stands in a file: a scenario comes out, or problems with a place; never anything else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.scenario import Problem, ScenarioErrors
from sim.scenario.layers import read_tree, with_override
from sim.scenario.loader import check

Write = Callable[..., Path]

quiet = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
words = st.sampled_from(
    [
        "kind",
        "on",
        "trace",
        "rate",
        "lognormal",
        "persona",
        "lte",
        "5 s",
        "-1 s",
        "5 Mbit/s",
        "1 %",
        "all",
        "x:Y",
    ]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in items for place in places(item, (*path, key)))]


def with_value(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    inside = with_value(value[path[0]], path[1:], new)
    if isinstance(value, dict):
        return value | {path[0]: inside}
    return [*value[: path[0]], inside, *value[path[0] + 1 :]]


def problems_of(load: Callable[[], object]) -> list[Problem]:
    """Return what is wrong; whatever else is raised fails the test."""
    try:
        load()
    except ScenarioErrors as error:
        return error.problems or [Problem("", 0, 0, "", "")]
    return []


def try_to_load(path: Path) -> None:
    reported = problems_of(lambda: check(read_tree(path, [])))
    assert all(problem.file and problem.message for problem in reported)


@quiet
@given(data=st.data())
def test_one_value_replaced_by_anything(write: Write, small: str, data: st.DataObject) -> None:
    scenario = yaml.safe_load(small)
    place = data.draw(st.sampled_from(places(scenario)))
    broken = with_value(scenario, place, data.draw(anything))
    try_to_load(write(json.dumps(broken)))


@quiet
@given(data=st.data())
def test_bytes_cut_out_or_put_in(write: Write, small: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(small)))
    end = data.draw(st.integers(start, min(start + 20, len(small))))
    inserted = data.draw(st.text("{}[]:,-&*!|>'\"#%@`\t\n ab5", max_size=5) | st.text(max_size=3))
    try_to_load(write((small[:start] + inserted + small[end:]).encode("utf-8", "surrogatepass")))


@quiet
@given(text=st.text(max_size=200) | st.binary(max_size=200))
def test_files_of_anything(write: Write, text: str | bytes) -> None:
    try_to_load(write(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")))


@quiet
@given(
    path=st.lists(st.sampled_from(["links", "lte", "up", "fleet", "0", "9", "method", "adapter", "x"]), max_size=4),
    value=st.text(max_size=10) | words,
)
def test_overrides_of_anything(write: Write, path: list[str], value: str) -> None:
    override = f"{'.'.join(path)}={value}"
    reported = problems_of(lambda: check(with_override(read_tree(write(), []), override, 1, [])))
    assert all(problem.message for problem in reported)
