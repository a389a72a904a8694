"""Every command of every page runs, and what pages are made of is complete."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import yaml
from pages import DOCS, LONG, PAINTED, ROOT, blocks, play, played

sys.path.insert(0, str(DOCS / "_site"))
import made_gallery
import made_reference
from meanings import COLUMNS, FORMULAS

from analysis.metrics import METRICS
from sim.scenario.families import FAMILIES

PAGES = [pytest.param(page, id=page.name) for page in played() if page.name not in LONG]


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_says_can_be_typed(page: Path, tmp_path: Path, warm_python: Path) -> None:
    play(page, tmp_path, warm_python, painted=page.name in PAINTED)


def test_there_are_pages_to_play() -> None:
    names = {page.name for page in played()}
    assert {"tutorial.md", "own-method.md", "own-trigger.md", "own-codec.md", "recorded-links.md"} <= names
    assert {*LONG, *PAINTED} <= names


def test_every_page_is_reached_from_the_contents() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}
    assert sorted(page for page in pages if f" {page}\n" not in text) == []


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.name)
def test_python_of_a_page_compiles_and_its_yaml_is_read(page: Path) -> None:
    for block in blocks(page):
        if block.language == "python":
            compile(block.text, str(page), "exec")
        elif block.language == "yaml":
            assert yaml.safe_load(block.text)


def test_every_metric_has_its_formula() -> None:
    assert list(FORMULAS) == list(METRICS)


def test_every_column_of_a_run_has_its_meaning(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    import run_sim

    settings = ["--set", "duration=40 s", "--set", "fleet.0.devices=4", "--set", "task.pretrain.epochs=1"]
    settings += ["--set", "links.radio.up={markov: {states: [20 kbit/s, 2 kbit/s], stay: [9 s, 9 s]}}"]
    assert run_sim.main(["run", str(ROOT / "scenarios/gaussians.yaml"), *settings, "--out", str(tmp_path / "r")]) == 0
    tables = sorted((tmp_path / "r").glob("*.parquet"))
    assert [table.stem for table in tables] == sorted(COLUMNS)
    for table in tables:
        assert set(pq.read_schema(table).names) - {"ahead_of_oracle"} <= set(COLUMNS[table.stem][1]), table.stem


def test_the_reference_has_every_command_and_key() -> None:
    page = made_reference.commands()
    assert all(f"## {name}\n" in page for name in ("run", "sweep", "compare", "explain", "validate", "doctor"))
    grammar = made_reference.grammar()
    assert all(f"`{key}`" in grammar for key in ("task.pretrain.epochs", "cloud.workers", "sweep.seeds"))


def test_the_gallery_shows_every_scenario_with_what_it_asks() -> None:
    made = made_gallery.pages()
    files = sorted((ROOT / "scenarios").rglob("*.yaml"))
    assert [file for file in files if f"### {file.relative_to(ROOT).as_posix()}\n" not in made["gallery.md"]] == []
    assert made["pictures/drift-sudden.svg"].startswith("<svg")
    assert made["gallery.md"].count("\n> ") >= len(files)
    assert sum(place.startswith("pictures/") for place in made) == len(files)
    assert made["pictures/network-backhaul.svg"].count("phones") == 1
    named = set(json.loads((DOCS / "_site" / "gallery_played.json").read_text(encoding="utf-8")))
    assert named <= {file.relative_to(ROOT).as_posix() for file in files}


def test_the_gallery_says_what_was_made_smaller_and_what_was_not_played_to_its_end() -> None:
    figures = {"accuracy": 0.5, "processor_s": 123.6}
    assert made_gallery._shown(figures | {"smaller": ["duration=5 min"]}) == (
        "One run of a smaller size (duration=5 min): accuracy 50.0 %. It took 124 s."
    )
    stopped = {"stopped_at": 0.05, "would_take_s": 7200}
    cut = "5% of it say that it takes about 120 min."
    assert made_gallery._shown(stopped) == f"Not played to its end for this page: {cut}"
    assert made_gallery._shown(figures | stopped).endswith(f"It took 124 s. The whole: {cut}")


def test_the_readme_is_short_and_its_first_block_is_two_commands() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 120
    first = next(block for block in blocks(ROOT / "README.md") if block.language == "sh")
    assert len(first.text.strip().splitlines()) == 2


def test_the_readme_links_to_what_is_there() -> None:
    import re

    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_what_there_is_is_what_the_tables_say() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for family, table in FAMILIES.items():
        row = next(line for line in text.splitlines() if f"| [`{family}`]" in line)
        assert f"| {len(table)} |" in row, family
