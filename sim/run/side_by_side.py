"""Points of a sweep in several processes: the same folders and digests, sooner."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType
from typing import Any

from agents.contract import BackendError, InputError, WorkersLostError
from sim.run.output_folder import FolderError
from sim.run.resume import run_or_resume
from sim.run.resuming.interrupts import TIME_LIMIT_S, TOO_LATE, Interrupted, resume_line
from sim.run.resuming.journaled_plane import ReplayError
from sim.run.run_scenario import EvaluateRecovery, RunOptions
from sim.run.supervisor import end_with_parent, end_without
from sim.run.sweep_progress import OnMove, PointProgress
from sim.scenario import Point, Scenario, ScenarioErrors, load
from sim.scenario.error_location import located

#: A process of its own costs some seconds: fewer points than this are run one after another.
FEWEST = 4
#: Wall time between two looks at what running points report.
_LOOK_EVERY_S = 0.2
#: So long may a process take to end once its run has stopped [s].
_SAVES_S = 10.0
_INTERRUPTED = 130


@dataclass(frozen=True)
class PointJob:
    """One point of a sweep as another process needs it."""

    file: str
    overrides: tuple[str, ...]
    point: Point
    folder: Path
    run_options: RunOptions
    evaluate_recovery: EvaluateRecovery

    def run(self, scenario: Scenario | None = None) -> dict[str, Any]:
        """Run the point, or what is missing of it; return its summary. ``scenario`` is its, if it is loaded."""
        overrides = [*self.overrides, *self.point.overrides]
        if scenario is None:
            scenario = load(self.file, overrides, seed=self.point.seed, allow_plugins=self.run_options.plugins)
        with located(self.file, overrides, self.point.seed):
            return run_or_resume(scenario, self.folder / self.point.name, self.run_options, self.evaluate_recovery)


class PointsFailedError(Exception):
    """Some points of a sweep failed; all others were run. The message is one line a point."""


@dataclass(frozen=True)
class Ended:
    """How a point ended: its summary, or why there is none."""

    summary: dict[str, Any] | None
    failure: str = ""


#: Called with a point as it ends.
OnEnd = Callable[[Point, Ended], None]


def jobs_for(points: int, wanted: int | None, workers: int | None) -> int:
    """Return how many points are run at once; ``None`` for as many as there are cores, where that pays."""
    if wanted is not None:
        return max(1, min(wanted, points))
    return 1 if workers or points < FEWEST else min(points, len(os.sched_getaffinity(0)))


def run_points(
    jobs: Sequence[PointJob], at_once: int, on_end: OnEnd, on_move: OnMove | None = None
) -> list[dict[str, Any]]:
    """Run points, ``at_once`` at a time, each in a process that goes on to the next; return their summaries in order.

    ``on_move`` is called now and then with each point that runs.

    Raises:
        Interrupted: the user stopped the sweep; points under way are left as they can be resumed.
        PointsFailedError: some failed, which kept no other from being run.
        WorkersLostError: one of the processes was killed.
    """
    # A fork would take over threads of torch that it does not have.
    context = multiprocessing.get_context("spawn")
    reports = context.SimpleQueue() if on_move else None
    executor = ProcessPoolExecutor(at_once, context, initializer=_begin_process, initargs=(os.getpid(), reports))
    ended: dict[int, Ended] = {}
    try:
        for place, found in _as_they_end([executor.submit(_one, job) for job in jobs], reports, on_move):
            ended[place] = found
            on_end(jobs[place].point, found)
    except KeyboardInterrupt:
        _end(executor)
        raise Interrupted(jobs[0].folder) from None
    except BrokenProcessPool:
        killed = "a process that ran points was killed, perhaps for its memory (fewer --jobs take less)"
        raise WorkersLostError(f"{killed}; {resume_line(jobs[0].folder)}") from None
    finally:
        executor.shutdown(cancel_futures=True)
    require_all(jobs, ended)
    return [ended[place].summary or {} for place in range(len(jobs))]


def _end(executor: ProcessPoolExecutor) -> None:
    """Let the processes save what they run, and end; those that do not are ended."""
    begun = multiprocessing.active_children()
    executor.shutdown(wait=False, cancel_futures=True)
    for limit_s, then in ((TIME_LIMIT_S + _SAVES_S, BaseProcess.terminate), (_SAVES_S, BaseProcess.kill)):
        give_up_s = time.monotonic() + limit_s
        for process in begun:
            process.join(max(0.0, give_up_s - time.monotonic()))
            if process.exitcode is None:
                then(process)


#: What a run raises of its own accord, and what the next point would meet, too: a full disk, no memory.
_ENDS_ALL = (
    *(ScenarioErrors, InputError, FolderError, ReplayError, BackendError, WorkersLostError, Interrupted),
    *(OSError, MemoryError),
)


def run_one_by_one(
    jobs: Sequence[PointJob], on_end: OnEnd, on_move: OnMove | None = None, scenarios: Sequence[Scenario] = ()
) -> None:
    """Run points in this process, one after another.

    What a run raises of its own accord - bad input, a folder in use, workers lost, a full disk - ends the sweep.

    Raises:
        Interrupted: the user stopped the sweep as a point was at its end.
        PointsFailedError: some failed in another way, which kept no other from being run.
    """
    ended: dict[int, Ended] = {}
    TOO_LATE.clear()
    for place, job in enumerate(jobs):
        if TOO_LATE.is_set():
            raise Interrupted(job.folder)
        try:
            ended[place] = Ended(_watched(job, on_move).run(scenarios[place] if scenarios else None))
        except _ENDS_ALL:
            raise
        except Exception as error:
            if len(jobs) == 1:
                raise
            ended[place] = Ended(None, _failure(error))
        on_end(job.point, ended[place])
    require_all(jobs, ended)


def require_all(jobs: Sequence[PointJob], ended: Mapping[int, Ended]) -> None:
    """Check that every point has its summary.

    Raises:
        PointsFailedError: some failed.
    """
    failed = [f"{jobs[place].point.name}: {found.failure}" for place, found in sorted(ended.items()) if found.failure]
    if failed:
        raise PointsFailedError(
            "\n".join([f"{len(failed)} of {len(jobs)} points failed; the others are done:", *failed])
        )


#: What running points report to, and who started this process, in a process of its own.
_REPORTS: list[Any] = []
_PARENT: list[int] = []


class _Ctrl:
    """Ctrl-C in a process that runs points: it stops a point, but not the exchange of answers between two of them.

    A process that ended amid that exchange would keep its lock, and the others would wait for it for ever.
    """

    def __init__(self) -> None:
        self.within = self.asked = False

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Take the signal, outside a run, which has a handler of its own."""
        self.asked = True
        if self.within:
            raise KeyboardInterrupt


