"""Fork a run: the same up to some tick, another method or link from there on, in a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from agents.contract import DataPlane, Kept
from sim.fleet_spec import fleet_spec
from sim.forking.acts import FILE, Act, identity
from sim.forking.changes import ForkError, require_possible
from sim.playing import HowToPlay, JudgeRecovery, Played, play
from sim.resuming.checkpoints import Checkpoints
from sim.resuming.memory import JOURNAL, Memory
from sim.run_folder import RunFolder
from sim.scenario import Scenario, dump_resolved, load


def prepare_fork(run: Path, at_s: float, overrides: Sequence[str], *, allow_plugins: bool) -> tuple[Scenario, Memory]:
    """Return the scenario of a fork of ``run`` at ``at_s``, and what it remembers; nothing is written.

    Raises:
        ForkError: the run or the change does not allow it.
        ScenarioErrors: the changed scenario is none.
    """
    resolved = run / "resolved.yaml"
    if not resolved.is_file():
        raise ForkError(f"{run}: holds no run that could be forked")
    old = load(resolved, allow_plugins=allow_plugins)
    new = load(resolved, overrides, allow_plugins=allow_plugins)
    require_possible(old, new, at_s)
    memory = Memory.of(run, new.execution.checkpoint, round(at_s / old.tick), allow_plugins=allow_plugins)
    acts = memory.ancestry.acts
    if acts and acts[-1].until_s >= at_s:
        raise ForkError(f"{run}: became itself at {acts[-1].until_s:g} s; fork its parent, or fork it later")
    if new.method.adapter != old.method.adapter and old.task is not None:
        _require_same_start(old, new)
    parent = {"run": str(run.resolve()), "at_s": at_s, "set": list(overrides), "digest": _digest_of(run)}
    return new, replace(memory, ancestry=replace(memory.ancestry, acts=(*acts, Act(at_s, old)), parent=parent))


def fork(
    scenario: Scenario, memory: Memory, folder: RunFolder, how: HowToPlay, judge_recovery: JudgeRecovery
) -> Played:
    """Play what :func:`prepare_fork` prepared into ``folder``."""
    acts = [(f"act-{number}.yaml", act) for number, act in enumerate(memory.ancestry.acts, 1)]
    for name, act in acts:
        folder.write_text(name, dump_resolved(act.scenario))
    listed = [{"until_s": act.until_s, "file": name} for name, act in acts]
    folder.write_json(FILE, {"acts": listed, "parent": memory.ancestry.parent})
    own = Memory.fresh(folder.path, memory.every)
    if memory.past is not None:
        _inherit(memory, own, identity(memory.ancestry.acts, scenario))
        how = replace(how, eager=memory.past.about["eager"])
        own = Memory.of(folder.path, memory.every, allow_plugins=how.plugins)
    return play(scenario, folder, how, judge_recovery, replace(own, ancestry=memory.ancestry))


def _inherit(memory: Memory, own: Memory, fingerprint: str) -> None:
    """Give a fork the journal and the checkpoint of its parent: it may be cut short before it has its own."""
    assert memory.past is not None
    own.folder.mkdir()
    memory.past.write(own.folder / JOURNAL, memory.past.about | {"scenario": fingerprint, "asked": fingerprint})
    if memory.start is not None:
        Checkpoints(memory.folder).link(memory.start.file_name, own.folder)


def _require_same_start(old: Scenario, new: Scenario) -> None:
    """Check that options of an adapter change nothing that was made before t = 0, and no message.

    Raises:
        ForkError: they do.
    """
    from agents.building import build_fleet

    # What was made before t = 0 was made on the processor.
    specs = [replace(fleet_spec(scenario, ()), device="cpu") for scenario in (old, new)]
    planes = [build_fleet(spec, None) for spec in specs]
    if planes[0].sizes != planes[1].sizes:
        raise ForkError("method.adapter: cannot change like this in the middle of a run: messages get another size")
    if (name := _first_difference(*map(_prepared, planes))) is not None:
        raise ForkError(f"method.adapter: cannot change like this in the middle of a run: '{name}' was made before it")


def _prepared(plane: DataPlane) -> Kept:
    kept = plane.checkpoint()
    return {name: values for name, values in kept.items() if ".state." in name}


def _first_difference(some: Kept, others: Kept) -> str | None:
    """Return the first array that two planes begin with differently."""
    for name in sorted({**some, **others}):
        if name not in some or name not in others or not np.array_equal(some[name], others[name]):
            return name
    return None


def _digest_of(run: Path) -> Any:
    try:
        return json.loads((run / "summary.json").read_text(encoding="utf-8"))["digest"]
    except (OSError, ValueError, KeyError):
        return None
