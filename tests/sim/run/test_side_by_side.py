"""Points side by side: the same digests, failures listed, the rest goes on; the cache trains once."""

from __future__ import annotations

import io
import multiprocessing
import os
import signal
import threading
from pathlib import Path

import pytest

from sim.run.resuming.interrupts import TOO_LATE, Interrupted
from sim.run.run_folder import RunFolder
from sim.run.run_scenario import RunOptions
from sim.run.side_by_side import PointsFailedError, jobs_for
from sim.run.sweep import run_sweep
from sim.run.sweep_plan import plan_sweep
from sim.run.sweep_progress import SweepProgress, figures

pytestmark = pytest.mark.whole

SCENARIO = """
version: 1
name: queues
duration: 20 s
tick: 10 s
task: none
fleet: [{cohort: phones, devices: 4, link: lte}]
links: {lte: {up: 1 Mbit/s, down: 1 Mbit/s}}
method: {adapter: {kind: probe, payload: 1 kB, update: 1 kB}, trigger: {kind: periodic, every: 5 s}}
sweep: {grid: {links.lte.up: [1 Mbit/s, 2 Mbit/s]}, seeds: 2}
"""


def no_recovery(windows: object, marks: object) -> dict[str, object]:
    return {}


def swept(tmp_path: Path, name: str, jobs: int) -> list[str]:
    file = tmp_path / "queues.yaml"
    file.write_text(SCENARIO)
    folder = RunFolder.open(tmp_path / name)
    summary = run_sweep(file, [], None, folder, RunOptions(quiet=True), no_recovery, jobs)
    folder.release()
    return [run["name"] + run["digest"] for run in summary["runs"]]


def test_the_results_do_not_depend_on_how_many_run_at_once(tmp_path: Path) -> None:
    assert swept(tmp_path, "one", 1) == swept(tmp_path, "two", 2)


def test_a_point_that_fails_keeps_no_other_from_being_run(tmp_path: Path) -> None:
    blocked = tmp_path / "two" / "up=2_Mbit_s,seed=0"
    file = tmp_path / "queues.yaml"
    file.write_text(SCENARIO)
    folder = RunFolder.open(tmp_path / "two")
    # A file lies where the folder of one point belongs.
    blocked.write_text("")
    with pytest.raises(PointsFailedError, match="1 of 4 points failed; the others are done:\nup=2_Mbit_s,seed=0: "):
        run_sweep(file, [], None, folder, RunOptions(quiet=True), no_recovery, 2)
    folder.release()
    assert folder.status == "partial"
    assert len(list((tmp_path / "two").glob("*/summary.json"))) == 3


def test_as_many_at_once_as_pays() -> None:
    assert jobs_for(18, 2, None) == 2
    assert jobs_for(1, 8, None) == 1
    assert jobs_for(3, None, None) == 1
    assert jobs_for(18, None, 2) == 1
    assert 1 <= jobs_for(18, None, 0) <= 18


def test_a_line_says_which_point_ended_and_how() -> None:
    out = io.StringIO()
    progress = SweepProgress(12, out=out)
    progress.ended("up=1,seed=1", {"accuracy": 0.91234, "recovery_s": 50.0, "mean_age_s": None})
    progress.ended("up=2,seed=1", None, "ValueError: no")
    progress.close()
    assert out.getvalue() == (
        "[ 1/12] up=1,seed=1  accuracy 0.9123, recovery 50 s\n[ 2/12] up=2,seed=1  ValueError: no\n"
    )
    assert figures({}) == ""


