"""Every method of the table on ten lines: it plays, and without bandwidth nothing but the base answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from run_commands import Run, play_file

from agents.methods import METHODS

NAMES = [name for name in METHODS if name != "probe"]
#: Systems of the family, and what they are compared with; the others take as long again.
FAMILY = NAMES[: NAMES.index("dpu") + 1]
EACH = [name if name in FAMILY else pytest.param(name, marks=pytest.mark.slow) for name in NAMES]
#: Units of options, which the table of methods has in seconds.
UNITS = {"every": " s"}
#: Not the base without bandwidth either, and why.
OWN_WAYS = {"static_balanced": "begins with a head of its own"}
#: Their normalisation follows what the device sees before it asks, unless the past's statistics count for all.
BY_THE_PAST = {"cema": {"prior": 1e9}, "by_cause": {"prior": 1e9}}
LIVE, DEAD = "{up: 1 Mbit/s, down: 1 Mbit/s}", "{up: 0 bit/s, down: 0 bit/s}"


def ten_lines(method: str, link: str, **more: Any) -> str:
    """Return a scenario for a method, by what its row of the table says that it needs."""
    row = METHODS[method]
    ranks, learns = "items" in row.needs, "learning" in row.needs
    given = {**row.quick, **more}
    options = "".join(f", {name}: {json.dumps(value)}{UNITS.get(name, '')}" for name, value in given.items())
    data = "{kind: synthetic_interactions, users: 40, items: 120}, model: gru4rec" if ranks else "digits, model: mlp"
    trigger = "{kind: rounds, every: 10 s, cohort_size: 2}" if "rounds" in row.needs else "{kind: periodic, every: 8 s}"
    computes = "compute: {macs_per_s: 1.0e9}"
    learning = ", learning: {trigger: {kind: periodic, every: 8 s}}" if learns else ""
    return f"""\
version: 1
duration: 40 s
tick: 5 s
task: {{data: {data}, pretrain: {{epochs: 1}}}}
fleet: [{{cohort: phones, devices: 3, samples: {{every: 1 s}}, labels: {{after: 0 s}}, link: lte, {computes}}}]
links: {{lte: {link}}}
method: {{adapter: {{kind: {method}{options}}}, trigger: {trigger}{learning}}}
references: [static]
"""


def played(method: str, link: str, folder: Path, **more: Any) -> Run:
    file = folder / "ten.yaml"
    file.write_text(ten_lines(method, link, **more), "utf-8")
    return play_file(file, folder / "run", ())


@pytest.mark.parametrize("method", EACH)
def test_a_method_plays_on_ten_lines(method: str, tmp_path: Path) -> None:
    assert len(ten_lines(method, LIVE).splitlines()) <= 10
    run, silent = played(method, LIVE, tmp_path), "silence" in METHODS[method].gives
    assert run.summary["samples"] > 60
    assert silent or (run.exchanges["outcome"].astype(str) == "installed").any()


@pytest.mark.parametrize("method", EACH)
def test_without_bandwidth_every_method_that_learns_nothing_on_the_device_is_static(
    method: str, tmp_path: Path
) -> None:
    if method in OWN_WAYS or "learning" in METHODS[method].needs:
        pytest.skip(OWN_WAYS.get(method, "learns on the device"))
    run = played(method, DEAD, tmp_path, **BY_THE_PAST.get(method, {}))
    windows, devices = run.windows, run.table("devices")
    assert windows["correct"].tolist() == windows["correct_static"].tolist()
    assert devices["correct"].tolist() == devices["correct_static"].tolist()
    assert run.summary["installed"] == 0
