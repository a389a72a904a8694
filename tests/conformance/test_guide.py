"""CONTRIBUTING.md is true: each of its components is a file and a row, and then listed, described, checked and run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from guide_tree import files, rows, shell, write_tree

from sim.commands.exits import BAD_INPUT, OK
from sim.scenario.families import FAMILIES, PLACES
from tests import blank_figures

#: Carries out commands; reports of runs have blank figures, what is to be plotted is painted.
DRIVER = """
import io, json, runpy, sys
from contextlib import redirect_stderr, redirect_stdout

import pytest
import run_sim

leave_blank = runpy.run_path(sys.argv[1])["leave_blank"]
answers = []
for words in json.load(sys.stdin):
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed), pytest.MonkeyPatch.context() as patch:
        if words[0] == "run":
            leave_blank(patch)
        try:
            code = run_sim.main(words)
        except SystemExit as end:
            code = end.code
    answers.append([code, printed.getvalue()])
print(json.dumps(answers))
"""
SCENARIO = """\
version: 1
duration: 2 min
tick: 10 s
task: {data: gaussians, model: powers, pretrain: {epochs: 60}}
fleet: [{cohort: phones, devices: 6, samples: {every: 1 s}, labels: {share: 100 %, after: 1 s}, link: lte}]
drift: [{at: 20 s, kind: flicker, every: 15 s, to: {labels: {prior: [0.95, 0.05]}}}]
links: {lte: {up: 8 kbit/s, down: 8 kbit/s, shared: true, discipline: preemptive}}
cloud: {queue: shortest, service: {exponential: 2 s}}
method: {adapter: label_shift, trigger: {kind: burst, apart: 20 s}, codec: {kind: coarse, step: 0.05}}
"""
#: Runs by the components that the scenario above has not.
OVERRIDES = {
    "ring-careful-halving": [
        "task.data=ring",
        "drift.0.to={shift: 1.0}",
        "method.codec=careful",
        "links.lte={up: {halving: {start: 64 kbit/s}}, down: 64 kbit/s}",
    ],
    "posterize": ["task.data=digits", "drift.0.to={posterize: 80 %}", "task.pretrain.epochs=20"],
    "first_lost-streak": [
        "links.lte={up: 64 kbit/s, down: 64 kbit/s, loss: {first_lost: {chance: 20 %}}}",
        "method.trigger={kind: detector, signal: doubt, detector: {kind: streak, above: 0.1, length: 2}}",
    ],
}
#: (family, component, where one of its options is described, a value out of bounds).
OPTIONS = [
    ("methods", "label_shift", "method.adapter.label_shift.window", "method.adapter={kind: label_shift, window: 0}"),
    ("triggers", "burst", "method.trigger.burst.times", "method.trigger={kind: burst, times: 10}"),
    ("codecs", "coarse", "method.codec.coarse.step", "method.codec={kind: coarse, step: 0}"),
    ("models", "powers", "task.model.powers.highest", "task.model={kind: powers, highest: 9}"),
    ("drifts", "flicker", "drift.*.flicker.times", "drift.0.times=0"),
    ("rates", "halving", "links.*.up.halving.after", "links.lte.up={halving: {start: 1 kbit/s, after: 0 s}}"),
    ("losses", "first_lost", "links.*.loss.first_lost.chance", "links.lte.loss={first_lost: {chance: 2}}"),
    ("claims", "steady", "claims.*.steady.most", "claims=[{kind: steady, finding: f, most: 0}]"),
    ("transforms", "posterize", "concepts.*.posterize", "drift.0.to={posterize: 2}"),
    (
        "detectors",
        "streak",
        "method.trigger.detector.detector.streak.length",
        "method.trigger={kind: detector, signal: doubt, detector: {kind: streak, length: 0}}",
    ),
]
#: Components without options, and where one is chosen by a word.
WORDS = [
    ("codecs", "careful"),
    ("tasks", "ring"),
    ("signals", "doubt"),
    ("disciplines", "preemptive"),
    ("queues", "shortest"),
]
LAWS = [
    ("methods", "label_shift"),
    ("triggers", "burst"),
    ("codecs", "coarse"),
    ("codecs", "careful"),
    ("models", "powers"),
    ("tasks", "ring"),
    ("detectors", "streak"),
]
RUN = ("run", "own.yaml", "--workers", "0", "--quiet", "--force", "--out")


class Answer(NamedTuple):
    """What a command returned and printed."""

    code: int
    printed: str


def commands() -> list[list[str]]:
    """Return every command that a test asks about."""
    listed = [["list", family] for family in (*FAMILIES, "figures")]
    described = [["describe", place] for _, _, place, _ in OPTIONS]
    words = [["describe", PLACES[family]] for family, _ in WORDS]
    refused = [["validate", "own.yaml", "--set", override] for *_, override in OPTIONS]
    checked = [["check", name, "--family", family] for family, name in LAWS]
    played = [[*RUN, name, *_set(overrides)] for name, overrides in OVERRIDES.items()]
    drawn = ["plot", "own"]
    return [*listed, *described, *words, *refused, *checked, [*RUN, "own"], *played, drawn, *shell()]


def _set(overrides: list[str]) -> list[str]:
    return [part for override in overrides for part in ("--set", override)]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a copy of the sources with all that the guide adds, and a scenario that uses it."""
    folder = tmp_path_factory.mktemp("guide")
    write_tree(folder)
    (folder / "own.yaml").write_text(SCENARIO, "utf-8")
    return folder


