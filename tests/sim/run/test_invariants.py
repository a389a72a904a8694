"""A run that checks itself notices what no run may do, and finds nothing in one that is right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.contract import Outcome
from sim.kernel.records import TIMES
from sim.run.invariants import InvariantError, Invariants
from sim.run.run_folder import RunFolder
from sim.run.run_scenario import RunOptions, run_scenario
from sim.run.tables import Table
from sim.scenario import Scenario, load

ROWS = 6
WORLD = """
version: 1
duration: 1 min
tick: 10 s
task: none
fleet: [{cohort: phones, devices: 30, link: near}]
links:
  near: {up: 100 kbit/s, down: 1 Mbit/s, loss: 5 %, shared_by: 5 devices, via: [far]}
  far: {up: 1 Mbit/s, down: 1 Mbit/s, shared: true, discipline: ps}
cloud: {workers: 2, service: {exponential: 500 ms}}
method: {adapter: {kind: probe, payload: 5 kB, update: 10 kB}, trigger: {kind: poisson, rate: 10 /min}, in_flight: drop}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    (tmp_path / "world.yaml").write_text(WORLD, encoding="utf-8")
    return load(tmp_path / "world.yaml")


def exchanges() -> Table:
    """Return exchanges that pass all stages, one after the other."""
    number = np.arange(ROWS)
    times = {name: number + 0.1 * place for place, name in enumerate(TIMES)}
    counts = {name: np.full(ROWS, 7) for name in ("up_bytes", "down_bytes", "retransmitted_bytes")}
    return {"ticket": number} | times | counts | {"outcome": np.full(ROWS, Outcome.INSTALLED, np.int8)}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"served_s": 0.0}, "exchange 3 has an effect before its cause"),
        ({"started_s": np.nan}, "exchange 3 skips a stage"),
        ({"installed_s": np.nan}, "exchange 3 is installed and has no such time"),
        ({"outcome": Outcome.LOST}, "exchange 3 is installed and has no such time, or the other way round"),
        ({"ticket": 1}, "tickets do not come in their order"),
    ],
)
def test_what_cannot_be_is_noticed(scenario: Scenario, change: dict[str, Any], said: str) -> None:
    Invariants(scenario).check_exchanges(exchanges())
    broken = exchanges()
    for name, value in change.items():
        broken[name][3] = value
    with pytest.raises(InvariantError, match=said):
        Invariants(scenario).check_exchanges(broken)


@pytest.mark.whole
@pytest.mark.parametrize("engine", ["compiled", "simpy"])
def test_a_run_that_is_right_passes_and_its_tables_hold_together(
    scenario: Scenario, tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[tuple[Invariants, dict[str, Table]]] = []
    check = Invariants.check_tables
    monkeypatch.setattr(
        Invariants, "check_tables", lambda own, tables: (kept.append((own, dict(tables))), check(own, tables))
    )
    how = RunOptions(engine=engine, quiet=True, check=True)
    run_scenario(scenario, RunFolder.open(tmp_path / "run"), how, lambda windows, marks: {})
    invariants, tables = kept[0]
    for table, column, said in (
        ("links", "offered_bytes", "were offered"),
        ("links", "retransmitted_bytes", "were offered"),
        ("links", "delivered_bytes", "shrink|delivers more"),
        ("cloud", "waiting_s", "the cloud counts"),
        ("cloud", "served", "the cloud counts"),
        ("cloud", "queue", "fewer than none"),
    ):
        broken = dict(tables[table]) | {column: tables[table][column].copy()}
        less = column in ("queue", "delivered_bytes")
        broken[column][_last(broken)] += -10_000_000 if less else 10_000_000
        with pytest.raises(InvariantError, match=said):
            check(invariants, tables | {table: broken})


def _last(table: Table) -> int:
    """Return the last row of the cloud, or of the first link on the way up."""
    if "link" not in table:
        return -1
    return int(np.flatnonzero((table["link"] == "near") & (table["direction"] == "up"))[-1])
