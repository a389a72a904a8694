"""The comparison as text for other programs: JSON, CSV, LaTeX, Markdown."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Sequence

from analysis.compare import (
    Comparison,
    comparison,
    outcome_words,
    paired_words,
    sorted_by,
    standing,
    titled,
    with_interval,
)
from analysis.metrics import METRICS
from analysis.statistics import Interval
from analysis.sweeps import Subject, short_axis

USUAL = ("accuracy", "accuracy_after_drift", "recovery_s", "recovery_mean_s", "mean_age_s", "up_bytes", "down_bytes")
LATEX = {"%": r"\%", "_": r"\_", "&": r"\&", "#": r"\#", "$": r"\$", "±": r"$\pm$", ">": "$>$", "·": r"$\cdot$"}


def written(
    subject: Subject, form: str, metrics: Sequence[str] | None, base: str | None, by: str | None, sort: str | None
) -> str:
    """Return the comparison as `json`, `csv`, `latex` or `markdown`; the first metric's differences beside it."""
    names = list(metrics or USUAL)
    result = comparison(subject, [*names, *([sort] if sort and sort not in names else [])], base, by)
    result = sorted_by(result, sort) if sort else result
    return FORMS[form](result, [name for name in names if name in result.metrics])


def _json(result: Comparison, names: Sequence[str]) -> str:
    stands = standing(result, names)
    rows = [
        {
            "label": row.label,
            "setting": dict(row.setting),
            "seeds": list(row.seeds),
            "values": {name: _plain(row.values[name]) for name in names},
            "base": row.base,
            "differences": {
                name: _plain(row.differences[name])
                | {"shows": outcome_words(name, row.differences[name], (row.label, name) in stands)}
                for name in names
                if name in row.differences
            },
        }
        for row in result.rows
    ]
    return json.dumps(
        {"name": result.name, "by": result.by, "rows": rows, "notes": [*result.notes, *result.shortened]}, indent=2
    )


def _csv(result: Comparison, names: Sequence[str]) -> str:
    out = io.StringIO()
    ends = ("mean", "low", "high")
    columns = [f"{kind}{name}_{end}" for name in names for kind in ("", "difference_") for end in ends]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["label", *result.axes, "n", *columns])
    for row in result.rows:
        cells = []
        for name in names:
            for interval in (row.values[name], row.differences.get(name)):
                cells += [_plain(interval)[end] if interval is not None else None for end in ends]
        writer.writerow([row.label, *(row.setting[axis] for axis in result.axes), len(row.seeds), *cells])
    return out.getvalue().rstrip("\n")


def _cells(result: Comparison, names: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    axes = [short_axis(axis) for axis in result.axes] or ["setting"]
    stands = standing(result, names[:1])
    rows = []
    for row in result.rows:
        cells = [with_interval(METRICS[name], row.values[name], of=len(row.seeds)) for name in names]
        difference = row.differences.get(names[0])
        shown = with_interval(METRICS[names[0]], difference, signed=True) if difference and difference.n else ""
        words = outcome_words(names[0], difference, (row.label, names[0]) in stands) if difference else ""
        cells[1:1] = [shown, words]
        rows.append([*(list(row.setting.values()) or [row.label]), str(len(row.seeds)), *cells])
    heads = [titled(METRICS[name]) for name in names]
    return [*axes, "n", heads[0], "difference", "shows", *heads[1:]], rows


def _note(result: Comparison) -> str:
    return "; ".join([paired_words(result), *result.shortened])


def _markdown(result: Comparison, names: Sequence[str]) -> str:
    return f"{markdown_table(*_cells(result, names))}\n\n{_note(result)}"


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as Markdown; a bar in a cell would end it, and is written as '/'."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def _latex(result: Comparison, names: Sequence[str]) -> str:
    """Write a table for the package booktabs."""
    head, rows = _cells(result, names)
    axes = len(result.axes) or 1
    lines = [" & ".join(_escaped(cell) for cell in line) + r" \\" for line in (head, *rows)]
    body = ["\\toprule", lines[0], "\\midrule", *lines[1:], "\\bottomrule"]
    columns = "l" * axes + "r" * (len(head) - axes)
    note = f"% {_note(result)}"
    return "\n".join([note, f"\\begin{{tabular}}{{{columns}}}", *body, "\\end{tabular}"])


def _escaped(text: str) -> str:
    return "".join(LATEX.get(letter, letter) for letter in text)


def _plain(interval: Interval) -> dict[str, float | int | str | None]:
    ends = {name: getattr(interval, name) for name in ("mean", "low", "high")}
    known = {name: end if math.isfinite(end) else None for name, end in ends.items()}
    return {**known, "n": interval.n, **({"note": interval.note} if interval.note else {})}


FORMS: dict[str, Callable[[Comparison, Sequence[str]], str]] = {
    "json": _json,
    "csv": _csv,
    "latex": _latex,
    "markdown": _markdown,
}
