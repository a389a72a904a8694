"""``study``: all sweeps of a folder of ours, played and written down as tables and figures by one command.

Sweeps of validation streams tune a method: their tables say what is chosen, and figures are not made of them.
A folder that was begun is gone on with: points that are complete stay, so that it may be stopped at any time.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import analysis
from analysis.study import StudyTable, study_tables, written_figures, written_tables
from analysis.sweeps import Sweep
from analysis.tuning import tunes, tuning_of, written_tunings
from analysis.whole_files import whole_file
from sim.commands.exits import OK, PARTIAL, CommandError
from sim.commands.run import evaluate_recovery, jobs_of
from sim.run.output_folder import holds_run
from sim.run.run_folder import RunFolder
from sim.run.run_scenario import RunOptions
from sim.run.sweep import run_sweep
from sim.scenario import Scenario, ScenarioErrors, load, points
from sim.scenario.problems import near_miss
from sim.scenario.shipped import FOLDER

#: The quick tier: few devices and seeds. It shows that a study runs; its intervals decide next to nothing.
QUICK_DEVICES, QUICK_SEEDS = 8, 2
#: Where a page has the tables of a sweep.
_MARKS = re.compile(r"<!-- study (?P<name>[\w-]+) -->.*?<!-- end -->", re.DOTALL)
FIGURES = ("accuracy", "pareto", "recovery")


def study(options: argparse.Namespace) -> int:
    """Play what is missing of a study, write its tables, and put them on a page if one is named."""
    files = _files(options.name, options.only.split(",") if options.only else None)
    out = Path(options.out) if options.out else Path("runs") / f"study-{options.name}-{_tier(options)}"
    page = _page(options, [file.stem for file in files])
    plans, left_out = _plans(files, out, options)
    for name, reason in left_out.items():
        print(f"left out: {name}: {reason}", file=sys.stderr)
    if not plans:
        raise CommandError(f"{options.name}: no sweep of it can be played here")
    sweeps: dict[str, Sweep] = {}
    for file, changed in plans.items():
        if not options.played:
            _play(file, changed, out / file.stem, options.quiet, jobs_of(options))
        sweeps[file.stem] = analysis.as_sweep(analysis.open_folder(out / file.stem))
    tuned = {name: sweep for name, sweep in sweeps.items() if tunes(sweep)}
    compared = {name: sweep for name, sweep in sweeps.items() if name not in tuned}
    found = study_tables(compared)
    tunings = [tuning_of(name, sweep) for name, sweep in tuned.items()]
    before = _stands_on(page, "summary") if options.only else ""
    tables = {**written_tunings(tunings, whole=not options.only, before=before), **written_tables(found)}
    _write(compared, tables, out, options)
    figures = _differences(found, out, page)
    if page is not None:
        text = on_page(page.read_text(encoding="utf-8"), tables, _size(options), figures)
        with whole_file(page) as draft:
            draft.write_text(text, encoding="utf-8")
    print(out / "tables.md")
    return PARTIAL if left_out else OK


def _plans(
    files: Sequence[Path], out: Path, options: argparse.Namespace
) -> tuple[dict[Path, list[str]], dict[str, str]]:
    """Return what is changed of each sweep that can be played, and why each other one cannot.

    All points of all sweeps are looked at before one is played: what lacks must not be found after hours.
    """
    plans: dict[Path, list[str]] = {}
    left_out: dict[str, str] = {}
    for file in files:
        if options.played:
            if holds_run(out / file.stem):
                plans[file] = []
            else:
                left_out[file.stem] = f"{out / file.stem} holds nothing that was played"
            continue
        try:
            changed = overrides(load(file), options.full, options.seeds)
            points(file, changed)
        except ScenarioErrors as errors:
            left_out[file.stem] = str(errors).splitlines()[0]
        else:
            plans[file] = changed
    return plans, left_out


def overrides(scenario: Scenario, full: bool, first: int | None = None) -> list[str]:
    """Return what the tier changes of a scenario: the full one nothing, unless only its ``first`` seeds are wanted."""
    assert scenario.sweep is not None
    if full:
        return [_seeds(scenario, first)] if first else []
    changed = [
        f"fleet.{place}.devices={QUICK_DEVICES}"
        for place, cohort in enumerate(scenario.fleet)
        if cohort.devices > QUICK_DEVICES
    ]
    return [*changed, _seeds(scenario, first or QUICK_SEEDS)]


def _seeds(scenario: Scenario, first: int) -> str:
    assert scenario.sweep is not None
    return f"sweep.seeds=[{', '.join(map(str, scenario.sweep.seed_list(scenario.seed)[:first]))}]"


def _files(name: str, only: Sequence[str] | None) -> list[Path]:
    """Return the sweeps of a study."""
    studies = {path.name for path in FOLDER.iterdir() if path.is_dir() and _sweeps_in(path)}
    if name not in studies:
        raise CommandError(f"there is no study '{name}'{near_miss(name, sorted(studies))}")
    files = {path.stem: path for path in _sweeps_in(FOLDER / name)}
    for one in only or ():
        if one not in files:
            raise CommandError(f"--only: {name} has no sweep '{one}'{near_miss(one, list(files))}")
    return [files[one] for one in only or files]


def _sweeps_in(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.yaml")) if "\nsweep:" in path.read_text(encoding="utf-8")]


def _tier(options: argparse.Namespace) -> str:
    return "full" if options.full else "quick"


def _size(options: argparse.Namespace) -> str:
    """Return the tier in words, and how many seeds were asked for."""
    asked = f", the first {options.seeds} seeds" if options.seeds else ""
    return f"{_tier(options)} tier{', as far as it was played' if options.played else asked}"


def _play(file: Path, changed: list[str], path: Path, quiet: bool, jobs: int | None) -> None:
    """Play the points of a sweep that its folder lacks."""
    if not quiet:
        print(f"{file.stem}: {path}", file=sys.stderr)
    folder = RunFolder.reopen(path) if path.is_dir() and holds_run(path) else RunFolder.open(path)
    run_sweep(file, changed, None, folder, RunOptions(quiet=quiet, workers=0), evaluate_recovery, jobs)


def _write(sweeps: dict[str, Sweep], tables: dict[str, str], out: Path, options: argparse.Namespace) -> None:
    """Write tables.md and the figures of each sweep that compares methods."""
    parts = [f"## {name}\n\n{table}\n" for name, table in tables.items()]
    title = f"# {options.name}, {_size(options)}\n"
    with whole_file(out / "tables.md") as draft:
        draft.write_text("\n".join([title, *parts]), encoding="utf-8")
    for name, sweep in sweeps.items():
        analysis.write_figures(sweep, out / name / "plots", FIGURES)


def _differences(found: Sequence[StudyTable], out: Path, page: Path | None) -> dict[str, str]:
    """Draw how far settings are from their bases, beside the page, too; return the figure of each sweep there."""

    def files(name: str) -> list[Path]:
        plots = out / name / "plots"
        here = [plots / "differences.svg", plots / "differences.png"]
        return here if page is None else [*here, page.with_name(f"{page.stem}_{name}.png")]

    drawn = written_figures(found, files)
    return {} if page is None else {name: f"{page.stem}_{name}.png" for name in drawn}


def _page(options: argparse.Namespace, names: Sequence[str]) -> Path | None:
    """Return the page that is to be filled, before anything is played.

    Raises:
        CommandError: it cannot be read, or has no place for one of the sweeps.
    """
    if not options.page:
        return None
    page = Path(options.page)
    try:
        text = page.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"--page: {page} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    there = {found["name"] for found in _MARKS.finditer(text)}
    if missing := [name for name in names if name not in there]:
        raise CommandError(f"--page: there is no '<!-- study {missing[0]} -->' with '<!-- end -->' below it")
    return page


def _stands_on(page: Path | None, name: str) -> str:
    """Return what a page has between the marks of a table."""
    text = "" if page is None else page.read_text(encoding="utf-8")
    return next((found[0] for found in _MARKS.finditer(text) if found["name"] == name), "")


def on_page(text: str, tables: dict[str, str], size: str, figures: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return a page with tables between ``<!-- study NAME -->`` and ``<!-- end -->``; marks without a table stay.

    ``figures`` are the files of figures beside the page, by name of the table.
    """

    def filled(found: re.Match[str]) -> str:
        name = found["name"]
        if name not in tables:
            return found[0]
        about = "Differences from the base, with 95 % intervals over paired seeds; filled: stands after Holm"
        figure = f"![{about}]({figures[name]})\n\n" if name in figures else ""
        return f"<!-- study {name} -->\n\n{figure}{tables[name]}\n\n({size})\n\n<!-- end -->"

    return _MARKS.sub(filled, text)
