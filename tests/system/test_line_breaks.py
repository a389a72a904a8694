"""Long lines on a terminal break between words; in a pipe a line stays a line."""

from __future__ import annotations

import sys

import pytest

from sim.commands.line_breaks import broken

LINE = "persona               Unlabelled windows go up; a prototype and an edit of the head come down (2509.06552)."


def test_a_pipe_gets_a_line_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    assert broken(LINE, 22) == LINE


@pytest.mark.parametrize(("columns", "indent"), [(80, 22), (120, 22), (50, 4)])
def test_a_terminal_gets_lines_that_fit_and_are_indented(
    columns: int, indent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    first, *others = broken(LINE, 22).splitlines()
    assert max(map(len, [first, *others])) <= columns
    assert others == [line for line in others if len(line) - len(line.lstrip()) == indent]
    assert " ".join([first, *(line.strip() for line in others)]) == LINE