def test_what_two_need_at_once_is_trained_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    from agents.cache import cached

    monkeypatch.setenv("DRIFTBED_CACHE", str(tmp_path))
    trained, begun = [], threading.Event()

    def build() -> dict[str, object]:
        begun.set()
        trained.append(1)
        threading.Event().wait(0.3)
        return {"x": torch.ones(2)}

    threads = [threading.Thread(target=cached, args=({"key": 1}, build)) for _ in range(3)]
    threads[0].start()
    begun.wait()
    for thread in threads[1:]:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(trained) == 1


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("jobs", [1, 2])
def test_on_a_terminal_each_running_point_has_a_bar(jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = Terminal()
    monkeypatch.setattr("sys.stderr", out)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    file = tmp_path / "queues.yaml"
    file.write_text(SCENARIO)
    folder = RunFolder.open(tmp_path / "live")
    run_sweep(file, [], None, folder, RunOptions(), no_recovery, jobs)
    folder.release()
    shown = out.getvalue()
    assert "preparing" in shown
    assert "[4/4] up=" in shown
    assert "0/4" in shown


def test_the_time_left_follows_the_shares_and_long_names_give_way(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    progress = SweepProgress(2, out=out)
    monkeypatch.setattr("time.monotonic", lambda: progress._began + 10.0)
    progress.moved("a-name-of-many-settings," * 4, 0.5, "50% of 3600 s, accuracy 0.123")
    progress.close()
    assert "0/2, 30 s left" in out.getvalue()
    assert "50% of 3600 s, accuracy 0.123" in out.getvalue()


def test_one_by_one_a_point_that_fails_keeps_no_other_from_being_run(tmp_path: Path) -> None:
    file = tmp_path / "queues.yaml"
    file.write_text(SCENARIO)
    folder, played = RunFolder.open(tmp_path / "one"), []

    def second_fails(windows: object, marks: object) -> dict[str, object]:
        played.append(windows)
        if len(played) == 2:
            raise ZeroDivisionError("no")
        return {}

    with pytest.raises(PointsFailedError, match="1 of 4 points failed; the others are done:\nup=1_Mbit_s,seed=1: "):
        run_sweep(file, [], None, folder, RunOptions(quiet=True), second_fails, 1)
    folder.release()
    assert folder.status == "partial"
    assert len(list((tmp_path / "one").glob("*/summary.json"))) == 3


def test_a_stop_that_comes_as_a_point_ends_begins_no_other(tmp_path: Path) -> None:
    file = tmp_path / "queues.yaml"
    file.write_text(SCENARIO)
    folder = RunFolder.open(tmp_path / "stopped")

    def too_late(windows: object, marks: object) -> dict[str, object]:
        TOO_LATE.set()
        return {}

    with pytest.raises(Interrupted, match="resume with: "):
        run_sweep(file, [], None, folder, RunOptions(quiet=True), too_late, 1)
    folder.release()
    assert folder.status == "partial"
    assert len(list((tmp_path / "stopped").glob("*/summary.json"))) == 1


def test_processes_that_are_interrupted_while_they_answer_are_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "queues.yaml"
    file.write_text(SCENARIO)
    folder = RunFolder.open(tmp_path / "hurt")

    def all_interrupted(*_: object) -> None:
        # As Ctrl-C does in a terminal.
        for process in multiprocessing.active_children():
            os.kill(process.pid or 0, signal.SIGINT)
        raise KeyboardInterrupt

    monkeypatch.setattr(SweepProgress, "ended", all_interrupted)
    with pytest.raises(Interrupted, match="resume with: "):
        run_sweep(file, [], None, folder, RunOptions(quiet=True), no_recovery, 2)
    folder.release()
    assert folder.status == "partial"
    assert not multiprocessing.active_children()


def test_a_dry_run_counts_points_and_guesses_time_and_disk(tmp_path: Path) -> None:
    file = tmp_path / "queues.yaml"
    file.write_text(SCENARIO.replace("duration: 20 s", "duration: 200 s"))
    plan = plan_sweep(file, [], None, RunOptions(quiet=True), 2)
    assert (len(plan.points), plan.settings, plan.seeds, plan.at_once) == (4, 2, 2, 2)
    assert [point.requests for point in plan.points] == [160] * 4
    assert plan.wall_s >= max(point.wall_s for point in plan.points)
    folder = RunFolder.open(tmp_path / "played")
    run_sweep(file, [], None, folder, RunOptions(quiet=True), no_recovery, 1)
    folder.release()
    played = sum(path.stat().st_size for path in (tmp_path / "played").glob("*/*") if path.is_file())
    assert 0.5 < plan.disk_bytes / played < 2.0
