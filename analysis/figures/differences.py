"""How far every setting of a sweep is from its base: a row a setting, with its interval over paired seeds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from analysis.compare import Comparison, Row, titled
from analysis.figures.fitting import fit
from analysis.figures.style import COLOURS, GREY, INK, house_style, sheet
from analysis.metrics import METRICS

#: Inches of a row.
_ROW_IN = 0.19
CLEAR, UNCLEAR = COLOURS[1], COLOURS[0]


def draw(result: Comparison, metric: str, stand: Collection[str]) -> Figure | None:
    """Draw the differences of a metric; those of the labels that ``stand`` are filled. None where nothing is paired."""
    rows = [row for row in result.rows if metric in row.differences and row.differences[metric].n > 1]
    if not rows:
        return None
    figure, panels = sheet(0.75 + _ROW_IN * len(rows))
    axes, shown, place = panels[0, 0], METRICS[metric], np.arange(len(rows))[::-1]
    axes.axvline(0.0, color=GREY, linewidth=0.9)
    for height, row in zip(place, rows, strict=True):
        found, stands = row.differences[metric], row.label in stand
        colour = CLEAR if stands else UNCLEAR
        axes.plot([shown.scale * found.low, shown.scale * found.high], [height] * 2, color=colour)
        axes.plot(shown.scale * found.mean, height, "o", color=colour, markerfacecolor=colour if stands else "white")
    axes.set_yticks(place, [setting_words(row) for row in rows], color=INK)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    unit = "points" if shown.unit == "%" else shown.unit
    base = f"minus {result.base or 'base'}"
    axes.set_xlabel(f"{shown.label}, {base} [{unit}]" if unit else f"{titled(shown)}, {base}")
    fit(figure)
    return figure


def write(result: Comparison, metric: str, stand: Collection[str], files: Sequence[Path]) -> bool:
    """Draw into files of the kinds that their names say; return whether there was anything to draw."""
    with house_style():
        figure = draw(result, metric, stand)
        if figure is None:
            return False
        for file in files:
            file.parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)
    return True


def setting_words(row: Row) -> str:
    """Return the setting of a row in words."""
    return " · ".join(row.setting.values()) or row.label
