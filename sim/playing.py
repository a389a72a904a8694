"""Play one scenario into a run folder."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.contract import BackendError, InputError, WorkersLostError
from agents.tabular.once import reading_once
from sim.assembly import Live, assemble
from sim.backend import choose_backend
from sim.digest import digest
from sim.forking.acts import identity
from sim.manifest import manifest, versions
from sim.metering import Meter
from sim.progress import Progress
from sim.rates_table import rates_table
from sim.reading import ReadOf, read_scenario
from sim.recorder import Recorder
from sim.resuming.kept_plane import KeptPlane, ReplayError
from sim.resuming.memory import Memory
from sim.resuming.stopping import Interrupted, resume_line
from sim.run_folder import COMPLETE, FAILED, PARTIAL, RunFolder
from sim.scenario import Scenario, dump_resolved
from sim.summary import summarise

#: Told the windows and the drift marks of a run; returns what its summary says about recovery.
JudgeRecovery = Callable[[Mapping[str, np.ndarray], list[dict[str, Any]]], Mapping[str, Any]]


@dataclass(frozen=True)
class HowToPlay:
    """What may differ between two runs of one scenario without changing their digest.

    ``sweep`` is the folder of the sweep that the run is a point of.
    """

    eager: bool = False
    quiet: bool = False
    plugins: bool = False
    workers: int | None = None
    ray_address: str | None = None
    sweep: Path | None = None


@dataclass(frozen=True)
class Played:
    """A finished run."""

    folder: Path
    summary: dict[str, Any]


def play(
    scenario: Scenario,
    folder: RunFolder,
    how: HowToPlay,
    judge_recovery: JudgeRecovery,
    memory: Memory | None = None,
) -> Played:
    """Play ``scenario`` and write its folder; whatever happens, the folder says how far it got.

    ``memory`` is what the folder holds of an earlier life of the run.
    """
    memory = memory or Memory.fresh(folder.path, scenario.execution.checkpoint)
    progress = Progress(scenario.name, scenario.duration, quiet=how.quiet)
    meter = Meter()
    alive = _alive(scenario, folder, how, progress, memory)
    with closing(progress), _marked(folder, how, memory), memory.stop.heard(), alive as (live, read):
        acts = memory.ancestry.acts
        asked, scenario = identity(acts, scenario), live.scenario
        own = identity(acts, scenario)
        folder.settle()
        _remember(live, {"scenario": own, "asked": asked, "eager": how.eager, "versions": versions()})
        recorder = Recorder(scenario, live, folder, progress)
        progress.start()
        meter.start()
        live.simulation.on_tick = recorder.on_tick
        with memory.deferred(live.simulation.plane):
            live.simulation.run()
        tables = recorder.tables()
        progress.close()
        for name, table in (tables | rates_table(live.lines, scenario.duration)).items():
            folder.write_table(name, table)
        summary = summarise(tables, digest(tables), scenario.references)
        summary |= judge_recovery(tables["windows"], live.drift_marks)
        player = live.simulation.player
        summary |= {"asks_dropped": player.asks_dropped, "asks_away": player.asks_away}
        folder.write_json("summary.json", summary)
        origin = {"scenario": own, "asked": asked, "parent": memory.ancestry.parent, "read": read}
        folder.write_json("manifest.json", manifest(scenario, live) | origin | meter.read())
        folder.log(f"complete: {summary['samples']} samples, {summary['exchanges']} exchanges")
    return Played(folder.path, summary)


@contextmanager
def _alive(
    scenario: Scenario, folder: RunFolder, how: HowToPlay, progress: Progress, memory: Memory
) -> Iterator[tuple[Live, ReadOf]]:
    """Read what a scenario names, and bring it to life; its workers end with the block, however that ends."""
    folder.write_text("resolved.yaml", dump_resolved(scenario))
    backend = choose_backend(scenario, how.workers, how.ray_address, stays=how.sweep is not None)
    if backend.told and not how.quiet:
        print(backend.told, file=sys.stderr)
    with reading_once():
        read = read_scenario(scenario)
        live = assemble(
            scenario,
            eager=how.eager,
            workers=backend.workers,
            ray=backend.ray,
            report=progress.preparing,
            keep=memory.before,
            earlier=memory.ancestry.acts,
        )
    try:
        if live.scenario is not scenario:
            folder.write_text("resolved.yaml", dump_resolved(live.scenario))
        yield live, read
    finally:
        if live.simulation.plane is not None:
            live.simulation.plane.close()


def _remember(live: Live, about: dict[str, Any]) -> None:
    plane = live.simulation.plane
    if isinstance(plane, KeptPlane):
        plane.open_journal(about)


@contextmanager
def _marked(folder: RunFolder, how: HowToPlay, memory: Memory) -> Iterator[None]:
    """Write into STATUS how the run ended, and tell how it may go on."""
    try:
        yield
    except KeyboardInterrupt:
        _give_up(folder, PARTIAL, "interrupted")
        raise Interrupted(how.sweep or folder.path) from None
    except (BackendError, WorkersLostError) as error:
        _give_up(folder, PARTIAL, str(error))
        raise type(error)(f"{error}; {resume_line(how.sweep or folder.path)}") from error
    except ReplayError as error:
        _give_up(folder, PARTIAL, str(error))
        raise
    except InputError:
        folder.withdraw()
        raise
    except BaseException as error:
        _give_up(folder, FAILED, f"failed: {type(error).__name__}: {error}")
        raise
    else:
        folder.set_status(COMPLETE)
        memory.clear(keep=how.sweep is None)
    finally:
        folder.release()


def _give_up(folder: RunFolder, status: str, why: str) -> None:
    folder.set_status(status)
    folder.log(why)
