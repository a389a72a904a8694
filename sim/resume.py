"""Go on with a run or a sweep that was cut short, in its own folder, to the same end."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim.computing_times import follows_from_costs
from sim.forking.acts import identity
from sim.manifest import versions
from sim.playing import HowToPlay, JudgeRecovery, Played, play
from sim.resuming.checkpoints import Checkpoints
from sim.resuming.memory import Memory
from sim.run_folder import COMPLETE, RUNNING, FolderError, RunFolder
from sim.scenario import Scenario, load

_CHANGED = "its scenario or a data file has changed since it began; play it anew"


def resume_run(path: Path, how: HowToPlay, judge_recovery: JudgeRecovery) -> Played:
    """Play the run in ``path`` to its end: replayed up to its last checkpoint, live from there on.

    A complete run stays as it is. One that kept nothing (timing only, ``checkpoint: off``, or killed before its
    first tick) is played from 0.

    Raises:
        FolderError: there is nothing to go on with, or it was another scenario.
        ScenarioErrors: its scenario does not load any more: a file is gone, or not built here.
        ReplayError: it does not go as it went before.
    """
    folder = RunFolder.reopen(path)
    if folder.status == COMPLETE:
        folder.release()
        return Played(path, _told(path)["summary"])
    return resume_in(folder, load(path / "resolved.yaml", allow_plugins=how.plugins), how, judge_recovery)


def play_or_resume(scenario: Scenario, path: Path, how: HowToPlay, judge_recovery: JudgeRecovery) -> dict[str, Any]:
    """Play a point of a sweep, or what is missing of it; return its summary, which a complete one has already.

    Raises:
        FolderError: the folder holds a run of another scenario.
    """
    if not (path / "resolved.yaml").is_file():
        # Whatever is there was cut short before it began.
        shutil.rmtree(path, ignore_errors=True)
        return play(scenario, RunFolder.open(path), how, judge_recovery).summary
    folder = RunFolder.reopen(path)
    if folder.status == COMPLETE:
        return _summary_of(path, scenario)
    resolved = load(path / "resolved.yaml", allow_plugins=how.plugins)
    if not follows_from_costs(scenario) and resolved.fingerprint() != scenario.fingerprint():
        raise FolderError(f"{path}: {_CHANGED}")
    return resume_in(folder, resolved, how, judge_recovery).summary


def _summary_of(path: Path, scenario: Scenario) -> dict[str, Any]:
    told = _told(path)
    if told["manifest"].get("asked") != scenario.fingerprint():
        raise FolderError(f"{path}: {_CHANGED}")
    # A run that knows of no device was played on the processor, or without any.
    began = told["manifest"].get("device") or "cpu"
    if scenario.task is not None and (began == "cpu") != (scenario.execution.device == "cpu"):
        raise FolderError(f"{path}: was played on {began}, which the sweep no longer asks for; play it anew")
    return told["summary"]


def _told(path: Path) -> dict[str, dict[str, Any]]:
    """Return what a complete run tells of itself."""
    names = ("manifest", "summary")
    try:
        return {name: dict(json.loads((path / f"{name}.json").read_text(encoding="utf-8"))) for name in names}
    except (OSError, ValueError, TypeError) as error:
        raise FolderError(f"{path}: says it is complete, but lacks a whole summary or manifest; remove it") from error


def resume_in(folder: RunFolder, scenario: Scenario, how: HowToPlay, judge_recovery: JudgeRecovery) -> Played:
    """Go on in an open folder; raises as :func:`resume_run`."""
    memory = Memory.of(folder.path, scenario.execution.checkpoint, allow_plugins=how.plugins)
    if memory.past is not None:
        about = memory.past.about
        if identity(memory.ancestry.acts, scenario) not in (about["scenario"], about["asked"]):
            raise FolderError(f"{folder.path}: {_CHANGED}")
        how = replace(how, eager=about["eager"])
        _tell_of_versions(about["versions"], how)
    Checkpoints(memory.folder).forget_beyond(0 if memory.start is None else memory.start.tick)
    folder.set_status(RUNNING)
    folder.log(_from_where(memory))
    return play(scenario, folder, how, judge_recovery, memory)


def _from_where(memory: Memory) -> str:
    ticks = 0 if memory.past is None else len(memory.past.orders)
    start = 0 if memory.start is None else memory.start.tick
    return f"resumed: {ticks} ticks in the journal, live from tick {start + 1}"


def _tell_of_versions(then: Mapping[str, Any], how: HowToPlay) -> None:
    changed = [f"{name} {then.get(name)} then, {new} now" for name, new in versions().items() if then.get(name) != new]
    if changed and not how.quiet:
        print(f"other versions than at the start: {'; '.join(changed)}", file=sys.stderr)
