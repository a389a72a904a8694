"""What came out of a simulation: tables as frames, comparisons, figures, the report."""

from __future__ import annotations

import html
import io
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
from rich.console import Console

import analysis
from analysis.compare import Comparison, comparison
from analysis.console import as_table
from analysis.figures import render_named
from analysis.folder import require_known
from analysis.sweeps import Subject, as_sweep
from analysis.tables import COLUMNS

Frames = Literal["pandas", "arrow", "polars"]
#: matplotlib's settings belong to the process: figures are drawn one at a time.
_DRAWING = threading.Lock()
_WIDTH = 100


class Result:
    """A run or a sweep that was played; everything is read from its folder when it is asked for."""

    def __init__(self, subject: Subject, folder: Path) -> None:
        self._subject, self.folder = subject, folder

    @classmethod
    def open(cls, folder: str | Path, *, check: bool = True) -> Result:
        """Open a run folder or a sweep's. RunError, in one line, where there is none."""
        return cls(analysis.open_folder(folder, check), Path(folder))

    @property
    def runs(self) -> list[Any]:
        """All runs, one a setting and seed; each has ``summary``, ``seed`` and its tables as attributes."""
        return as_sweep(self._subject).runs

    @property
    def summary(self) -> dict[str, Any]:
        """The figures of a single run, its digest among them; of a sweep, those of each run by its folder's name."""
        runs = self.runs
        return dict(runs[0].summary) if len(runs) == 1 else {run.folder.name: dict(run.summary) for run in runs}

    def frame(self, table: str = "windows", kind: Frames = "pandas") -> Any:
        """Return a table of all runs, the seed and what differs between settings in front.

        ``table`` is windows, exchanges, devices, links, cloud, ages, concepts or rates; ``kind`` pandas, arrow or
        polars.
        """
        require_known("table", [table], [*COLUMNS, "concepts"])
        sweep = as_sweep(self._subject)
        parts = []
        for group in sweep.groups:
            for run in group.runs:
                frame = getattr(run, table)
                front = {**group.values, "seed": run.seed}
                parts.append(frame.assign(**front)[[*front, *frame.columns]])
        joined = pd.concat(parts, ignore_index=True)
        return _as_kind(joined, kind)

    def compare(
        self, metrics: Sequence[str] | None = None, *, by: str | None = None, base: str | None = None
    ) -> Compared:
        """Pair settings by seed within one axis; the words of ``compare --by --base --metric``."""
        return Compared(self._subject, comparison(self._subject, metrics, base, by), metrics, base, by)

    def plot(self, name: str = "accuracy", *, metric: str | None = None) -> Any:
        """Return a figure of matplotlib's; a notebook shows it. RunError for a name that ``list figures`` has not."""
        with _DRAWING:
            figure = render_named(self._subject, name, metric)
        if figure is None:
            raise analysis.RunError(f"figure '{name}' says nothing about this run")
        return figure

    def report(self) -> Path:
        """Write ``report.html`` with all figures; return its path."""
        with _DRAWING:
            return analysis.write_report([self.folder])

    def __repr__(self) -> str:
        runs = len(self.runs)
        return f"Result({str(self.folder)!r}, {runs} run{'s' if runs > 1 else ''})"

    def _repr_html_(self) -> str:
        where = html.escape(str(self.folder))
        return f"{self.compare()._repr_html_()}<p><code>{where}</code></p>"


class Compared:
    """Settings side by side; prints as the terminal shows it, in a notebook as a table."""

    def __init__(
        self, subject: Subject, result: Comparison, metrics: Sequence[str] | None, base: str | None, by: str | None
    ) -> None:
        self._subject, self._how, self.comparison = subject, (metrics, base, by), result

    def to(self, form: Literal["json", "csv", "latex", "markdown"]) -> str:
        """Return it as text for another program."""
        metrics, base, by = self._how
        return analysis.written(self._subject, form, metrics, base, by, None)

    def frame(self, kind: Frames = "pandas") -> Any:
        """Return a row a setting: its values on the axes, and mean and half width of every metric."""
        rows = [
            {"label": row.label, **row.setting, "seeds": len(row.seeds)}
            | {name: row.values[name].mean for name in self.comparison.metrics}
            | {f"{name}_half": row.values[name].half for name in self.comparison.metrics}
            for row in self.comparison.rows
        ]
        return _as_kind(pd.DataFrame(rows), kind)

    def __str__(self) -> str:
        written = io.StringIO()
        metrics = self._how[0]
        shown = as_table(self.comparison, _WIDTH, list(metrics) if metrics else None)
        Console(file=written, width=_WIDTH, highlight=False).print(shown)
        return written.getvalue()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        lines = [line.strip("| ").split(" | ") for line in self.to("markdown").splitlines() if line.startswith("|")]
        head, rows = lines[0], [line for line in lines[1:] if not set("".join(line)) <= set("-: |")]
        top = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
        body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
        return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _as_kind(frame: pd.DataFrame, kind: str) -> Any:
    if kind == "pandas":
        return frame
    table = pa.Table.from_pandas(frame, preserve_index=False)
    if kind == "arrow":
        return table
    if kind != "polars":
        raise ValueError(f"kind '{kind}' is none of pandas, arrow, polars")
    try:
        import polars
    except ImportError as error:
        raise ImportError("frames of polars need polars: pip install polars") from error
    return polars.from_arrow(table)


def open_result(folder: str | Path, *, check: bool = True) -> Result:
    """Open what was played before."""
    return Result.open(folder, check=check)
