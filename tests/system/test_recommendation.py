"""Recommendation from YAML to run folder: logs replayed, decisions ranked, refusals with their line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from run_commands import Run, RunScenario

import run_sim
from agents.metrics import Ranking
from analysis.metrics import measure
from analysis.runs import open_run

Scenario = dict[str, Any]


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 16 users with tastes of their own, over 2,000 s, in no order."""
    chance = np.random.default_rng(5)
    rows = []
    for user in range(16):
        liked = chance.permutation(60)[:25]
        rows += [(f"u{user}", f"i{chance.choice(liked)}", 4, at) for at in chance.uniform(0, 2000, 50 + 3 * user)]
    file = tmp_path_factory.mktemp("log") / "clicks.dat"
    file.write_text("".join("::".join(map(str, row)) + "\n" for row in chance.permutation(np.array(rows, object))))
    return file


@pytest.fixture
def scenario(log: Path) -> Callable[..., Scenario]:
    """Return a maker of small scenarios; keywords change parts of them."""

    def make(data: dict[str, Any] | None = None, model: str = "gru4rec", **changed: Any) -> Scenario:
        given = {
            "kind": "interactions",
            "path": str(log),
            "core": 2,
            "negatives": 19,
            "history": "60 %",
            "split": "time",
            "users": "all",
        }
        return {
            "version": 1,
            "name": "rec",
            "seed": 3,
            "duration": "200 s",
            "tick": "10 s",
            "task": {"data": {**given, **(data or {})}, "model": model, "pretrain": {"epochs": 2}},
            "fleet": [
                {
                    "cohort": "users",
                    "devices": 10,
                    "samples": {"arrivals": "recorded"},
                    "labels": {"share": "50 %", "after": "5 s"},
                    "link": "lte",
                }
            ],
            "links": {"lte": {"up": "256 kbit/s", "down": "1 Mbit/s", "latency": "50 ms"}},
            "method": {"adapter": "static"},
            **changed,
        }

    return make


PERSONA = {"kind": "persona", "window": 5, "prototypes": 2, "steps": 20, "group_steps": 5}
CLOUD_FT = {"kind": "cloud_ft", "window": 6, "steps": 3}
ASKS = {"trigger": {"kind": "every_samples", "n": 4}, "codec": "int8"}


@pytest.mark.parametrize(
    ("model", "adapter"),
    [("din", PERSONA), ("gru4rec", CLOUD_FT), ("sasrec", PERSONA)],
    ids=["din", "gru4rec", "sasrec"],
)
def test_a_replayed_log_gives_one_digest_lazily_and_eagerly(
    play: RunScenario, scenario: Callable[..., Scenario], model: str, adapter: Scenario
) -> None:
    reported = scenario(model=model, method={"adapter": adapter, **ASKS})
    lazy, eager = play(reported), play(reported, eager=True)
    assert lazy.digest == eager.digest
    assert lazy.summary["installed"] > 10
    assert lazy.summary["accuracy"] != lazy.summary["accuracy_static"]


def test_every_click_after_the_split_is_judged_once_and_counted_in_every_column(
    play: RunScenario, scenario: Callable[..., Scenario]
) -> None:
    run = play(scenario())
    windows = run.windows
    assert set(Ranking.columns) <= set(windows)
    lines = sum(50 + 3 * user for user in range(16))
    assert 0.2 * lines < windows["samples"].sum() < 0.4 * lines
    assert (windows["correct"] == windows["correct_static"]).all()
    assert (windows["hit_1"] <= windows["hit_5"]).all()
    assert (windows["hit_5"] <= windows["correct"]).all()
    assert (windows["correct"] <= windows["hit_20"]).all()
    # There are no more than 20 candidates.
    assert (windows["hit_20"] == windows["samples"]).all()
    for k in (5, 10):
        hits = windows["hit_5"] if k == 5 else windows["correct"]
        assert (windows[f"ndcg_{k}_micro"] <= 1_000_000 * hits).all()
    assert (windows["reciprocal_rank_micro"] >= 50_000 * windows["samples"]).all()


def test_recorded_poisson_and_periodic_arrivals_replay_the_same_clicks(
    play: RunScenario, scenario: Callable[..., Scenario]
) -> None:
    def totals(**samples: str) -> list[int]:
        reported = scenario()
        reported["fleet"][0]["samples"] = samples
        windows = play(reported).windows
        return [int(windows[name].sum()) for name in ("samples", "correct", *Ranking.columns)]

    recorded = totals(arrivals="recorded")
    assert totals(every="1 s", arrivals="poisson") == recorded
    assert totals(every="2 s", arrivals="periodic") == recorded


