"""A fork is its parent up to a tick, another run from there on, and as exact as any."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import recorded_orders
from run_commands import Run, cli, scenario_of
from test_resume_runs import HOW, OFTEN, WORLD, at, begin, ctrl_c, resumed

from sim.run.fork import fork, prepare_fork
from sim.run.forking.changes import ForkError
from sim.run.resuming.interrupts import Interrupted
from sim.run.run_folder import RunFolder
from sim.run.run_scenario import run_scenario
from sim.scenario import load

AT_S = 40.0
STEPS = "method.adapter.steps=20"
FASTER = "links.lte.up=1 Mbit/s"
POISSON = "method.trigger={kind: poisson, rate: 6 /min}"


@pytest.fixture(autouse=True)
def _unwatched() -> Iterator[None]:
    recorded_orders.WATCHERS.clear()
    yield
    recorded_orders.WATCHERS.clear()


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run to fork: complete, with checkpoints of its last two ticks."""
    return begin(tmp_path_factory.mktemp("parent") / "run")


def forked(parent: Path, folder: Path, *overrides: str, at_s: float = AT_S) -> Run:
    """Fork a run into a folder."""
    scenario, saved_run = prepare_fork(parent, at_s, overrides, allow_plugins=True)
    return Run(fork(scenario, saved_run, RunFolder.open(folder), HOW, lambda windows, marks: {}).folder)


@pytest.mark.parametrize("at_s", [10.0, 40.0, 70.0])
def test_a_fork_without_a_change_is_its_parent(parent: Run, tmp_path: Path, at_s: float) -> None:
    assert forked(parent.folder, tmp_path / "fork", at_s=at_s).digest == parent.digest


@pytest.mark.parametrize("change", [STEPS, FASTER, POISSON, "links.lte.latency=2 s", "cloud.service=1 s"])
def test_the_past_stays_and_the_future_changes(parent: Run, tmp_path: Path, change: str) -> None:
    run = forked(parent.folder, tmp_path / "fork", change)
    assert run.digest != parent.digest
    for table in ("windows", "links", "cloud"):
        ours, theirs = run.table(table), parent.table(table)
        past = theirs["t_s"] <= AT_S
        assert all(
            np.array_equal(ours[name][: past.sum()], theirs[name][past]) for name in theirs if name != "requests"
        )
    ours, theirs = run.exchanges, parent.exchanges
    done = theirs["installed_s"] <= AT_S
    assert done.sum() > 50
    now_done = np.isin(ours["ticket"], theirs["ticket"][done])
    assert all(np.array_equal(ours[name][now_done], theirs[name][done]) for name in theirs)


def test_a_fork_is_the_same_from_whatever_checkpoint_it_starts(parent: Run, tmp_path: Path) -> None:
    at(3, ctrl_c)
    with pytest.raises(Interrupted):
        begin(tmp_path / "early")
    bare = Path(shutil.copytree(parent.folder, tmp_path / "bare"))
    for path in (bare / "checkpoints").glob("*.safetensors"):
        path.unlink()
    shutil.rmtree(shutil.copytree(bare, tmp_path / "none") / "checkpoints")
    digests = {
        name: forked(folder, tmp_path / f"fork-{name}", STEPS, FASTER).digest
        for name, folder in [
            ("complete", parent.folder),
            ("cut short", tmp_path / "early"),
            ("journal alone", bare),
            ("nothing", tmp_path / "none"),
        ]
    }
    assert len(set(digests.values())) == 1, digests


@pytest.mark.parametrize("tick", [2, 4, 6])
def test_a_fork_that_is_cut_short_goes_on(parent: Run, tmp_path: Path, tick: int) -> None:
    whole = forked(parent.folder, tmp_path / "whole", STEPS, FASTER)
    at(tick, ctrl_c)
    with pytest.raises(Interrupted):
        forked(parent.folder, tmp_path / "cut", STEPS, FASTER)
    assert resumed(tmp_path / "cut").digest == whole.digest


def test_a_fork_of_a_fork_turns_back_again(parent: Run, tmp_path: Path) -> None:
    first = forked(parent.folder, tmp_path / "first", FASTER, at_s=30.0)
    back = forked(first.folder, tmp_path / "back", "links.lte.up=3 kbit/s", at_s=60.0)
    assert back.digest not in (first.digest, parent.digest)
    with pytest.raises(ForkError, match="became itself at 30 s"):
        prepare_fork(first.folder, 20.0, [], allow_plugins=True)


