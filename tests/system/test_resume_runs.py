"""A run that was cut short, however and whenever, ends with the digest of one that was not."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import recorded_orders
from run_commands import Run, command, scenario_of

from agents.contract import WorkersLostError
from sim.run.resume import resume_run
from sim.run.resuming.interrupts import Interrupted
from sim.run.resuming.journaled_plane import ReplayError
from sim.run.run_folder import FolderError, RunFolder
from sim.run.run_scenario import RunOptions, run_scenario
from sim.scenario import load

TICKS = 8
#: Blocks of two cohorts, slow links so that messages are under way at every tick, and a checkpoint whenever possible.
WORLD = [
    "fleet=[{cohort: a, devices: 270, link: lte, samples: {rate: 2 /s}, labels: {share: 60 %, after: 3 s}},"
    "{cohort: b, devices: 40, link: lte, samples: {every: 3 s}, labels: {share: 100 %}}]",
    "links.lte={up: 3 kbit/s, down: 3 kbit/s, latency: {exponential: {mean: 300 ms}}}",
    "cloud.service={exponential: {mean: 20 ms}}",
    "method.adapter={kind: cloud_ft, steps: 2, window: 8}",
    "task.data.history=300",
    "task.pretrain.epochs=1",
]
OFTEN = "execution.checkpoint=1 us"
HOW = RunOptions(quiet=True, plugins=True)
TRIGGERS = ["recorded_orders:Watched", "recorded_orders:Counting"]


@pytest.fixture(autouse=True)
def _unwatched() -> Iterator[None]:
    recorded_orders.WATCHERS.clear()
    yield
    recorded_orders.WATCHERS.clear()


def begin(folder: Path, *overrides: str, eager: bool = False, trigger: str = TRIGGERS[0]) -> Run:
    """Play the world into a folder."""
    asked = [*WORLD, f"method.trigger={{kind: '{trigger}'}}", OFTEN, *overrides]
    scenario = load(scenario_of("gaussians"), asked, allow_plugins=True)
    how = RunOptions(eager=eager, quiet=True, plugins=True)
    return Run(run_scenario(scenario, RunFolder.open(folder), how, lambda windows, marks: {}).folder)


def resumed(folder: Path, how: RunOptions = HOW) -> Run:
    """Go on with the run in a folder."""
    return Run(resume_run(folder, how, lambda windows, marks: {}).folder)


def at(tick: int, act: Callable[[], None]) -> None:
    """Let something happen once, as soon as so many ticks are over."""

    def watch(over: int) -> None:
        if over == tick:
            recorded_orders.WATCHERS.clear()
            act()

    recorded_orders.WATCHERS.append(watch)


def ctrl_c() -> None:
    """Ask the run to stop."""
    signal.raise_signal(signal.SIGINT)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The world played to its end, once: what runs that were cut short must come to."""
    return begin(tmp_path_factory.mktemp("whole") / "run")


#: Whether eager, the trigger, and after which ticks the run is killed.
KILLED = [
    (False, TRIGGERS[0], range(1, TICKS)),
    (False, TRIGGERS[1], (2, 5)),
    pytest.param(True, TRIGGERS[0], (3,), marks=pytest.mark.slow),
    (True, TRIGGERS[1], (6,)),
]


@pytest.mark.parametrize(("eager", "trigger", "ticks"), KILLED)
def test_killed_at_any_tick_it_ends_with_the_same_digest(
    tmp_path: Path, eager: bool, trigger: str, ticks: Sequence[int]
) -> None:
    def copy(over: int) -> None:
        # What a kill leaves behind is the folder as it is at that moment.
        if over in ticks:
            shutil.copytree(tmp_path / "whole", tmp_path / f"killed-{over}")

    recorded_orders.WATCHERS.append(copy)
    whole = begin(tmp_path / "whole", trigger=trigger, eager=eager)
    recorded_orders.WATCHERS.clear()
    assert whole.summary["installed"] > 100
    for tick in ticks:
        killed = tmp_path / f"killed-{tick}"
        assert resumed(killed).digest == whole.digest
        assert f"live from tick {tick + 1}" in (killed / "run.log").read_text(encoding="utf-8")
        assert (killed / "windows.parquet").read_bytes() == (whole.folder / "windows.parquet").read_bytes()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_saves_says_how_to_go_on_and_does(tmp_path: Path, whole: Run, number: signal.Signals) -> None:
    at(4, lambda: signal.raise_signal(number))
    with pytest.raises(Interrupted, match=f"resume with: python run_sim.py resume {tmp_path}/cut"):
        begin(tmp_path / "cut", "execution.checkpoint=1 h")
    assert (tmp_path / "cut" / "STATUS").read_text(encoding="utf-8").strip() == "partial"
    assert resumed(tmp_path / "cut").digest == whole.digest
    assert "live from tick 6" in (tmp_path / "cut" / "run.log").read_text(encoding="utf-8")


def test_it_may_be_cut_short_again_and_again(tmp_path: Path, whole: Run) -> None:
    at(2, ctrl_c)
    with pytest.raises(Interrupted):
        begin(tmp_path / "cut")
    for tick in (4, 5, 7):
        at(tick, ctrl_c)
        with pytest.raises(Interrupted):
            resumed(tmp_path / "cut")
    assert resumed(tmp_path / "cut").digest == whole.digest


