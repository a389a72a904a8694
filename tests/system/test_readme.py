"""What the README shows is true: its commands, its scenario, its method and codec; and the data of the guide."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from run_commands import cli_process

from sim.scenario.families import FAMILIES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def block(language: str, holds: str = "", page: str = README) -> str:
    """Return the first fenced block of a language that holds some text."""
    found = [text for text in re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL) if holds in text]
    assert found, f"there is no {language} block with {holds!r}"
    return str(found[0])


QUICKSTART = ROOT / "scenarios" / "quickstart.yaml"


def test_the_scenario_of_the_readme_is_valid(tmp_path: Path) -> None:
    file = tmp_path / "narrowband.yaml"
    file.write_text(block("yaml"), encoding="utf-8")
    assert cli_process("validate", file, cwd=tmp_path).returncode == 0


def test_every_command_of_the_readme_exists(tmp_path: Path) -> None:
    rows = re.findall(r"^\| (`[^|]*) \| ", README.split("Exit codes")[0], re.MULTILINE)
    commands = {word for row in rows for word in re.findall(r"`([a-z]+)\b", row)}
    helped = cli_process("--help", cwd=tmp_path).stdout
    assert {"run", "sweep", "verify"} <= commands
    assert [command for command in commands if f"    {command} " not in helped] == []


def test_the_table_of_what_there_is_names_every_component() -> None:
    rows = [cells for line in README.split("\n") if line.startswith("| `") for cells in [line.split(" | ", 1)]]
    shown = {family: rest for first, rest in rows for family in re.findall(r"`([a-z]+)`", first) if family in FAMILIES}
    assert set(FAMILIES) == set(shown)
    missing = [
        name for family, table in FAMILIES.items() for name in table if not re.search(rf"\b{name}\b", shown[family])
    ]
    assert missing == []


METHOD = (
    "method.adapter=mine:Recentre",
    "method.codec={kind: 'mine:Half', levels: 100}",
    "duration=6 min",
    "task.pretrain.epochs=2",
)
DATA = (
    "task={data: {kind: 'mine:Tides', period_s: 300}, model: logistic, pretrain: {epochs: 2}}",
    "method.adapter=static",
    "duration=2 min",
)


OWN = [
    (block("python", "Recentre") + block("python", "class Half"), METHOD),
    (block("python", "class Tides", GUIDE), DATA),
]


@pytest.mark.parametrize(("own", "overrides"), OWN, ids=["method and codec", "data"])
def test_what_a_user_writes_runs(tmp_path: Path, own: str, overrides: tuple[str, ...]) -> None:
    (tmp_path / "mine.py").write_text(own, encoding="utf-8")
    settings = ("fleet.0.devices=8", "drift=[]", *overrides)
    arguments = [part for setting in settings for part in ("--set", setting)]
    out = ["--out", tmp_path / "out", "--quiet"]
    played = cli_process("run", QUICKSTART, "--allow-plugins", *arguments, *out, cwd=tmp_path)
    assert played.returncode == 0, played.stderr
    assert (tmp_path / "out" / "STATUS").read_text().strip() == "complete"


def test_a_method_that_cannot_be_imported_is_bad_input(tmp_path: Path) -> None:
    named = ["--set", "method.adapter=nowhere:Nothing"]
    played = cli_process("run", QUICKSTART, "--allow-plugins", *named, "--out", tmp_path / "out", cwd=tmp_path)
    assert played.returncode == 2
    assert "nowhere" in played.stderr
    assert "Traceback" not in played.stderr