def test_a_fork_names_its_parent(parent: Run, tmp_path: Path) -> None:
    run = forked(parent.folder, tmp_path / "fork", FASTER)
    reported = json.loads((run.folder / "manifest.json").read_text(encoding="utf-8"))
    whole = json.loads((parent.folder / "manifest.json").read_text(encoding="utf-8"))
    assert reported["parent"] == {
        "run": str(parent.folder),
        "at_s": AT_S,
        "set": [FASTER],
        "digest": parent.digest,
    }
    assert reported["scenario"] != whole["scenario"]
    assert load(run.folder / "resolved.yaml", allow_plugins=True).links["lte"].up.rate == 1e6


@pytest.mark.parametrize("text", ["null", "[1]", "12", "{"])
def test_a_parent_without_a_whole_summary_is_forked_all_the_same(parent: Run, tmp_path: Path, text: str) -> None:
    damaged = Path(shutil.copytree(parent.folder, tmp_path / "damaged"))
    (damaged / "summary.json").write_text(text, encoding="utf-8")
    _, saved_run = prepare_fork(damaged, AT_S, [FASTER], allow_plugins=True)
    assert saved_run.ancestry.parent is not None
    assert saved_run.ancestry.parent["digest"] is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("method.adapter.window=9", "another size"),
        ("method.adapter=static", "method.adapter"),
        ("method.codec=int8", "method.codec"),
        ("task.pretrain.epochs=2", "task.pretrain.epochs"),
        ("drift=[]", "drift"),
    ],
)
def test_what_cannot_change_is_refused_in_one_line(parent: Run, change: str, why: str) -> None:
    with pytest.raises(ForkError, match=why) as refused:
        prepare_fork(parent.folder, AT_S, [change], allow_plugins=True)
    assert len(str(refused.value).splitlines()) == 1


def test_what_was_trained_before_the_run_cannot_change(tmp_path: Path) -> None:
    adapter = "method.adapter={kind: persona, steps: 5, group_steps: 5}"
    scenario = load(scenario_of("gaussians"), [*WORLD, adapter, OFTEN, "drift=[]", "duration=20 s"])
    run_scenario(scenario, RunFolder.open(tmp_path / "run"), HOW, lambda windows, marks: {})
    with pytest.raises(ForkError, match="was made before it"):
        prepare_fork(tmp_path / "run", 10.0, ["method.adapter.steps=6"], allow_plugins=False)


def test_a_message_under_way_goes_on_at_the_new_rate(tmp_path: Path) -> None:
    # 1 s before the change 10 kB leave at 8 kbit/s: 1 kB is through when the line becomes ten times as fast.
    plain = [
        "fleet=[{cohort: one, devices: 1, link: lte}]",
        "links.lte={up: 8 kbit/s, down: 1 Gbit/s}",
        "cloud.service=0 s",
        "method.adapter={kind: probe, payload: 10 kB, update: 0 B}",
        "method.trigger={kind: at, times: [59 s, 100 s]}",
        "method.in_flight=drop",
    ]
    run_scenario(load(scenario_of("timing"), plain), RunFolder.open(tmp_path / "run"), HOW, lambda windows, marks: {})
    exchanges = forked(tmp_path / "run", tmp_path / "fork", "links.lte.up=80 kbit/s", at_s=60.0).exchanges
    assert exchanges["reached_s"] == pytest.approx([60.9, 101.0])
    assert Run(tmp_path / "run").exchanges["reached_s"] == pytest.approx([69.0, 110.0])


def test_the_command_line_forks_and_refuses(tmp_path: Path) -> None:
    assert cli("run", scenario_of("timing"), "--quiet", "--out", "run", cwd=tmp_path).returncode == 0
    reported = cli(
        "fork", "run", "--at", "5 min", "--set", "links.lte.up=2 Mbit/s", "--out", "fork", "--json", cwd=tmp_path
    )
    assert reported.returncode == 0, reported.stderr
    assert json.loads(reported.stdout)["digest"] != Run(tmp_path / "run").digest
    refused = [
        (["run", "--at", "301 s"], "no tick"),
        (["run", "--at", "5"], "--at"),
        (["run", "--at", "5 min", "--set", "seed=3"], "seed: cannot change"),
        (["run", "--at", "5 min", "--set", "links.lte.upp=3 bit/s"], "did you mean 'up'"),
        (["nowhere", "--at", "5 min"], "no run"),
    ]
    for words, why in refused:
        reported = cli("fork", *words, "--out", "refused", cwd=tmp_path)
        assert (reported.returncode, reported.stdout) == (2, "")
        assert why in reported.stderr
        assert len(reported.stderr.splitlines()) == 1
        assert not (tmp_path / "refused").exists()