@pytest.mark.parametrize("left", ["journal alone", "half a journal", "a damaged checkpoint", "nothing"])
def test_whatever_is_left_is_used_and_the_rest_is_played(tmp_path: Path, whole: Run, left: str) -> None:
    at(6, ctrl_c)
    with pytest.raises(Interrupted):
        begin(tmp_path / "cut")
    saved_run = tmp_path / "cut" / "checkpoints"
    journal, newest = saved_run / "journal", sorted(saved_run.glob("*.safetensors"))[-1]
    if left == "nothing":
        shutil.rmtree(saved_run)
    elif left == "journal alone":
        for path in saved_run.glob("*.safetensors"):
            path.unlink()
    elif left == "half a journal":
        journal.write_bytes(journal.read_bytes()[: journal.stat().st_size // 2])
    else:
        newest.write_bytes(newest.read_bytes()[:-1])
    assert resumed(tmp_path / "cut").digest == whole.digest


def test_without_checkpoints_it_is_played_anew(tmp_path: Path) -> None:
    whole = begin(tmp_path / "whole", "execution.checkpoint=off")
    assert not (tmp_path / "whole" / "checkpoints").exists()
    at(3, ctrl_c)
    with pytest.raises(Interrupted):
        begin(tmp_path / "cut", "execution.checkpoint=off")
    assert resumed(tmp_path / "cut").digest == whole.digest


def test_a_journal_of_other_tallies_is_noticed(tmp_path: Path) -> None:
    at(5, ctrl_c)
    with pytest.raises(Interrupted):
        begin(tmp_path / "cut")
    other = begin(tmp_path / "other", "seed=6")
    for path in (tmp_path / "cut" / "checkpoints").glob("*.safetensors"):
        path.unlink()
    lines = [(tmp_path / name / "checkpoints" / "journal").read_bytes().split(b"\n", 1) for name in ("cut", "other")]
    (tmp_path / "cut" / "checkpoints" / "journal").write_bytes(b"\n".join([lines[0][0], lines[1][1]]))
    with pytest.raises(ReplayError, match=r"tick \d+ .* is not what it was"):
        resumed(tmp_path / "cut")
    assert other.digest


def test_another_scenario_is_not_taken_for_the_same(tmp_path: Path) -> None:
    at(3, ctrl_c)
    with pytest.raises(Interrupted):
        begin(tmp_path / "cut")
    resolved = tmp_path / "cut" / "resolved.yaml"
    resolved.write_text(resolved.read_text(encoding="utf-8").replace("seed: 5", "seed: 6"), encoding="utf-8")
    with pytest.raises(FolderError, match="has changed since it began"):
        resumed(tmp_path / "cut")


def test_nobody_else_may_play_in_a_folder_that_is_being_played(tmp_path: Path) -> None:
    refused = []

    def meddle() -> None:
        for meddler in (lambda: resumed(tmp_path / "run"), lambda: RunFolder.open(tmp_path / "run", force=True)):
            with pytest.raises(FolderError, match="is being played right now"):
                meddler()
            refused.append(meddler)

    at(3, meddle)
    begin(tmp_path / "run")
    assert len(refused) == 2


def test_a_run_that_lost_its_workers_says_how_to_go_on(tmp_path: Path, whole: Run) -> None:
    def lose() -> None:
        raise WorkersLostError("the worker of blocks 0 to 3 died")

    at(3, lose)
    with pytest.raises(WorkersLostError, match=r"died; resume with: python run_sim\.py resume"):
        begin(tmp_path / "cut")
    assert (tmp_path / "cut" / "STATUS").read_text(encoding="utf-8").strip() == "partial"
    assert resumed(tmp_path / "cut").digest == whole.digest


def test_two_checkpoints_stay_behind_and_they_are_small(tmp_path: Path) -> None:
    run = begin(tmp_path / "run")
    sizes = [path.stat().st_size for path in (run.folder / "checkpoints").glob("*.safetensors")]
    assert len(sizes) == 2
    assert max(sizes) < 2_000 * 512


def test_a_timing_only_run_is_played_anew_in_its_folder(tmp_path: Path) -> None:
    asked = ["method.trigger={kind: 'recorded_orders:Watched'}"]
    scenario = load(scenario_of("timing"), asked, allow_plugins=True)
    whole = run_scenario(scenario, RunFolder.open(tmp_path / "whole"), HOW, lambda windows, marks: {})
    at(30, ctrl_c)
    with pytest.raises(Interrupted):
        run_scenario(scenario, RunFolder.open(tmp_path / "cut"), HOW, lambda windows, marks: {})
    assert resumed(tmp_path / "cut").digest == whole.summary["digest"]


def test_a_complete_run_is_left_alone(tmp_path: Path) -> None:
    run = begin(tmp_path / "run")
    before = {path: path.stat().st_mtime_ns for path in run.folder.iterdir()}
    at(0, lambda: pytest.fail("nothing is left to play"))
    assert resumed(run.folder).digest == run.digest
    assert {path: path.stat().st_mtime_ns for path in run.folder.iterdir()} == before


def test_the_resumed_folder_tells_one_story(tmp_path: Path) -> None:
    at(4, ctrl_c)
    with pytest.raises(Interrupted):
        begin(tmp_path / "cut")
    run = resumed(tmp_path / "cut")
    manifest = json.loads((run.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["parent"] is None
    assert (run.folder / "STATUS").read_text(encoding="utf-8").strip() == "complete"
    assert command("resume", run.folder)[-2:] == ["resume", str(run.folder)]
