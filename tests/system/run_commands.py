"""Plays scenarios for the tests of the laws: YAML in, a run folder out."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

import run_sim
from sim.run.run_folder import RunFolder
from sim.run.run_scenario import RunOptions, run_scenario
from sim.scenario import Point, Scenario, ScenarioErrors, load, points

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TABLES = ("windows", "exchanges", "devices", "links", "cloud")
#: Times of an exchange in the order in which they must come.
STAGES = ("requested_s", "sent_s", "reached_s", "started_s", "served_s", "returned_s", "installed_s")

Table = dict[str, np.ndarray]
#: Runs the command line with some words in an empty folder; returns (exit code, out, err).
Reported = Callable[..., tuple[int, str, str]]


@dataclass(frozen=True)
class Run:
    """A run folder, read back from its files."""

    folder: Path

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The content of summary.json."""
        loaded: dict[str, Any] = json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))
        return loaded

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The content of manifest.json."""
        loaded: dict[str, Any] = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        return loaded

    @property
    def digest(self) -> str:
        """The digest that two equal runs share."""
        return str(self.summary["digest"])

    def table(self, name: str) -> Table:
        """Return a table of the run, column by column."""
        return read_table(self.folder / f"{name}.parquet")

    @property
    def exchanges(self) -> Table:
        """One row per exchange, by ticket."""
        return self.table("exchanges")

    @property
    def windows(self) -> Table:
        """One row per tick and cohort."""
        return self.table("windows")


#: Told a scenario's name beside this file (or a whole one as a map), and overrides as ``--set`` has them.
RunScenario = Callable[..., Run]


def read_table(path: Path) -> Table:
    """Return a parquet file as NumPy columns; missing times are NaN."""
    table = pq.read_table(path)
    return {name: table[name].to_numpy() for name in table.column_names}


def scenario_of(name: str) -> Path:
    """Return the scenario of that name beside this file."""
    return HERE / f"{name}.yaml"


def play_file(
    file: Path, folder: Path, overrides: tuple[str, ...], *, eager: bool = False, engine: str = "auto"
) -> Run:
    """Play a scenario file in this process."""
    scenario = load(file, overrides)
    how = RunOptions(eager=eager, engine=engine, quiet=True)
    return Run(run_scenario(scenario, RunFolder.open(folder), how, lambda windows, marks: {}).folder)


def command(*arguments: str | Path) -> list[str]:
    """Return the command line of ``run_sim.py`` with some arguments."""
    return [sys.executable, str(ROOT / "run_sim.py"), *map(str, arguments)]


def cli(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line in a folder and in this process, which has loaded all that it needs."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = run_sim.main(list(map(str, arguments)))
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    return subprocess.CompletedProcess(command(*arguments), code, out.getvalue(), err.getvalue())


def cli_process(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(command(*arguments), cwd=cwd, capture_output=True, text=True, timeout=240)


def where(table: Table, rows: np.ndarray) -> Table:
    """Return some rows of a table."""
    return {name: values[rows] for name, values in table.items()}


def assert_rows_equal(some: Table, others: Table) -> None:
    """Check that two tables agree, ticket numbers aside: those count the whole fleet."""
    assert some.keys() == others.keys()
    for name in some.keys() - {"ticket"}:
        assert np.array_equal(some[name], others[name], equal_nan=some[name].dtype.kind == "f"), name


def files_below(folder: Path) -> list[str]:
    """Return every file and folder below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def assert_refused(code: int, out: str, err: str, *parts: str) -> None:
    """Check that a command was refused in one line that holds all of ``parts``."""
    assert code == 2
    assert out == ""
    assert len(err.splitlines()) == 1, err
    assert all(part in err for part in parts), err


def loaded(file: Path) -> Scenario:
    """Load a scenario; skip the test where only its data, or an extra of the installation, are missing."""
    with skipping_what_is_missing():
        return load(file)


def all_points(file: Path) -> list[Point]:
    """Return the points of a sweep; skip the test as ``loaded`` does."""
    with skipping_what_is_missing():
        return list(points(file))


@contextlib.contextmanager
def skipping_what_is_missing() -> Iterator[None]:
    """Skip the test where a scenario is refused for nothing but files and packages that are not here."""
    try:
        yield
    except ScenarioErrors as errors:
        absent = ("there is no file", "needs the extra")
        missing = [one for one in errors.problems if any(words in one.message for words in absent)]
        if len(missing) < len(errors.problems):
            raise
        pytest.skip(str(missing[0]))
