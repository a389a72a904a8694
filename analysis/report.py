"""One self-contained HTML file that reports a run, a sweep or a comparison, figures inlined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from analysis.export import export_run
from analysis.figures import FIGURES, FORMATS, write_figures
from analysis.figures.style import COLUMN_IN, Look
from analysis.glossary import explained
from analysis.html import Markup, anchor, contents, figure, page, tag
from analysis.sections import AFTER_FIGURES, BESIDE, OPENING
from analysis.sweeps import Subject, Sweep, as_sweep, compare_runs, open_folder
from analysis.whole_files import whole_file

COMPARISON = "comparison.html"


def write_report(
    folders: Path | str | Sequence[Path | str],
    out: Path | str | None = None,
    formats: Sequence[str] = FORMATS,
    check: bool = True,
    opened: Callable[[Subject], object] | None = None,
) -> Path:
    """Write the report of a run or sweep folder, or of several side by side, and return its path.

    One folder: `report.html` in it, the figures in `plots/`, CSV tables in each run's folder. Several: `out`
    (default: `comparison.html` where you are), the figures beside it in `<stem>-plots`. All figures are written
    again in the given formats, SVG in any case. ``opened`` is handed what was read, before anything is written.
    Raises RunError for folders that cannot be read.
    """
    listed = [folders] if isinstance(folders, (str, Path)) else list(folders)
    alone = Path(listed[0]) if len(listed) == 1 else None
    subject = compare_runs(listed, check) if alone is None else open_folder(alone, check)
    if opened is not None:
        opened(subject)
    if alone is None:
        target = Path(out) if out else Path(COMPARISON)
        return _write(subject, target, target.with_name(f"{target.stem}-plots"), formats)
    for run in as_sweep(subject).runs:
        export_run(run)
    return _write(subject, Path(out) if out else alone / "report.html", alone / "plots", formats)


def build_report(sweep: Sweep, plots: Path, narrow: Path | None = None) -> str:
    """Return the report as HTML; its figures are read from `plots/<name>.svg` where they exist.

    Small screens are shown those of the same names in `narrow`, which are drawn for them.

    First what the study is and what it shows in words, then figures, then tables.
    """
    chapters = [(FIGURES[name].title, _chapter(sweep, name, plots, narrow)) for name in FIGURES]
    shown = [(title, chapter) for title, chapter in chapters if chapter]
    opening = [section(sweep) for section in OPENING]
    tables = [section(sweep) for section in AFTER_FIGURES]
    body = [*opening, contents([title for title, _ in shown]), *(chapter for _, chapter in shown), *tables]
    return page(f"{sweep.name} - driftbed", explained("".join(part for part in body if part)))


def _chapter(sweep: Sweep, name: str, plots: Path, narrow: Path | None) -> Markup | None:
    """Put a figure and the tables that belong to it under one heading; None where there is neither."""
    spec = FIGURES[name]
    parts = [section(sweep) for section in BESIDE.get(name, ())]
    drawing = plots / f"{name}.svg"
    if drawing.is_file():
        labels = ", ".join(group.label for group in sweep.groups)
        alt = f"{spec.title}. {spec.reading} Settings shown: {labels}."
        parts.insert(0, figure(drawing, narrow and narrow / drawing.name, name, alt, spec.reading))
    found = [part for part in parts if part]
    return tag("section", tag("h2", spec.title, id=anchor(spec.title)), *found) if found else None


def _write(subject: Subject, target: Path, plots: Path, formats: Sequence[str]) -> Path:
    sweep = as_sweep(subject)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_figures(subject, plots, formats=["svg", *(suffix for suffix in formats if suffix != "svg")])
    with TemporaryDirectory(prefix="driftbed-report-") as narrow, whole_file(target) as draft:
        write_figures(subject, narrow, formats=["svg"], look=Look(width_in=COLUMN_IN))
        draft.write_text(build_report(sweep, plots, Path(narrow)), encoding="utf-8")
    return target
