"""Points of a sweep in several processes: the same folders and digests, sooner."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sim.run.resume import run_or_resume
from sim.run.resuming.interrupts import Interrupted
from sim.run.run_scenario import EvaluateRecovery, RunOptions
from sim.scenario import Point, Scenario, load
from sim.scenario.error_location import located

#: A process of its own costs some seconds: fewer points than this are run one after another.
FEWEST = 4


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


def run_points(jobs: Sequence[PointJob], at_once: int, on_end: OnEnd) -> list[dict[str, Any]]:
    """Run points, ``at_once`` at a time, each in a process that goes on to the next; return their summaries in order.

    Raises:
        Interrupted: the user stopped the sweep; points under way are left as they can be resumed.
        PointsFailedError: some failed, which kept no other from being run.
    """
    # A fork would take over threads of torch that it does not have.
    executor = ProcessPoolExecutor(at_once, mp_context=multiprocessing.get_context("spawn"))
    ended: dict[int, Ended] = {}
    try:
        for place, found in _as_they_end([executor.submit(_one, job) for job in jobs]):
            ended[place] = found
            on_end(jobs[place].point, found)
    except KeyboardInterrupt:
        raise Interrupted(jobs[0].folder) from None
    finally:
        executor.shutdown(cancel_futures=True)
    failed = [f"{jobs[place].point.name}: {found.failure}" for place, found in sorted(ended.items()) if found.failure]
    if failed:
        raise PointsFailedError(
            "\n".join([f"{len(failed)} of {len(jobs)} points failed; the others are done:", *failed])
        )
    return [ended[place].summary or {} for place in range(len(jobs))]


def _one(job: PointJob) -> Ended:
    """Run one point; its failure is an answer, so that others go on, and text, so that it fits through a pipe."""
    try:
        return Ended(replace(job, run_options=replace(job.run_options, quiet=True)).run())
    except Exception as error:
        return Ended(None, f"{type(error).__name__}: {error}")


def _as_they_end(futures: Sequence[Future[Ended]]) -> Iterator[tuple[int, Ended]]:
    places, left = {future: place for place, future in enumerate(futures)}, set(futures)
    while left:
        done, left = wait(left, return_when=FIRST_COMPLETED)
        for future in sorted(done, key=lambda one: places[one]):
            yield places[future], future.result()
