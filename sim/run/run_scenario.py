"""Run one scenario into a run folder."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from agents.contract import BackendError, InputError, TooLargeError, WorkersLostError
from agents.tabular.once import reading_once
from sim.exchanges.simulation import Tick, unheard
from sim.reading import ReadOf, read_scenario
from sim.run.assembly import AssembledRun, assemble
from sim.run.backend import choose_backend
from sim.run.forking.segments import identity
from sim.run.invariants import Invariants, asked_by_environment
from sim.run.live_view import LiveView
from sim.run.manifest import manifest, versions
from sim.run.progress import Progress
from sim.run.recorder import Recorder
from sim.run.resource_usage import ResourceUsage
from sim.run.resuming.interrupts import Interrupted, resume_line
from sim.run.resuming.journaled_plane import JournaledPlane, ReplayError
from sim.run.resuming.saved_run import SavedRun
from sim.run.run_folder import COMPLETE, FAILED, PARTIAL, RunFolder
from sim.run.summary import digest, summarise
from sim.run.tables import rates_table
from sim.run.theory import theory_of
from sim.run.watching import Watchers, Watching
from sim.scenario import Scenario, dump_resolved

#: From the windows and the drift marks of a run to the entries of its summary about recovery.
EvaluateRecovery = Callable[[Mapping[str, np.ndarray], list[dict[str, Any]]], Mapping[str, Any]]


@dataclass(frozen=True)
class RunOptions:
    """What may differ between two runs of one scenario without changing their digest.

    ``sweep`` is the folder of the sweep that the run is a point of. ``watchers`` are called as the run goes on.
    ``check`` lets the run check itself (:mod:`sim.run.invariants`).
    ``live`` shows a run as it goes on, rather than a bar.
    """

    eager: bool = False
    engine: str = "auto"
    quiet: bool = False
    plugins: bool = False
    workers: int | None = None
    ray_address: str | None = None
    sweep: Path | None = None
    watchers: tuple[Watching, ...] = ()
    check: bool = field(default_factory=asked_by_environment)
    live: bool = False


@dataclass(frozen=True)
class RunResult:
    """A finished run."""

    folder: Path
    summary: dict[str, Any]


def run_scenario(
    scenario: Scenario,
    folder: RunFolder,
    run_options: RunOptions,
    evaluate_recovery: EvaluateRecovery,
    saved_run: SavedRun | None = None,
) -> RunResult:
    """Run ``scenario`` and write its folder; on every exit the folder says how far the run got.

    ``saved_run`` is what the folder holds of an earlier process of the run.
    """
    saved_run = saved_run or SavedRun.fresh(folder.path, scenario.execution.checkpoint)
    progress = Progress(scenario.name, scenario.duration, quiet=run_options.quiet)
    watchers, usage = Watchers(_watchers(scenario.name, run_options), folder.path), ResourceUsage()
    alive = _assembled(scenario, folder, run_options, progress, saved_run)
    with (
        closing(progress),
        closing(watchers),
        _with_status(folder, run_options, saved_run),
        saved_run.stop.handled(),
        alive as (live, read),
    ):
        segments = saved_run.ancestry.segments
        asked, scenario = identity(segments, scenario), live.scenario
        own = identity(segments, scenario)
        folder.discard_previous()
        _open_journal(live, {"scenario": own, "asked": asked, "eager": run_options.eager, "versions": versions()})
        invariants = Invariants(scenario) if run_options.check else None
        recorder = Recorder(scenario, live, folder, progress, watchers, invariants)
        progress.start(silent=run_options.live)
        watchers.began(scenario.resolved)
        usage.start()
        live.simulation.on_tick = _heard(recorder, saved_run)
        with saved_run.deferred(live.simulation.plane):
            live.simulation.run()
        of_exchanges, tables = recorder.finish(), recorder.tables()
        progress.close()
        for name, table in (tables | rates_table(live.links, scenario.duration)).items():
            folder.write_table(name, table)
        summary = summarise(tables, recorder.sums, digest(tables, of_exchanges), scenario.references)
        summary |= evaluate_recovery(tables["windows"], live.drift_marks)
        engine = live.simulation.engine
        summary |= {"asks_dropped": engine.asks_dropped, "asks_away": engine.asks_away}
        folder.write_json("summary.json", summary)
        origin = {"scenario": own, "asked": asked, "parent": saved_run.ancestry.parent, "read": read}
        made = {"theory": theory_of(scenario, forked=bool(segments))}
        folder.write_json("manifest.json", manifest(scenario, live) | origin | made | usage.read())
        watchers.finished(summary)
        folder.log(f"complete: {summary['samples']} samples, {summary['exchanges']} exchanges")
    return RunResult(folder.path, summary)


def _heard(recorder: Recorder, saved_run: SavedRun) -> Callable[[Tick], None]:
    """Return what hears each tick: who records the run, and a request to stop that got lost."""

    def hear(tick: Tick) -> None:
        recorder.on_tick(tick)
        saved_run.stop.raise_lost()

    return hear


def _watchers(name: str, run_options: RunOptions) -> tuple[Watching, ...]:
    """Return who watches a run, the view of it among them where one is wanted."""
    if not run_options.live or run_options.quiet:
        return run_options.watchers
    return (*run_options.watchers, LiveView(name))


@contextmanager
def _assembled(
    scenario: Scenario, folder: RunFolder, run_options: RunOptions, progress: Progress, saved_run: SavedRun
) -> Iterator[tuple[AssembledRun, ReadOf]]:
    """Read what a scenario names, and assemble it; its workers end with the block, however that ends."""
    folder.write_summed("resolved.yaml", dump_resolved(scenario))
    backend = choose_backend(
        scenario, run_options.workers, run_options.ray_address, stays=run_options.sweep is not None
    )
    if backend.notice and not run_options.quiet:
        print(backend.notice, file=sys.stderr)
    if scenario.task is not None:
        with saved_run.stop.undisturbed():
            import_module("torch")
    with reading_once():
        read = read_scenario(scenario)
        live = assemble(
            scenario,
            eager=run_options.eager,
            engine=run_options.engine,
            workers=backend.workers,
            ray=backend.ray,
            report=progress.preparing,
            wrap_plane=saved_run.before,
            earlier=saved_run.ancestry.segments,
        )
    if live.engine.notice and not run_options.quiet:
        print(live.engine.notice, file=sys.stderr)
    try:
        if live.scenario is not scenario:
            folder.write_summed("resolved.yaml", dump_resolved(live.scenario))
        yield live, read
    finally:
        # Who records a run knows it, too: with this cycle cut, what a run took is free as soon as it is over.
        live.simulation.on_tick = unheard
        if live.simulation.plane is not None:
            live.simulation.plane.close()


def _open_journal(live: AssembledRun, about: dict[str, Any]) -> None:
    plane = live.simulation.plane
    if isinstance(plane, JournaledPlane):
        plane.open_journal(about)


@contextmanager
def _with_status(folder: RunFolder, run_options: RunOptions, saved_run: SavedRun) -> Iterator[None]:
    """Write into STATUS how the run ended, and report how to resume it."""
    try:
        yield
    except KeyboardInterrupt:
        _end_early(folder, PARTIAL, "interrupted")
        raise Interrupted(run_options.sweep or folder.path) from None
    except TooLargeError as error:
        _end_early(folder, PARTIAL, str(error))
        raise
    except (BackendError, WorkersLostError) as error:
        _end_early(folder, PARTIAL, str(error))
        raise type(error)(f"{error}; {resume_line(run_options.sweep or folder.path)}") from error
    except ReplayError as error:
        _end_early(folder, PARTIAL, str(error))
        raise
    except InputError:
        folder.withdraw()
        raise
    except OSError as error:
        # A full disk, a folder that is gone: nothing is wrong with the run.
        why = f"{error.filename or folder.path}: {error.strerror or error}"
        _end_early(folder, PARTIAL, why)
        raise BackendError(f"{why}; {resume_line(run_options.sweep or folder.path)}") from error
    except BaseException as error:
        _end_early(folder, FAILED, f"failed: {type(error).__name__}: {error}")
        raise
    else:
        folder.write_sums()
        folder.set_status(COMPLETE)
        saved_run.clear(wrap_plane=run_options.sweep is None)
    finally:
        folder.release()


def _end_early(folder: RunFolder, status: str, why: str) -> None:
    # Where nothing can be written any more, the folder says what it said before.
    with suppress(OSError):
        folder.set_status(status)
        folder.log(why)
