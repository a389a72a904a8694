"""Every row of every table: described, importable, strict; and no table loads what is heavy."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import run_sim
from agents.contract.component import Component, KeyedRow
from sim.commands.exits import BAD_INPUT, OK
from sim.scenario.describing import find, options_of
from sim.scenario.families import FAMILIES, PLACES
from sim.scenario.reference import pages

ROOT = Path(__file__).resolve().parents[2]
ROWS = [(family, name) for family, table in FAMILIES.items() for name in table]
HEAVY = ("torch", "ray", "pandas", "simpy", "scipy", "sklearn", "matplotlib", "pyarrow")


def row(family: str, name: str) -> Component:
    return FAMILIES[family][name]


@pytest.mark.parametrize(("family", "name"), ROWS)
def test_every_row_says_what_it_is_and_where_its_code_is(family: str, name: str) -> None:
    component = row(family, name)
    assert component.about.endswith(".")
    assert callable(component.load())
    assert [one.name for one in fields(component.options) if not one.metadata.get("description")] == []


@pytest.mark.parametrize(("family", "name"), ROWS)
def test_no_row_takes_an_option_that_it_does_not_declare(family: str, name: str) -> None:
    with pytest.raises(ValueError, match="has no option 'no_such_option'"):
        row(family, name).read({"no_such_option": 1}, name)


@pytest.mark.parametrize(("family", "name"), ROWS)
def test_the_grammar_has_every_option_with_its_description_and_default(family: str, name: str) -> None:
    place = find(PLACES[family])
    if name in place.keys:
        keyed = row(family, name)
        assert isinstance(keyed, KeyedRow)
        assert place.keys[name].description == keyed.summary
        if keyed.value is not None:
            return
    elif not place.kinds:
        assert name in find(PLACES[family]).values
        return
    written = options_of(PLACES[family], name)
    declared = {one.name.removesuffix("_"): one for one in fields(row(family, name).options)}
    assert set(declared) <= set(written)
    assert family == "drifts" or set(written) == set(declared)
    for key, one in declared.items():
        assert written[key].description == one.metadata["description"]


def test_the_tables_and_the_grammar_load_nothing_heavy() -> None:
    code = (
        "import sys; from sim.scenario.families import FAMILIES; from sim.scenario.reference import pages; pages();"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_the_reference_pages_are_current() -> None:
    committed = {path.name: path.read_text("utf-8") for path in (ROOT / "docs" / "reference").glob("*.md")}
    assert committed == pages(), "write them again: python run_sim.py schema --docs docs/reference"


@pytest.mark.parametrize("family", [*FAMILIES, "figures"])
def test_each_kind_is_listed(family: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_sim.main(["list", family]) == OK
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) >= len(FAMILIES.get(family, ()))
    assert all(len(line.split(None, 1)) == 2 for line in printed)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("links.*.up.trace", "recorded in a file"),
        ("links.lte.up.trace.scale", "a number above 0"),
        ("sweep.grid.links.lte.up", "links.lte.up: towards the cloud"),
        ("sweep.zip.0.method.adapter.persona.window", "default  16"),
        ("method.adapter.persona.window", "from 1 to 255"),
        ("method.adapter.persona.window", "default  16"),
        ("method.adapter", "cloud_ft"),
        ("fleet.0.samples.arrivals", "one of poisson, periodic, recorded"),
        ("drift.*.gradual.mixing", "linear, sigmoid"),
        ("cloud.service", "law of time or measured"),
        ("task.data.gaussians.walk.every", "time, as in '5 s'"),
    ],
)
def test_a_key_is_described_by_its_path(key: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_sim.main(["describe", key]) == OK
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["describe", "method.adaptr"], "'method' has no key 'adaptr'; did you mean 'adapter'?"),
        (["describe", "method.adapter.persona.windw"], "did you mean 'window'?"),
        (["describe", "linkz"], "there is no key 'linkz'; did you mean 'links'?"),
        (["list", "method"], "there is no kind 'method'; did you mean 'methods'?"),
    ],
)
def test_what_is_not_there_has_a_near_miss(words: list[str], said: str, capsys: pytest.CaptureFixture[Any]) -> None:
    assert run_sim.main(words) == BAD_INPUT
    assert said in capsys.readouterr().err
