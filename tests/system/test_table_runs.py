"""Tables from YAML to run folders: exact however they are played, and every mistake one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from run_commands import RunScenario, cli, play_file

from sim.scenario import ScenarioErrors
from sim.scenario.error_location import located

ROWS = 900


def table(folder: Path) -> Path:
    """Write a table whose two classes change their looks half way."""
    chance = np.random.default_rng(5)
    label = chance.integers(0, 2, ROWS)
    x = 2.0 * label - 1.0 + np.where(np.arange(ROWS) > ROWS / 2, 1.5, 0.0) + chance.standard_normal(ROWS)
    lines = [f"{10 * row},m{row % 30},{value:.4f},{'ab'[row % 2]},{label[row]}" for row, value in enumerate(x)]
    path = folder / "t.csv"
    path.write_text("t,who,x,c,y\n" + "\n".join(lines), encoding="utf-8")
    return path


def scenario(path: Path, **data: object) -> dict[str, object]:
    return {
        "version": 1,
        "seed": 3,
        "duration": "1 min",
        "tick": "10 s",
        "task": {
            "data": {"kind": "table", "path": str(path), "ignore": ["t", "who"], **data},
            "model": "logistic",
            "pretrain": {"epochs": 3},
        },
        "fleet": [
            {"cohort": "a", "devices": 12, "samples": {"every": "1 s"}, "labels": {"after": "1 s"}, "link": "radio"},
            {"cohort": "b", "devices": 5, "samples": {"every": "2 s"}, "labels": {"after": "1 s"}, "link": "radio"},
        ],
        "drift": [
            {"at": "30 s", "kind": "sudden", "share": "50 %", "to": {"noise": 0.3, "labels": {"swap": [[0, 1]]}}}
        ],
        "links": {"radio": {"up": "100 kbit/s", "down": "100 kbit/s", "latency": "50 ms"}},
        "method": {
            "adapter": {"kind": "cloud_ft", "window": 16, "steps": 3},
            "trigger": {"kind": "every_samples", "n": 8},
        },
    }


def test_a_table_plays_the_same_lazily_and_eagerly(play: RunScenario, tmp_path: Path) -> None:
    reported = scenario(table(tmp_path))
    lazy, eager = play(reported), play(reported, eager=True)
    assert lazy.digest == eager.digest
    assert lazy.summary["samples"] <= ROWS * 0.8


def test_rows_that_are_out_are_out(play: RunScenario, tmp_path: Path) -> None:
    run = play(scenario(table(tmp_path)), "duration=10 min")
    devices = run.table("devices")
    assert run.summary["samples"] == devices["samples"].sum() == ROWS * 0.8
    assert set(devices["samples"]) == {720 // 17, 720 // 17 + 1}
    again = play(scenario(table(tmp_path), at_end="repeat"), "duration=10 min", "method.adapter=static")
    assert again.summary["samples"] > 5 * ROWS


def test_recorded_rows_keep_their_times_and_owners(play: RunScenario, tmp_path: Path) -> None:
    data = {"ignore": [], "time": "t", "deal": "column", "column": "who", "compression": 150}
    reported = scenario(table(tmp_path), **data)
    reported["fleet"] = [{"cohort": "a", "devices": 30, "samples": {"arrivals": "recorded"}}]
    run = play(reported, "method.adapter=static", "tick=5 s")
    # 720 rows, ten seconds apart, 150 seconds of them in one of the run.
    assert run.summary["samples"] == 720
    assert run.windows["samples"].tolist() == [76] + [75] * 8 + [44] + [0, 0]
    assert set(run.table("devices")["samples"]) == {24}


def test_one_device_more_changes_nobody_of_a_fixed_deal(play: RunScenario, tmp_path: Path) -> None:
    reported = scenario(table(tmp_path), among=40)
    runs = [
        play(reported, f"fleet.1.devices={devices}", "method.adapter=static").table("devices") for devices in (5, 6)
    ]
    for name in ("samples", "correct"):
        assert runs[0][name].tolist() == runs[1][name].tolist()[:17]


MISTAKES = [
    ({}, "5,m1,zwei,a,0", "column 'x': 'zwei' is no number"),
    ({}, "5,m1,1.0,a,0,9", "has 6 columns where the first line has 5"),
    ({}, "5,m1,?,a,0", "column 'x': a value is missing; 'missing: mean'"),
    ({"time": "t", "ignore": ["who"]}, "5,m1,1.0,a,0", "column 't': time '5' is before '8990' above it"),
]


@pytest.mark.parametrize(("data", "line", "said"), MISTAKES)
def test_a_bad_row_is_one_line_with_both_files(tmp_path: Path, data: dict[str, object], line: str, said: str) -> None:
    path = table(tmp_path)
    path.write_text(path.read_text() + "\n" + line + "\n")
    assert_refused(tmp_path, scenario(path, **data), f"task.data: {path}:{ROWS + 2}: {said}")


def assert_refused(folder: Path, reported: dict[str, object], said: str) -> None:
    """Check that the scenario is refused in one line that begins with its own place."""
    file = folder / "s.yaml"
    file.write_text(yaml.safe_dump(reported), encoding="utf-8")
    with pytest.raises(ScenarioErrors) as caught, located(file):
        play_file(file, folder / "out", ())
    assert len(str(caught.value).splitlines()) == 1
    assert str(caught.value).startswith(f"{file}:")
    assert said in str(caught.value)


def test_a_refused_table_leaves_nothing_behind(tmp_path: Path) -> None:
    path = table(tmp_path)
    path.write_text(path.read_text() + "\n5,m1,zwei,a,0\n")
    (tmp_path / "s.yaml").write_text(yaml.safe_dump(scenario(path)), encoding="utf-8")
    played = cli("run", "s.yaml", "--quiet", "--out", "out", cwd=tmp_path)
    assert played.returncode == 2
    assert played.stderr.startswith("s.yaml:")
    assert f"{path}:{ROWS + 2}: column 'x': 'zwei' is no number" in played.stderr
    assert len(played.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"target": "z"}, "task.data: {path}: target: no column is named 'z'"),
        ({"deal": "column"}, "task.data.column: is missing"),
        ({"column": "who"}, "task.data.column: goes with 'deal: column'"),
        ({"delimiter": "ab"}, "task.data.delimiter: 'ab' is no delimiter"),
        ({"among": 3}, "fleet: has 17 devices, but the table's rows are dealt to 3 only"),
        ({"at_end": "loop"}, "task.data.at_end: 'loop' is unknown"),
    ],
)
def test_options_that_do_not_fit_are_one_line(tmp_path: Path, data: dict[str, object], said: str) -> None:
    path = table(tmp_path)
    assert_refused(tmp_path, scenario(path, **data), said.format(path=path))


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ({"labels": {"prior": [0.5, 0.5]}}, "drift.0.to.labels.prior: 'table' has no prior to be set"),
        ({"blur": 2}, "drift.0.to.blur: 'table' cannot be changed that way; it knows: scale, shift, noise, labels"),
        ({"arrivals": 2}, "drift.0.to.arrivals: the samples of 'table' are recorded"),
        ({"labels": {"swap": [[0, 2]]}}, "drift.0: labels.swap"),
    ],
)
def test_drift_that_a_table_does_not_know_is_one_line(tmp_path: Path, to: dict[str, object], said: str) -> None:
    reported = scenario(table(tmp_path))
    reported["drift"] = [{"at": "30 s", "kind": "sudden", "to": to}]
    assert_refused(tmp_path, reported, said)
