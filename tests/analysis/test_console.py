"""What the command line shows when a run is over: report, figures and CSV written once, a table that fits."""

from __future__ import annotations

import io
import json
import re
import shutil
from argparse import Namespace
from pathlib import Path

import pytest
from rich.console import Console

from analysis.console import print_comparison
from analysis.sweeps import open_folder
from sim.commands.report import show

pytestmark = pytest.mark.whole

#: What a terminal showed, looked at and kept.
SCREENS = Path(__file__).with_name("screens")


def test_a_run_leaves_report_figures_and_csv_behind(
    run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(run_folder, tmp_path / "run"))
    assert show(folder, {}, Namespace(json=False, quiet=True)) == 0
    printed = capsys.readouterr().out
    assert (folder / "report.html").is_file()
    assert (folder / "windows.csv").is_file()
    assert f"({len(list((folder / 'plots').glob('*.svg')))} figures in {folder / 'plots'})" in printed


def test_every_point_of_a_sweep_gets_its_csv(
    sweep_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(sweep_folder, tmp_path / "sweep"))
    show(folder, {"digest": "d"}, Namespace(json=True))
    assert json.loads(capsys.readouterr().out)["digest"] == "d"
    assert len(list(folder.glob("point-*/windows.csv"))) == 12


def test_a_single_run_reads_well_on_a_narrow_terminal(run_folder: Path) -> None:
    written = io.StringIO()
    print_comparison(open_folder(run_folder), Console(file=written, width=80))
    lines = written.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert "…" not in written.getvalue()
    rows = [line.split() for line in lines]
    assert ["recovery", "time,", "median"] in [row[:3] for row in rows]
    assert "persona; seed 1" in written.getvalue()


@pytest.mark.parametrize("width", [80, 100, 132])
def test_a_sweep_fits_and_keeps_what_matters(sweep_folder: Path, width: int) -> None:
    written = io.StringIO()
    print_comparison(open_folder(sweep_folder), Console(file=written, width=width))
    text = written.getvalue()
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    for word in ("adapter", "lte up", "accuracy %", "difference", "shows", "persona", "32 kbit/s"):
        assert word in text


def test_what_does_not_fit_is_wrapped_and_not_cut(sweep_folder: Path) -> None:
    written = io.StringIO()
    print_comparison(open_folder(sweep_folder), Console(file=written, width=60))
    assert max(map(len, written.getvalue().splitlines())) <= 60
    assert "…" not in written.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_a_screen_is_as_recorded(sweep_folder: Path, width: int) -> None:
    written = io.StringIO()
    print_comparison(open_folder(sweep_folder), Console(file=written, width=width, highlight=False))
    shown = "\n".join(line.rstrip() for line in written.getvalue().splitlines()) + "\n"
    assert shown == (SCREENS / f"sweep-{width}.txt").read_text(encoding="utf-8")


def test_the_best_is_bold_and_what_is_clear_has_a_colour(sweep_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    screen = _on_a_terminal(sweep_folder)
    rows = [line for line in screen.splitlines() if re.search(r"[0-9] ± [0-9]", line) and "points" not in line]
    assert len(rows) == 4
    assert [line for line in rows if "\x1b[1m" in line] == [max(rows, key=_accuracy)]
    assert "\x1b[32mbetter" in screen
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" not in _on_a_terminal(sweep_folder)


def _on_a_terminal(folder: Path) -> str:
    written = io.StringIO()
    console = Console(file=written, width=80, highlight=False, force_terminal=True, color_system="standard")
    print_comparison(open_folder(folder), console, metrics=["accuracy"])
    return written.getvalue()


def _accuracy(line: str) -> float:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", line)
    return float(re.findall(r"([0-9.]+) ±", plain)[0])
