"""Accuracy over virtual time as SVG, from the windows that a run has written so far."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from agents.contract.amounts import time_in_words
from analysis.folder import RunError, read_status
from analysis.html import Markup, escaped, join, tag
from analysis.tables import read_table
from analysis.windows import PREDICTORS, per_tick, trailing_share

#: Okabe and Ito's colours on white and on black, as classes of the style sheet; then dashes tell lines apart.
_COLOURS, _DASHES = 6, 4
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 520, 240, 44, 12, 34
#: Points of a curve, at most, and ticks that are pooled for one.
_POINTS, _POOLED = 400, 40


class Line(NamedTuple):
    """A curve: its label, when [s], and shares in [0, 1]."""

    label: str
    t_s: np.ndarray
    share: np.ndarray


def lines_of(folder: Path) -> list[Line]:
    """Return what was deployed and, beside it, the references of a run; nothing where no tick was judged."""
    table = _counted(folder)
    if table is None:
        return []
    return [_line(table, name, name) for name, column in PREDICTORS.items() if column in table.columns]


def pooled(folders: Sequence[Path], label: str) -> Line | None:
    """Return what was deployed in the runs of one setting, their counts added tick by tick; None before the first."""
    tables = [table for folder in folders if (table := _counted(folder)) is not None]
    if not tables:
        return None
    columns = ["samples", PREDICTORS["deployed"]]
    return _line(pd.concat([table[columns] for table in tables]).groupby(level=0).sum(), "deployed", label)


def drawn(lines: Sequence[Line], duration_s: float, marks_s: Sequence[float] = ()) -> Markup:
    """Draw curves over the whole of virtual time, so that they grow to the right while a run goes on."""
    if not lines:
        return tag("p", "Nothing has been predicted yet.", class_="note")
    low = _floor(lines)
    parts = [_frame(low, duration_s), *(_mark(at_s, duration_s) for at_s in marks_s)]
    parts += [_path(line, place, low, duration_s) for place, line in enumerate(lines)]
    ends = "; ".join(f"{line.label} {line.share[-1]:.3f} at {time_in_words(float(line.t_s[-1]))}" for line in lines)
    svg = f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escaped(f"Accuracy over time: {ends}")}">'
    keys = [tag("li", _key(place), f" {line.label} {line.share[-1]:.3f}") for place, line in enumerate(lines)]
    return join(Markup(svg + "".join(parts) + "</svg>"), tag("ul", *keys, class_="keys"))


def _counted(folder: Path) -> pd.DataFrame | None:
    """Return the counts of each tick so far; None where nothing was predicted yet, or nothing can be read."""
    try:
        table = per_tick(read_table(folder, "windows", read_status(folder)))
    except RunError:
        return None
    return table if len(table) and table["samples"].sum() else None


def _line(table: pd.DataFrame, name: str, label: str) -> Line:
    """Pool neighbouring ticks, and keep so many points that each can be seen."""
    ticks = max(1, len(table) // _POOLED)
    share = trailing_share(table[PREDICTORS[name]].to_numpy(), table["samples"].to_numpy(), ticks)
    every = max(1, len(table) // _POINTS)
    kept = np.arange(len(table) - 1, -1, -every)[::-1]
    known = kept[np.isfinite(share[kept])]
    return Line(label, table.index.to_numpy(float)[known], share[known])


def _floor(lines: Sequence[Line]) -> float:
    """Return where the axis of shares begins: the tenth below the lowest value."""
    return max(0.0, np.floor(10 * min(float(line.share.min()) for line in lines)) / 10)


def _place(t_s: np.ndarray, share: np.ndarray, low: float, duration_s: float) -> str:
    x = _LEFT + (_WIDTH - _LEFT - 10) * t_s / duration_s
    y = _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1.0 - share) / max(1.0 - low, 0.1)
    return " ".join(f"{one:.1f},{other:.1f}" for one, other in zip(x, y, strict=True))


def _path(line: Line, place: int, low: float, duration_s: float) -> str:
    dash = place // _COLOURS % _DASHES
    points = _place(line.t_s, line.share, low, duration_s)
    return f'<polyline class="line c{place % _COLOURS} d{dash}" points="{points}"/>'


def _key(place: int) -> Markup:
    dash = place // _COLOURS % _DASHES
    line = f'<line class="line c{place % _COLOURS} d{dash}" x1="0" x2="26" y1="5" y2="5"/>'
    return Markup(f'<svg class="key" viewBox="0 0 26 10" aria-hidden="true">{line}</svg>')


def _mark(at_s: float, duration_s: float) -> str:
    x = _LEFT + (_WIDTH - _LEFT - 10) * at_s / duration_s
    return f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>'


def _frame(low: float, duration_s: float) -> str:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - 10
    parts = []
    for share in (low, (1.0 + low) / 2, 1.0):
        y = _TOP + (bottom - _TOP) * (1.0 - share) / max(1.0 - low, 0.1)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{share:.2f}</text>')
    parts.append(f'<text x="{_LEFT}" y="{_HEIGHT - 10}">0</text>')
    end = escaped(time_in_words(duration_s))
    parts.append(f'<text x="{right}" y="{_HEIGHT - 10}" text-anchor="end">{end} of virtual time</text>')
    return "".join(parts)
