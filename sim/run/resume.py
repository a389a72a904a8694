"""Go on with a run or a sweep that was cut short, in its own folder, to the same end."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim.run.checksums import changed, written_text
from sim.run.computing_times import follows_from_costs
from sim.run.forking.segments import identity
from sim.run.manifest import versions
from sim.run.output_folder import abandoned
from sim.run.resuming.checkpoints import Checkpoints
from sim.run.resuming.saved_run import SavedRun
from sim.run.run_folder import COMPLETE, RUNNING, FolderError, RunFolder
from sim.run.run_scenario import EvaluateRecovery, RunOptions, RunResult, run_scenario
from sim.scenario import Scenario, load

#: How a point of a sweep is played again.
POINT_AGAIN = "remove the folder of this point, and resume the sweep"
_CHANGED = "its scenario or a data file has changed since it began; run it again"


def resume_run(path: Path, run_options: RunOptions, evaluate_recovery: EvaluateRecovery) -> RunResult:
    """Run the run in ``path`` to its end: replayed up to its last checkpoint, live from there on.

    A complete run stays as it is. One that kept nothing (timing only, ``checkpoint: off``, or killed before its
    first tick) is played from 0.

    Raises:
        FolderError: there is nothing to go on with, or it was another scenario.
        ScenarioErrors: its scenario does not load any more: a file is gone, or not built here.
        ReplayError: the replay differs from the journal.
    """
    folder = RunFolder.reopen(path)
    if folder.status == COMPLETE:
        folder.release()
        return RunResult(path, _explained(path)["summary"])
    require_unchanged(path)
    return resume_in(
        folder, load(path / "resolved.yaml", allow_plugins=run_options.plugins), run_options, evaluate_recovery
    )


def require_unchanged(path: Path) -> None:
    """Check that the scenarios in a run folder are what was written there.

    Raises:
        FolderError: they are not.
    """
    scenarios = ["resolved.yaml", "fork.json", *(act.name for act in path.glob("act-*.yaml"))]
    if found := changed(path, scenarios):
        raise FolderError(f"{path / found[0]}: {_CHANGED}")


def run_or_resume(
    scenario: Scenario, path: Path, run_options: RunOptions, evaluate_recovery: EvaluateRecovery
) -> dict[str, Any]:
    """Run a point of a sweep, or what is missing of it; return its summary, which a complete one has already.

    Raises:
        FolderError: the folder holds a run of another scenario.
    """
    if not _has_begun(path):
        return run_scenario(scenario, RunFolder.open(path), run_options, evaluate_recovery).summary
    folder = RunFolder.reopen(path)
    if folder.status == COMPLETE:
        return _summary_of(path, scenario)
    resolved = _begun(path, scenario, allow_plugins=run_options.plugins)
    return resume_in(folder, resolved, run_options, evaluate_recovery).summary


def require_same(scenario: Scenario, path: Path, *, allow_plugins: bool) -> None:
    """Check that what the folder of a point holds, if anything, is a run of this scenario; nothing is written.

    Raises:
        FolderError: it is a run of another one.
    """
    if not _has_begun(path):
        return
    if _status_of(path) == COMPLETE:
        _summary_of(path, scenario)
    else:
        _begun(path, scenario, allow_plugins=allow_plugins)


def _has_begun(path: Path) -> bool:
    """Return whether the folder of a point says what it plays; without, a run there was cut short before it began."""
    if (path / "resolved.yaml").is_file():
        return True
    if path.is_dir() and any(path.iterdir()) and not abandoned(path):
        raise FolderError(f"{path / 'resolved.yaml'}: is missing, or no file; {POINT_AGAIN}")
    return False


def _status_of(path: Path) -> str:
    try:
        return written_text(path / "STATUS").strip()
    except (OSError, ValueError):
        return ""


def _begun(path: Path, scenario: Scenario, *, allow_plugins: bool) -> Scenario:
    """Return the scenario of a point that was cut short, if it is this one."""
    resolved = load(path / "resolved.yaml", allow_plugins=allow_plugins)
    if not follows_from_costs(scenario) and resolved.fingerprint() != scenario.fingerprint():
        raise FolderError(f"{path}: {_CHANGED}")
    return resolved


def _summary_of(path: Path, scenario: Scenario) -> dict[str, Any]:
    found = _explained(path)
    if found["manifest"].get("asked") != scenario.fingerprint():
        raise FolderError(f"{path}: {_CHANGED}")
    # A run that knows of no device was played on the processor, or without any.
    began = found["manifest"].get("device") or "cpu"
    if scenario.task is not None and (began == "cpu") != (scenario.execution.device == "cpu"):
        raise FolderError(f"{path}: was played on {began}, which the sweep no longer asks for; run it again")
    return found["summary"]


def _explained(path: Path) -> dict[str, dict[str, Any]]:
    """Return the summary and manifest of a complete run."""
    names = ("manifest", "summary")
    if found := changed(path, [*(f"{name}.json" for name in names), "windows.parquet"]):
        raise FolderError(f"{path / found[0]}: is not what the run wrote; remove the folder, and run it again")
    try:
        return {name: dict(json.loads(written_text(path / f"{name}.json"))) for name in names}
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise FolderError(f"{path}: says it is complete, but lacks a whole summary or manifest; remove it") from error


def resume_in(
    folder: RunFolder, scenario: Scenario, run_options: RunOptions, evaluate_recovery: EvaluateRecovery
) -> RunResult:
    """Go on in an open folder; raises as :func:`resume_run`."""
    saved_run = SavedRun.of(folder.path, scenario.execution.checkpoint, allow_plugins=run_options.plugins)
    if saved_run.past is not None:
        about = saved_run.past.about
        if identity(saved_run.ancestry.segments, scenario) not in (about["scenario"], about["asked"]):
            raise FolderError(f"{folder.path}: {_CHANGED}")
        run_options = replace(run_options, eager=about["eager"])
        _report_versions(about["versions"], run_options)
    for path in saved_run.damaged:
        folder.log(f"{path.name} is damaged")
        if not run_options.quiet:
            print(f"{path}: is damaged; what it held is computed again", file=sys.stderr)
    Checkpoints(saved_run.folder).forget_beyond(0 if saved_run.start is None else saved_run.start.tick)
    folder.set_status(RUNNING)
    folder.log(_from_where(saved_run))
    return run_scenario(scenario, folder, run_options, evaluate_recovery, saved_run)


def _from_where(saved_run: SavedRun) -> str:
    ticks = 0 if saved_run.past is None else len(saved_run.past.orders)
    start = 0 if saved_run.start is None else saved_run.start.tick
    return f"resumed: {ticks} ticks in the journal, live from tick {start + 1}"


def _report_versions(then: Mapping[str, Any], run_options: RunOptions) -> None:
    changed = [f"{name} {then.get(name)} then, {new} now" for name, new in versions().items() if then.get(name) != new]
    if changed and not run_options.quiet:
        print(f"other versions than at the start: {'; '.join(changed)}", file=sys.stderr)
