"""Progress: a bar where there is a terminal, plain lines where there is none, nothing where quiet is wanted."""

from __future__ import annotations

import io

import pytest

from sim.run.progress import Progress


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every call be one that is due, on a terminal of a known size and kind."""
    monkeypatch.setattr("sim.run.progress._PLAIN_EVERY_S", 0.0)
    monkeypatch.setattr("sim.run.progress._LIVE_EVERY_S", 0.0)
    for name, value in {"TERM": "xterm", "COLUMNS": "120"}.items():
        monkeypatch.setenv(name, value)


def played(out: io.StringIO, *, quiet: bool = False) -> str:
    progress = Progress("night [1]", 60.0, quiet=quiet, out=out)
    progress.preparing("base", 0.25)
    progress.start()
    progress.at(30.0, 200, 150, 7)
    progress.close()
    progress.close()
    return out.getvalue()


def test_without_a_terminal_there_are_plain_lines() -> None:
    first, second = played(io.StringIO()).splitlines()
    assert first == "night [1]: preparing base  25%"
    assert second.startswith("night [1]:  50% of 60 s, ")
    assert ", accuracy 0.750, " in second
    assert second.endswith(" s left")


def test_on_a_terminal_there_is_a_bar_and_the_cursor_comes_back() -> None:
    shown = played(Terminal())
    assert "night [1]" in shown
    assert "preparing base" in shown
    assert "50% of 60 s" in shown
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l"), "the cursor is shown again"
    assert "\x1b[2K" in shown, "a line is written over"


def test_quiet_shows_nothing_at_all() -> None:
    assert played(Terminal(), quiet=True) == ""
    assert played(io.StringIO(), quiet=True) == ""