@pytest.fixture(scope="module")
def answers(tree: Path) -> dict[tuple[str, ...], Answer]:
    """Carry out all commands in the copy, in one process."""
    asked = commands()
    driver = [sys.executable, "-c", DRIVER, blank_figures.__file__]
    done = subprocess.run(driver, input=json.dumps(asked), capture_output=True, text=True, cwd=tree, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    return {tuple(words): Answer(*answer) for words, answer in zip(asked, found, strict=True)}


Answers = dict[tuple[str, ...], Answer]


@pytest.mark.parametrize(("family", "name"), [*((family, name) for family, name, *_ in OPTIONS), *WORDS])
def test_it_is_listed(answers: Answers, family: str, name: str) -> None:
    code, printed = answers["list", family]
    assert code == OK
    assert f"\n{name} " in printed


def test_a_figure_is_listed_and_drawn(answers: Answers, tree: Path) -> None:
    assert "\nrequests  " in answers["list", "figures"].printed
    assert answers["plot", "own"].code == OK
    assert (tree / "own" / "plots" / "requests.svg").is_file()


@pytest.mark.parametrize(("family", "name", "place", "override"), OPTIONS)
def test_its_options_are_in_the_grammar_with_their_bounds(
    answers: Answers, family: str, name: str, place: str, override: str
) -> None:
    described, refused = answers["describe", place], answers["validate", "own.yaml", "--set", override]
    assert described.code == OK
    assert "default" in described.printed or family == "transforms"
    assert refused.code == BAD_INPUT
    assert any(
        word in refused.printed for word in ("is below 1", "is not above 0", "is above", "is zero", "is outside")
    ), refused.printed


@pytest.mark.parametrize(("family", "name"), WORDS)
def test_its_name_is_in_the_grammar(answers: Answers, family: str, name: str) -> None:
    code, printed = answers["describe", PLACES[family]]
    assert code == OK
    assert name in printed


@pytest.mark.parametrize(("family", "name"), LAWS)
def test_it_keeps_the_laws_of_its_family(answers: Answers, family: str, name: str) -> None:
    code, printed = answers["check", name, "--family", family]
    assert code == OK, printed
    assert "FAIL" not in printed


def test_what_the_method_sends_is_in_force(answers: Answers, tree: Path) -> None:
    assert answers[(*RUN, "own")].code == OK
    summary = json.loads((tree / "own" / "summary.json").read_text("utf-8"))
    assert summary["accuracy"] != summary["accuracy_static"]


@pytest.mark.parametrize("name", ["own", *OVERRIDES])
def test_it_plays(answers: Answers, tree: Path, name: str) -> None:
    code, printed = answers[(*RUN, name, *_set(OVERRIDES.get(name, [])))]
    assert code == OK, printed
    summary = json.loads((tree / name / "summary.json").read_text("utf-8"))
    assert summary["installed"] > 0
    assert summary["accuracy"] > 0.6


@pytest.mark.parametrize("words", shell(), ids=" ".join)
def test_a_command_of_the_guide_does_what_it_says(answers: Answers, words: list[str]) -> None:
    code, printed = answers[tuple(words)]
    assert code == OK
    assert printed.strip()


def test_the_schema_and_the_reference_pages_hold_what_was_added(answers: Answers, tree: Path) -> None:
    assert '"flicker"' in answers[("schema",)].printed
    assert "## `streak`" in (tree / "docs" / "reference" / "detectors.md").read_text("utf-8")


def test_every_family_has_its_place_in_the_guide() -> None:
    tables = {row.table for row in rows()}
    wanted = {"METHODS" if family == "methods" else family.upper() for family in FAMILIES} | {"FIGURES"}
    assert wanted == tables


def test_the_guide_writes_files_that_are_not_there() -> None:
    root = Path(__file__).resolve().parents[2]
    assert [file for file in files() if (root / file).exists()] == []