_CTRL_C = _Ctrl()


def _begin_process(parent: int, reports: Any) -> None:
    end_with_parent(parent)
    signal.signal(signal.SIGINT, _CTRL_C.handle)
    _PARENT.append(parent)
    if reports is not None:
        _REPORTS.append(reports)


def _one(job: PointJob) -> Ended:
    """Run one point; its failure is an answer, so that others go on, and text, so that it fits through a pipe."""
    try:
        _CTRL_C.within = True
        if _CTRL_C.asked or TOO_LATE.is_set():
            raise KeyboardInterrupt
        quiet = replace(job, run_options=replace(job.run_options, quiet=True))
        return Ended(_watched(quiet, _posted if _REPORTS else None).run())
    except Exception as error:
        return Ended(None, _failure(error))
    except KeyboardInterrupt:
        _CTRL_C.asked = True
        _end_soon()
        return Ended(None, "interrupted")
    finally:
        _CTRL_C.within = False
        # The signal that came with the end of its parent let the run save itself; no other is wanted.
        for parent in _PARENT:
            end_without(parent)


def _end_soon() -> None:
    """End this process in a while, even while it waits: what stopped it may have ended others, too."""
    timer = threading.Timer(_SAVES_S, os._exit, [_INTERRUPTED])
    timer.daemon = True
    timer.start()


def _failure(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _posted(name: str, share: float, words: str) -> None:
    _REPORTS[0].put((name, share, words))


def _watched(job: PointJob, on_move: OnMove | None) -> PointJob:
    """Return a job whose run reports how far it is, and shows nothing of its own."""
    if on_move is None:
        return job
    options = job.run_options
    watchers = (*options.watchers, PointProgress(job.point.name, on_move))
    return replace(job, run_options=replace(options, quiet=True, watchers=watchers))


def _as_they_end(futures: Sequence[Future[Ended]], reports: Any, on_move: OnMove | None) -> Iterator[tuple[int, Ended]]:
    places, left = {future: place for place, future in enumerate(futures)}, set(futures)
    while left:
        done, left = wait(left, timeout=_LOOK_EVERY_S if on_move else None, return_when=FIRST_COMPLETED)
        while on_move and not reports.empty():
            on_move(*reports.get())
        for future in sorted(done, key=lambda one: places[one]):
            yield places[future], future.result()
