"""Fork a run: the same up to some tick, something else from there on, in a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from agents.contract import DataPlane, Snapshot
from sim.run.checksums import written_text
from sim.run.fleet_spec import fleet_spec
from sim.run.forking.changes import ForkError, moment_of, require_possible
from sim.run.forking.segments import FILE, Segment, identity
from sim.run.resume import require_unchanged
from sim.run.resuming.checkpoints import Checkpoints
from sim.run.resuming.saved_run import JOURNAL, SavedRun
from sim.run.run_folder import RunFolder
from sim.run.run_scenario import EvaluateRecovery, RunOptions, RunResult, run_scenario
from sim.scenario import Scenario, dump_resolved, load


def prepare_fork(run: Path, at_s: float, overrides: Sequence[str], *, allow_plugins: bool) -> tuple[Scenario, SavedRun]:
    """Return the scenario of a fork of ``run`` at ``at_s``, and its saved run; nothing is written.

    Raises:
        ForkError: the run or the change does not allow it.
        ScenarioErrors: the changed scenario is not valid.
    """
    resolved = run / "resolved.yaml"
    if not resolved.is_file():
        raise ForkError(f"{resolved}: is missing, or no file: there is no run here that could be forked")
    require_unchanged(run)
    old = load(resolved, allow_plugins=allow_plugins)
    new = load(resolved, overrides, allow_plugins=allow_plugins)
    at_s = moment_of(old, at_s)
    require_possible(old, new, at_s)
    saved_run = SavedRun.of(run, new.execution.checkpoint, round(at_s / old.tick), allow_plugins=allow_plugins)
    segments = saved_run.ancestry.segments
    if segments and segments[-1].until_s >= at_s:
        raise ForkError(f"{run}: became itself at {segments[-1].until_s:g} s; fork its parent, or fork it later")
    if new.method.adapter != old.method.adapter and old.task is not None:
        _require_same_start(old, new)
    parent = {"run": str(run.resolve()), "at_s": at_s, "set": list(overrides), "digest": _digest_of(run)}
    return new, replace(
        saved_run, ancestry=replace(saved_run.ancestry, segments=(*segments, Segment(at_s, old)), parent=parent)
    )


def fork(
    scenario: Scenario,
    saved_run: SavedRun,
    folder: RunFolder,
    run_options: RunOptions,
    evaluate_recovery: EvaluateRecovery,
) -> RunResult:
    """Run what :func:`prepare_fork` prepared into ``folder``."""
    segments = [(f"act-{number}.yaml", segment) for number, segment in enumerate(saved_run.ancestry.segments, 1)]
    for name, segment in segments:
        folder.write_summed(name, dump_resolved(segment.scenario))
    listed = [{"until_s": segment.until_s, "file": name} for name, segment in segments]
    folder.write_summed(FILE, json.dumps({"acts": listed, "parent": saved_run.ancestry.parent}, indent=2) + "\n")
    own = SavedRun.fresh(folder.path, saved_run.every)
    if saved_run.past is not None:
        _inherit(saved_run, own, identity(saved_run.ancestry.segments, scenario))
        run_options = replace(run_options, eager=saved_run.past.about["eager"])
        own = SavedRun.of(folder.path, saved_run.every, allow_plugins=run_options.plugins)
    return run_scenario(scenario, folder, run_options, evaluate_recovery, replace(own, ancestry=saved_run.ancestry))


def _inherit(saved_run: SavedRun, own: SavedRun, fingerprint: str) -> None:
    """Give a fork the journal and the checkpoint of its parent: it may be cut short before it has its own."""
    assert saved_run.past is not None
    own.folder.mkdir()
    saved_run.past.write(own.folder / JOURNAL, saved_run.past.about | {"scenario": fingerprint, "asked": fingerprint})
    if saved_run.start is not None:
        Checkpoints(saved_run.folder).link(saved_run.start.file_name, own.folder)


def _require_same_start(old: Scenario, new: Scenario) -> None:
    """Check that options of an adapter change nothing that was made before t = 0, and no message.

    Raises:
        ForkError: they do.
    """
    from agents.build import build_fleet

    # What was made before t = 0 was made on the processor.
    specs = [replace(fleet_spec(scenario, ()), device="cpu") for scenario in (old, new)]
    planes = [build_fleet(spec, None) for spec in specs]
    if planes[0].sizes != planes[1].sizes:
        raise ForkError("method.adapter: cannot change like this in the middle of a run: messages get another size")
    if (name := _first_difference(*map(_prepared, planes))) is not None:
        raise ForkError(f"method.adapter: cannot change like this in the middle of a run: '{name}' was made before it")


def _prepared(plane: DataPlane) -> Snapshot:
    state = plane.checkpoint()
    return {name: values for name, values in state.items() if ".state." in name}


def _first_difference(some: Snapshot, others: Snapshot) -> str | None:
    """Return the first array that two planes begin with differently."""
    for name in sorted({**some, **others}):
        if name not in some or name not in others or not np.array_equal(some[name], others[name]):
            return name
    return None


def _digest_of(run: Path) -> Any:
    try:
        return json.loads(written_text(run / "summary.json"))["digest"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
