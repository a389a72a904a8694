"""Sweeps and comparisons: runs in groups, where the runs of a group differ in the seed alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.axes import Setting, differing, flattened, of_world
from analysis.folder import RunError, point_folder, require_unchanged
from analysis.manifests import read_plan
from analysis.runs import Run, open_run
from analysis.setting_words import in_words, words_apart

SILENT = {"method", "links", "fleet", "kind"}


@dataclass(frozen=True, eq=False)
class Group:
    """Runs of one setting, in order of their seeds; `values` are the setting's coordinates on the axes, in words.

    written: the same as the scenario has them.
    """

    label: str
    values: Mapping[str, str]
    runs: tuple[Run, ...]
    written: Mapping[str, str] = field(default_factory=dict)

    @property
    def judged(self) -> bool:
        return all(run.judged for run in self.runs)

    def has(self, reference: str) -> bool:
        return all(run.has(reference) for run in self.runs)


@dataclass(frozen=True, eq=False)
class Sweep:
    """Groups along axes: a sweep folder, several runs side by side, or one run alone.

    axes: the YAML paths that really vary, in the order of the sweep. gaps: points that could not be read, in
    words. notes: why settings may not be comparable, in words. shortened: what names of settings leave out, in words.
    """

    name: str
    axes: tuple[str, ...]
    groups: tuple[Group, ...]
    gaps: tuple[str, ...] = ()
    folder: Path | None = None
    notes: tuple[str, ...] = ()
    shortened: tuple[str, ...] = ()

    @property
    def runs(self) -> list[Run]:
        return [run for group in self.groups for run in group.runs]

    @property
    def seeds(self) -> int:
        """Return the smallest number of seeds of a group: what an interval may rest on."""
        return min(len(group.runs) for group in self.groups)

    @property
    def judged(self) -> list[Group]:
        return [group for group in self.groups if group.judged]

    @property
    def marks(self) -> list[dict[str, Any]]:
        """Return the drift marks that all runs share."""
        first, *others = (run.marks for run in self.runs)
        return [mark for mark in first if all(mark in marks for marks in others)]

    @property
    def duration_s(self) -> float:
        return max(run.duration_s for run in self.runs)


Subject = Run | Sweep


def as_sweep(subject: Subject) -> Sweep:
    """Look at any subject as groups; a single run is one group of one seed."""
    if isinstance(subject, Sweep):
        return subject
    label = subject.adapter or subject.name
    return Sweep(subject.name, (), (Group(label, {}, (subject,)),), folder=subject.folder)


def open_folder(folder: Path | str, check: bool = True) -> Subject:
    """Open a run or a sweep, whichever the folder holds; RunError where it holds neither, or what no run wrote."""
    folder = Path(folder)
    return open_sweep(folder, check) if (folder / "sweep.json").is_file() else open_run(folder, check)


def open_sweep(folder: Path | str, check: bool = True) -> Sweep:
    """Open a sweep folder; points that cannot be read become `gaps`, RunError where none can.

    `check` compares all files with the sums that were written with them.
    """
    folder = Path(folder)
    if not (folder / "sweep.json").is_file():
        raise RunError(f"{folder}: no sweep here (sweep.json is missing)")
    if check:
        require_unchanged(folder)
    plan = read_plan(folder)
    runs: dict[tuple[tuple[str, str], ...], list[Run]] = {}
    gaps = []
    for point in plan.get("points", []):
        values = {str(path): str(value) for path, value in point.get("values", {}).items()}
        try:
            runs.setdefault(tuple(values.items()), []).append(open_run(point_folder(folder, point["folder"]), check))
        except RunError as error:
            gaps.append(str(error))
    runs = {values: found for values, found in runs.items() if found}
    if not runs:
        raise RunError(gaps[0] if gaps else f"{folder / 'sweep.json'}: lists no points")
    return _grouped(str(plan.get("name", folder.name)), plan.get("axes", []), runs, tuple(gaps), folder)


def compare_runs(folders: Sequence[Path | str], check: bool = True) -> Sweep:
    """Put several run folders side by side; runs that differ in nothing but the seed form one group.

    One sweep folder stays as it was planned. Otherwise the axes are what differs between the scenarios, and `notes`
    say what changes together with them. RunError where the same scenario and seed came twice.
    """
    opened = [open_folder(folder, check) for folder in folders]
    if len(opened) == 1 and isinstance(opened[0], Sweep):
        return opened[0]
    runs = [run for subject in opened for run in as_sweep(subject).runs]
    if not runs:
        raise RunError("nothing to compare: name at least one run folder")
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(_setting(run), []).append(run)
    members = [part for found in groups.values() for part in _by_seed(found)]
    settings = [flattened(runs[0].resolved) for runs in members]
    axes = differing(settings) if len(groups) == len(members) else {}
    values = [{axis: setting.get(axis, "-") for axis in axes} for setting in settings]
    labels = [" · ".join(chosen.values()) for chosen in values]
    if not axes or len(set(labels)) < len(labels):
        labels, axes, values = _labels(members), {}, [{} for _ in members]
    made = (Group(label, chosen, part) for label, chosen, part in zip(labels, values, members, strict=True))
    gaps = tuple(gap for subject in opened for gap in as_sweep(subject).gaps)
    return Sweep("comparison", tuple(axes), tuple(made), notes=tuple(_notes(axes, settings)), gaps=gaps)


def short_axis(path: str) -> str:
    """Name an axis in few words: `method.adapter.kind` is `adapter`, `links.lte.up` is `lte up`."""
    words = [word for word in re.split(r"[.\[\]]+", path) if word and not word.isdigit() and word not in SILENT]
    return " ".join(words[-2:]) or path


def _grouped(
    name: str,
    axes: Sequence[str],
    runs: Mapping[tuple[tuple[str, str], ...], list[Run]],
    gaps: tuple[str, ...],
    folder: Path,
) -> Sweep:
    points = [dict(values) for values in runs]
    paths = list(dict.fromkeys([*map(str, axes), *(path for point in points for path in point)]))
    moving = tuple(path for path in paths if len({point.get(path) for point in points}) > 1)
    words = {path: words_apart([point.get(path, "-") for point in points]) for path in moving}
    groups = []
    for values, found in runs.items():
        written = {path: dict(values).get(path, "-") for path in moving}
        chosen = {path: words[path][value] for path, value in written.items()}
        label = " · ".join(chosen.values()) or found[0].adapter or name
        groups.append(Group(label, chosen, _distinct(_in_order(found), label), written))
    shortened = [
        f"{short}: {in_full.removeprefix(f'{short}, ')}"
        for path in moving
        for written, short in words[path].items()
        if short != (in_full := in_words(written))
    ]
    return Sweep(name, moving, tuple(groups), gaps, folder, shortened=tuple(shortened))


def _in_order(runs: Sequence[Run]) -> tuple[Run, ...]:
    return tuple(sorted(runs, key=lambda run: run.seed))


def _setting(run: Run) -> str:
    """Return all of a scenario but its seed, as text: what makes two runs repetitions of one another."""
    resolved = run.text("resolved.yaml")
    if not resolved:
        return str(run.folder.resolve())
    return re.sub(r"(?m)^seed:.*$", "", resolved)


def _by_seed(runs: Sequence[Run]) -> list[tuple[Run, ...]]:
    """Keep repetitions together, but runs of one seed that differ (two versions of the code) apart.

    RunError for the same result twice: it is no repetition, and would make an interval half as wide.
    """
    if len({run.seed for run in runs}) == len(runs):
        return [_in_order(runs)]
    _distinct(_in_order(runs), runs[0].name, same_result=True)
    return [(run,) for run in runs]


def _distinct(runs: tuple[Run, ...], label: str, same_result: bool = False) -> tuple[Run, ...]:
    """Return runs whose seeds all differ; RunError names the first two that do not."""
    seen: dict[object, Run] = {}
    for run in runs:
        key = (run.seed, run.summary.get("digest")) if same_result else run.seed
        if (other := seen.setdefault(key, run)) is not run:
            where = f"{other.folder} and {run.folder}"
            raise RunError(f"{label}: seed {run.seed} came twice, in {where}; a run is no repetition of itself")
    return runs


def _notes(axes: Mapping[str, Sequence[str]], settings: Sequence[Setting]) -> list[str]:
    """Say which differences are no choice of a method, and which come together."""
    notes = []
    for axis, others in axes.items():
        worlds = [path for path in (axis, *others) if of_world(path)]
        if worlds:
            found = ", ".join(dict.fromkeys(setting.get(worlds[0], "-") for setting in settings))
            more = f" and {len(worlds) - 1} more" if len(worlds) > 1 else ""
            notes.append(f"the worlds differ in {worlds[0]} ({found}){more}: not the method alone makes a difference")
        elif others:
            more = f" and {len(others) - 3} more" if len(others) > 3 else ""
            notes.append(f"{axis} changes together with {', '.join(others[:3])}{more}")
    return notes


def _labels(members: Sequence[Sequence[Run]]) -> list[str]:
    """Name groups by the first of run name, adapter, folder that distinguishes them all."""
    firsts = [runs[0] for runs in members]
    for names in ([run.name for run in firsts], [run.adapter for run in firsts]):
        if len(set(names)) == len(names):
            return names
    names = [run.folder.resolve().name for run in firsts]
    return names if len(set(names)) == len(names) else [str(run.folder) for run in firsts]
