"""The live view: a few lines on a terminal, a line now and then elsewhere, and never a change of the run."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from sim.run.live_view import PLAIN_BARS, LiveView, sparkline
from sim.run.watching import Moment, Network


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class OldTerminal(Terminal):
    encoding = "ascii"


@pytest.fixture(autouse=True)
def every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every look be due, on a terminal of 80 columns."""
    for name in ("_PLAIN_EVERY_S", "_LIVE_EVERY_S", "_PAUSES"):
        monkeypatch.setattr(f"sim.run.live_view.{name}", 0)
    for name, value in {"TERM": "xterm", "COLUMNS": "80"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)


def shown(out: io.StringIO) -> str:
    view = LiveView("night [1]", out=out)
    view.began({}, Path())
    for tick, correct in enumerate((90, 90, 10, 90), 1):
        seen = Network(queue=tick, up_bytes=1_500 * tick, down_bytes=2_500_000)
        moment = Moment(15.0 * tick, 60.0, 100, correct, 100 * tick, 70 * tick, 1_200, lambda seen=seen: seen)
        view.at(moment)
    view.ended(None, Path())
    view.ended(None, Path())
    return out.getvalue()


def test_a_terminal_shows_time_accuracy_queue_and_bytes_within_80_columns() -> None:
    screen = shown(Terminal())
    last = screen[screen.rindex("night [1]") :]
    assert "60 of 60 s, " in last
    assert "now 0.900, in all 0.700 (0.10 to 0.90)" in last
    assert "4 wait in the cloud, most 4" in last
    assert "up 6 kB, down 2.5 MB" in last
    assert "1,200 requests" in last
    assert "█" in last
    assert screen.rindex("\x1b[?25h") > screen.rindex("\x1b[?25l"), "the cursor is shown again"


def test_a_terminal_without_such_signs_gets_plain_ones() -> None:
    screen = shown(OldTerminal())
    assert screen.isascii()
    assert PLAIN_BARS[-1] in screen


def test_no_colour_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[32m" in shown(Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" not in shown(Terminal())


def test_elsewhere_there_is_a_line_at_a_time() -> None:
    lines = shown(io.StringIO()).splitlines()
    assert len(lines) == 4
    assert lines[2].startswith("night [1]: 45 of 60 s, accuracy 0.100, queue 3, up 4.5 kB, down 2.5 MB, ")
    assert all(line.endswith(" s left") and "\x1b" not in line for line in lines)


def test_a_line_spans_all_of_virtual_time_and_grows() -> None:
    assert sparkline([], 10.0, 4) == "    "
    assert sparkline([(1.0, 0.0), (6.0, 1.0)], 10.0, 4) == "▁▁█ "
    assert sparkline([(0.0, 0.5), (10.0, 0.5)], 10.0, 4) == "▁▁▁▁"
    assert sparkline([(5.0, 1.0), (7.0, 0.0), (10.0, 0.0)], 10.0, 4) == "  █▁"
