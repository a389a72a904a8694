"""The shipped quickstart, played once as a newcomer does: its figure must tell the story of the README."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from run_commands import Table, cli, read_table, where

TURN_S, SETTLED_S, SECOND_S, END_S = 300.0, 420.0, 720.0, 1200.0
POINTS = [(link, adapter) for link in ("lte", "narrow") for adapter in ("cloud_ft", "persona")]

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Process:
    """What the quickstart wrote and printed."""

    folder: Path
    printed: dict[str, object]
    windows: Table

    def curve(self, link: str, adapter: str, seed: int = 1) -> Table:
        """Return the windows of one point of the sweep."""
        named = np.array([adapter in one for one in self.windows["method.adapter"]])
        mine = (self.windows["fleet.0.link"] == link) & named
        return where(self.windows, mine & (self.windows["seed"] == seed))


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> Process:
    folder = tmp_path_factory.mktemp("quickstart") / "run"
    ended = cli("--quiet", "--json", "--out", folder, cwd=folder.parent)
    assert ended.returncode == 0, ended.stderr
    return Process(folder, json.loads(ended.stdout), read_table(folder / "windows.parquet"))


def accuracy(curve: Table, column: str, after_s: float, until_s: float) -> float:
    """Return the share of correct predictions in (after, until]."""
    rows = (curve["t_s"] > after_s) & (curve["t_s"] <= until_s)
    return float(curve[column][rows].sum() / curve["samples"][rows].sum())


def test_it_draws_figures_and_a_report(claims: Process) -> None:
    assert (claims.folder / "report.html").stat().st_size > 10_000
    assert {path.suffix for path in (claims.folder / "plots").glob("accuracy.*")} == {".svg", ".png"}
    assert len(claims.printed["runs"]) == 5 * len(POINTS)  # type: ignore[arg-type]


def test_references_are_judged_on_the_very_same_samples_in_every_run(claims: Process) -> None:
    first, *others = (claims.curve(*point) for point in POINTS)
    for other in others:
        for column in ("samples", "correct_static", "correct_oracle"):
            assert np.array_equal(first[column], other[column])


def test_static_falls_with_the_first_drift_and_stays_down(claims: Process) -> None:
    curve = claims.curve("lte", "persona")
    before = accuracy(curve, "correct_static", 0.0, TURN_S)
    for after_s in np.arange(TURN_S, SECOND_S, 60.0):
        assert accuracy(curve, "correct_static", after_s, after_s + 60.0) < before - 0.03


def test_persona_regains_at_least_three_points_on_the_wide_link(claims: Process) -> None:
    curve = claims.curve("lte", "persona")
    gain = accuracy(curve, "correct", SETTLED_S, SECOND_S) - accuracy(curve, "correct_static", SETTLED_S, SECOND_S)
    assert gain >= 0.03


def test_labelled_fine_tuning_regains_too(claims: Process) -> None:
    curve = claims.curve("lte", "cloud_ft")
    assert accuracy(curve, "correct", SETTLED_S, SECOND_S) > accuracy(curve, "correct_static", SETTLED_S, SECOND_S)


@pytest.mark.parametrize("adapter", ["cloud_ft", "persona"])
def test_the_narrow_link_costs_accuracy(claims: Process, adapter: str) -> None:
    wide, narrow = (accuracy(claims.curve(link, adapter), "correct", TURN_S, END_S) for link in ("lte", "narrow"))
    assert narrow < wide - 0.01


@pytest.mark.parametrize("point", POINTS, ids="-".join)
def test_nobody_beats_the_oracle_for_long(claims: Process, point: tuple[str, str]) -> None:
    curve = claims.curve(*point)
    assert accuracy(curve, "correct", 0.0, 1200.0) <= accuracy(curve, "correct_oracle", 0.0, 1200.0)
