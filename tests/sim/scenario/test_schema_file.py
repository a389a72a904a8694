"""The JSON schema: committed, up to date, and it accepts what the loader accepts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from sim.scenario import json_schema
from sim.scenario.json_schema import schema_text
from sim.scenario.layers import read_tree
from sim.scenario.yaml_reader import read_text

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = sorted((ROOT / "scenarios").rglob("*.yaml"))


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_committed_schema_is_the_generated_one() -> None:
    committed = (ROOT / "scenarios" / "scenario.schema.json").read_text("utf-8")
    assert committed == schema_text(), "regenerate it: python run_sim.py schema"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_scenarios_fit_the_schema(validator: Any, path: Path) -> None:
    tree = read_text(path.read_text("utf-8"), str(path), path.parent, [])
    assert not list(validator.iter_errors(tree.plain()))


def test_the_long_form_fits_the_schema(validator: Any, loaded: Callable[..., Any]) -> None:
    assert not list(validator.iter_errors(loaded().resolved()))


def test_a_file_that_extends_another_may_leave_anything_out(validator: Any, write: Callable[..., Path]) -> None:
    assert not list(validator.iter_errors({"extends": "base.yaml", "links": {"lte": {"up": "5 Mbit/s"}}}))
    assert list(validator.iter_errors({"links": {}}))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("duration:", "duraton:"),
        ("tick: 10 s", "tick: 10"),
        ("up: 256 kbit/s", "up: 5 Mbs"),
        ("devices: 10", "devices: -1"),
        ("every: 1 s", "evry: 1 s"),
        ("prototypes: 8", "prototypes: many"),
    ],
)
def test_the_schema_marks_plain_mistakes(
    validator: Any, write: Callable[..., Path], small: str, old: str, new: str
) -> None:
    assert not list(validator.iter_errors(read_tree(write(small), []).plain()))
    assert list(validator.iter_errors(read_tree(write(small.replace(old, new)), []).plain()))


def test_everything_in_the_schema_is_described() -> None:
    section_models = {
        name: body for name, body in json_schema()["$defs"].items() if "properties" in body and name[0].isupper()
    }
    assert {"Cohort", "Link", "PersonaOptions", "SuddenOptions", "Cloud"} <= set(section_models)
    assert [name for name, body in section_models.items() if not body.get("description")] == []
    silent = [
        f"{name}.{key}"
        for name in ("Cohort", "Link", "Cloud", "Method", "PersonaOptions", "CloudFtOptions", "Samples", "Trace")
        for key, body in section_models[name]["properties"].items()
        if key != "kind" and "description" not in body
    ]
    assert silent == []


def test_defaults_are_shown_with_units() -> None:
    link = json_schema()["$defs"]["Link"]["properties"]
    assert link["header"]["default"] == "0 B"
    assert json.loads(schema_text())["properties"]["tick"]["default"] == "10 s"


def test_yaml_readers_of_the_old_kind_read_the_long_form_alike(loaded: Callable[..., Any]) -> None:
    from sim.scenario import dump_resolved

    scenario = loaded("link: lte", "link: lte", ("links.lte.loss=0 %",))
    assert yaml.safe_load(dump_resolved(scenario)) == scenario.resolved()
