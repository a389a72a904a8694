"""The help, the version, completion: every command is under a heading, and every example is understood."""

from __future__ import annotations

import argparse
import shlex
import shutil
import subprocess

import pytest
from run_commands import Reported

from sim.commands.line import main
from sim.commands.options import GROUPS, make_parser
from sim.commands.options.adding import Commands

PARSER, COMMANDS = make_parser("driftbed")
SUBPARSERS = next(action.choices for action in PARSER._actions if isinstance(action.choices, dict))


def test_every_command_is_listed_once_and_nothing_is_wider_than_a_terminal() -> None:
    text = PARSER.format_help()
    assert all(text.count(f"\n  {name} ") == 1 for name in COMMANDS)
    assert all(f"{heading}:" in text for heading in GROUPS)
    for command in SUBPARSERS.values():
        assert max(map(len, command.format_help().splitlines())) <= 80, command.prog


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_are_understood(name: str) -> None:
    text = (SUBPARSERS[name].epilog or "").replace(" \\\n", " ")
    examples = [line.strip().partition(" > ")[0] for line in text.splitlines()[1:]]
    assert examples or name == "doctor"
    for example in examples:
        words = shlex.split(example)
        assert words[:2] == ["driftbed", name]
        assert PARSER.parse_args(words[1:]).command == SUBPARSERS[name].get_default("command")


def test_a_command_without_a_heading_cannot_be_added() -> None:
    commands = Commands(argparse.ArgumentParser().add_subparsers(), "x")
    with pytest.raises(IndexError):
        commands.add("run", "run:run", "run")


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_knows_commands_and_options(reported: Reported, shell: str) -> None:
    code, out, _ = reported("completion", shell)
    assert code == 0
    assert all(word in out for word in ("compare", "ray-address", "simpy"))


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_bash_accepts_the_completion(reported: Reported) -> None:
    _, out, _ = reported("completion", "bash")
    script = f"{out}\nCOMP_WORDS=(driftbed comp); COMP_CWORD=1; _shtab_driftbed; echo ${{COMPREPLY[@]}}"
    found = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["compare", "completion"]


def test_a_bare_name_that_is_none_is_answered_by_the_nearest(reported: Reported) -> None:
    code, _, err = reported("validate", "gausians")
    assert code == 2
    assert "did you mean 'gaussians'?" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "gaussians", "--sed=3"), "driftbed run: there is no option '--sed'; did you mean '--seed'?\n"),
        (("validate", "gaussians", "--qiet"), "driftbed validate: there is no option '--qiet'; '--help' lists them\n"),
        (("run", "gaussians", "quickstart"), "driftbed run: one word too many: 'quickstart'\n"),
    ],
)
def test_a_word_that_a_command_does_not_take_is_named_with_the_nearest(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words)
    assert capsys.readouterr().err == said


def test_a_scenario_of_the_project_is_found_by_name(reported: Reported) -> None:
    code, out, _ = reported("validate", "gaussians", "network/outages")
    assert code == 0, out
    assert out.count(": ok (") == 2
