"""YAML without surprises: what scalars mean, and what is refused before anything is believed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.scenario import load
from sim.scenario.problems import Problem, ScenarioErrors
from sim.scenario.tree import Node
from sim.scenario.yaml_reader import MAX_DEPTH, read_text

Refusal = Callable[..., list[str]]


def read(text: str) -> Node:
    faults: list[Problem] = []
    node = read_text(text, "a.yaml", Path(), faults)
    if faults:
        raise ScenarioErrors(faults)
    return node


def said(text: str) -> str:
    with pytest.raises(ScenarioErrors) as caught:
        read(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("1e3", 1e3),
        (".5", 0.5),
        ("-7", -7),
        ("010", 10),
        ("true", True),
        ("on", "on"),
        ("no", "no"),
        ("Yes", "Yes"),
        ("12:30:00", "12:30:00"),
        ("2024-01-01", "2024-01-01"),
        ("0x1f", "0x1f"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("5 ms", "5 ms"),
        ('"5"', "5"),
        ("'true'", "true"),
        ("9" * 30, "9" * 30),
    ],
)
def test_plain_scalars_follow_yaml_1_2(text: str, value: object) -> None:
    got = read(f"a: {text}").plain()["a"]
    assert got == value
    assert isinstance(got, type(value))


def test_every_value_knows_its_key_and_every_item_its_start() -> None:
    tree = read("a:\n  b: 1\n  c: [x, {d: 2}]\n")
    marks = {path: (node.mark.line, node.mark.column) for path, node in tree.walk()}
    assert marks == {
        (): (1, 1),
        ("a",): (1, 1),
        ("a", "b"): (2, 3),
        ("a", "c"): (3, 3),
        ("a", "c", 0): (3, 7),
        ("a", "c", 1): (3, 10),
        ("a", "c", 1, "d"): (3, 11),
    }


def test_an_alias_stands_where_it_is_written() -> None:
    tree = read("a: &x {b: 1}\nc: *x\n")
    assert tree.plain() == {"a": {"b": 1}, "c": {"b": 1}}
    alias = tree.child("c")
    assert alias is not None
    assert (alias.mark.line, alias.mark.column) == (2, 1)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\na: 2\n", "a.yaml:2:1: a: duplicate key; the first is on line 1"),
        ("x:\n  a: 1\n  b: 2\n  a: 3\n", "a.yaml:4:3: x.a: duplicate key; the first is on line 2"),
        ("a: !!python/object:os.system {}\n", "a.yaml:1:4: a: the tag"),
        ("a: !mine 5\n", "a.yaml:1:4: a: the tag '!mine' has no meaning here; remove it"),
        ("a: &x [*x]\n", "a.yaml:1:8: a.0: '*x' contains itself"),
        ("a: *nowhere\n", "a.yaml:1:4: a: nothing is anchored as '&nowhere'"),
        ("a: 1\n---\nb: 2\n", "a.yaml:2:1: a second document begins here"),
        ("<<: {a: 1}\n", "a.yaml:1:1: <<: merge keys are not read"),
        ("? [a]\n: 1\n", "a.yaml:1:3: a key must be plain text"),
        (
            "a: [1, 2\nb: 3\n",
            "a.yaml:2:2: not YAML: a bracket is not closed with ']', or a comma is missing (it began in line 1)",
        ),
        ("a:\n\t- 1\n", "a.yaml:2:1: not YAML: a tab stands here; indent with blanks"),
        ("a: \x07\n", "a.yaml:1:1: the character 0x7 may not stand in YAML"),
        ("", "a.yaml:1:1: the file is empty"),
        ("# only a comment\n", "a.yaml:1:1: the file is empty"),
    ],
)
def test_what_yaml_would_let_pass_is_refused_in_its_place(text: str, line: str) -> None:
    assert said(text).startswith(line)


def test_a_bomb_of_aliases_is_refused_before_it_is_expanded() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in range(1, 30):
        bomb += f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n"
    assert "more than 100000 values once aliases are expanded" in said(bomb)


def test_aliases_cannot_nest_deeper_than_text_can() -> None:
    text = "a0: &a0 " + "[" * 30 + "]" * 30 + "\n"
    for level in range(1, 100):
        text += f"a{level}: &a{level} " + "[" * 20 + f"*a{level - 1}" + "]" * 20 + "\n"
    assert f"nested more than {MAX_DEPTH} deep once aliases are expanded" in said(text)


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_deep_nesting_is_refused_without_exhausting_the_stack(opening: str) -> None:
    assert f"nested more than {MAX_DEPTH} deep" in said(opening * 5000)


def test_what_is_told_is_one_short_printable_line(refusal: Refusal) -> None:
    text = '"\\e[31mred\\nline": 1\ntick: "' + "x" * 5000 + '"\n'
    said_lines = refusal(text)
    assert all(line.isprintable() and len(line) < 700 for line in said_lines)
    assert any("holds the character U+001B" in line for line in said_lines)


@pytest.mark.parametrize(
    "sign", ["\\e", "\\0", "\\a", "\\x7f", "\\x85", "\\u202e", "\\u2066", "\\u200f", "\\u2028", "\\ud800", "\\uffff"]
)
@pytest.mark.parametrize("place", ['name: "{}"', 'drift: [{{name: "a{}b"}}]', '"{}": 1', 'a: ["x", "{}"]'])
def test_controls_and_marks_of_direction_are_refused_wherever_they_stand(sign: str, place: str) -> None:
    assert "which text may not; remove it" in said(place.format(sign))


def test_other_languages_and_line_ends_are_text() -> None:
    assert read('a: "Größe 大小 גודל \\t \\n"').plain()["a"] == "Größe 大小 גודל \t \n"


def test_a_character_of_two_escapes_as_json_has_it_is_one() -> None:
    assert read('{"a": "\\ud83d\\udcf1 \\ud83d\\ude00x", "\\ud83d\\udcf1": 1}').plain() == {"a": "📱 😀x", "📱": 1}
    for halves in ("\\udcf1\\ud83d", "\\ud83d x", "\\ud83d\\ud83d"):
        assert "which text may not; remove it" in said(f'a: "{halves}"')


@pytest.mark.parametrize("text", ["1" * 80_000 + "x", "1" * 80_000 + ".", "-" + "7" * 80_000 + "e", "." * 80_000])
def test_long_scalars_take_linear_time(text: str) -> None:
    began = time.process_time()
    read(f"a: {text}")
    assert time.process_time() - began < 2.0


def test_a_file_that_cannot_be_read_is_one_line(refusal: Refusal, tmp_path: Path) -> None:
    assert refusal(b"a: \xff\n") == ["small.yaml:1:1: is not UTF-8 text"]
    assert refusal("# " + "x" * (1 << 20)) == ["small.yaml: is larger than 1024 KiB"]
    assert refusal("- 1\n") == ["small.yaml:1:1: a scenario is a map of sections"]
    assert refusal("just words\n") == ["small.yaml:1:1: a scenario is a map of sections"]


@pytest.mark.parametrize(("name", "reason"), [("", "is a folder, not a file"), ("none.yaml", "there is no such file")])
def test_a_folder_and_a_missing_file_are_one_line(tmp_path: Path, name: str, reason: str) -> None:
    from sim.scenario import load

    with pytest.raises(ScenarioErrors) as caught:
        load(tmp_path / name)
    assert str(caught.value) == f"{tmp_path / name}: {reason}"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("a:\n  b: 1\n    c: 2\n", "indented too far"),
        ("a: x: y\n", "a second ': ' in one line"),
        ("a: {b: 1\n", "a bracket is not closed with '}'"),
        ("a: 'open\n", "a quote is not closed (it began in line 1)"),
        ("a: @home\n", "a value may not begin with '@'; put it in quotes"),
        ("a: %x\n", "a value may not begin with '%'"),
        ('a: "C:\\data"\n', "write single quotes"),
        ("a: 1\nb\nc: 2\n", "write 'key: value'"),
        ("a:\n  - 1\n - 2\n", "is not aligned"),
        ("a: 1\n  b: 2\n", "indented too far"),
        (" a: 1\nb: 2\n", "align"),
        ("a: *\n", "put the value in quotes"),
        ("a: [\n", "a value is missing here"),
    ],
)
def test_the_complaints_of_the_library_are_put_in_plain_words(text: str, meaning: str) -> None:
    line = said(text)
    assert meaning in line
    assert "<" not in line
    assert "token" not in line


def test_a_character_that_may_not_stand_is_the_only_complaint(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text('version: 1\nname: "a\\eb"\n"k\\u202e": "\\ud83d\\udcf1"\n', encoding="utf-8")
    with pytest.raises(ScenarioErrors) as caught:
        load(tmp_path / "a.yaml")
    said = [line for line in str(caught.value).splitlines() if "name" in line.split(": ")[1]]
    assert len(said) == 1
    assert "holds the character U+001B" in said[0]