def test_a_market_plays_with_drift_and_its_best_ranking_is_the_oracle(
    play: RunScenario, scenario: Callable[..., Scenario]
) -> None:
    concept = {"interest": 0.8, "popularity": 1}
    reported = scenario(drift=[{"at": "100 s", "kind": "gradual", "over": "50 s", "to": concept}])
    reported["task"]["data"] = {
        "kind": "synthetic_interactions",
        "users": 60,
        "items": 40,
        "clicks": 10,
        "negatives": 19,
        "sharpness": 2,
    }
    reported["fleet"][0]["samples"] = {"every": "2 s"}
    reported["method"] = {"adapter": CLOUD_FT, **ASKS}
    lazy, eager = play(reported), play(reported, eager=True)
    assert lazy.digest == eager.digest
    assert lazy.summary["accuracy_oracle"] > lazy.summary["accuracy_static"]


def test_tables_made_before_a_run_and_batches_within_it_agree(
    play: RunScenario, scenario: Callable[..., Scenario]
) -> None:
    # The reference's verdicts come from a table made before the run, the deployed model's from batches within it.
    devices = play(scenario(model="din")).table("devices")
    assert devices["correct"].tolist() == devices["correct_static"].tolist()
    assert devices["samples"].min() > 0


WRONG: dict[str, tuple[Scenario, list[str]]] = {
    "no such file": ({"path": "gone.dat"}, ["task.data.path", "gone.dat"]),
    "a core that leaves nothing": ({"core": 500}, ["task.data", "core: 500 leaves nothing"]),
    "a past without an end": ({"history": "100 %"}, ["task.data", "history", "after the split"]),
    "too many negatives": ({"negatives": 59}, ["task.data", "negatives: 59 cannot be sampled"]),
    "too few negatives": ({"negatives": 1}, ["task.data.negatives", "1"]),
    "a column that is not there": ({"columns": {"timestamp": 7}}, ["task.data", "clicks.dat:1", "column 7"]),
    "a name without a header": ({"columns": {"user": "userId"}}, ["task.data", "clicks.dat:1", "'userId'"]),
    "an empty separator": ({"separator": ""}, ["task.data.separator", "cannot separate"]),
    "a separator that is not there": ({"separator": "|"}, ["task.data", "clicks.dat:1"]),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_log_that_cannot_be_used_is_refused_at_its_line(
    scenario: Callable[..., Scenario], tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    data, reported = WRONG[what]
    assert_refused(scenario(data), tmp_path, capsys, reported)


def test_a_fleet_larger_than_its_users_and_a_model_of_another_kind_are_refused(
    scenario: Callable[..., Scenario], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crowd = scenario()
    crowd["fleet"][0]["devices"] = 17
    assert_refused(crowd, tmp_path, capsys, ["fleet", "17 devices", "only 16 users"])
    assert_refused(scenario(model="mlp"), tmp_path, capsys, ["task.model", "'mlp' does not fit", "sasrec"])
    drifting = scenario(drift=[{"at": "1 s", "kind": "sudden", "to": {}}])
    assert_refused(drifting, tmp_path, capsys, ["drift", "replayed as it was"])


def assert_refused(reported: Scenario, tmp_path: Path, capsys: pytest.CaptureFixture[str], said: list[str]) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(yaml.safe_dump(reported), encoding="utf-8")
    assert run_sim.main(["run", str(file), "--out", str(tmp_path / "run"), "--quiet"]) == 2
    complaint = capsys.readouterr().err
    assert len(complaint.strip().splitlines()) == 1, complaint
    assert all(part in complaint for part in (f"{file}:", *said)), complaint
    assert not (tmp_path / "run").exists()


def test_figures_of_a_ranking_run_are_in_its_report(play: RunScenario, scenario: Callable[..., Scenario]) -> None:
    run: Run = play(scenario())
    figures = measure(open_run(run.folder))
    windows = run.windows
    assert figures["hit_10"] == figures["accuracy"]
    assert figures["ndcg_10"] == pytest.approx(windows["ndcg_10_micro"].sum() / 1e6 / windows["samples"].sum())
    assert figures["uauc"] is not None
    assert 0.0 < figures["uauc"] < 1.0
    assert figures["auc"] == pytest.approx(figures["uauc"], abs=0.1)
