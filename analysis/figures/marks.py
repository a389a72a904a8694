"""Drift marks: a line for a sudden change, a shade for one that takes time, labels that never overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from analysis.figures.style import GREY, INK
from analysis.recovery import end_of

ROWS = 3
LONGEST = 34
FONT_PT = 7.0
ROW_PT = 9.5
GAP_PX = 6.0

Mark = Mapping[str, Any]


def draw_marks(axes: Axes, marks: Sequence[Mark], unit_s: float, labelled: bool = True) -> None:
    """Draw the marks behind the curves; labels stand above the axes, in as many rows as they need.

    Call it when the horizontal limits are final. Where three rows do not do, marks are numbered in time
    order.
    """
    for mark in marks:
        begin, end = float(mark["at_s"]) / unit_s, end_of(mark) / unit_s
        if end > begin:
            axes.axvspan(begin, end, color=GREY, alpha=0.16, linewidth=0, zorder=0.8)
        axes.axvline(begin, color=INK, linewidth=0.8, zorder=0.9)
    if labelled and marks:
        _label(axes, marks, unit_s)


def describe(mark: Mark) -> str:
    """Say in a few words what a mark changes, and for whom where that is not everyone."""
    words = str(mark.get("label") or "drift")
    words = words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"
    share = mark.get("share")
    limits = [] if share is None or share >= 1 else [f"{100 * share:.3g} %"]
    limits += [str(mark["cohort"])] if mark.get("cohort") else []
    return f"{words} ({', '.join(limits)})" if limits else words


def _label(axes: Axes, marks: Sequence[Mark], unit_s: float) -> None:
    positions = [float(mark["at_s"]) / unit_s for mark in marks]
    if _placed(axes, positions, [describe(mark) for mark in marks]):
        return
    _placed(axes, positions, [str(number) for number in range(1, len(marks) + 1)], forced=True)


def _placed(axes: Axes, positions: Sequence[float], words: Sequence[str], forced: bool = False) -> bool:
    """Write the labels, row by row from below; take all back and say so where they do not fit."""
    texts: list[Text] = []
    ends_px: list[float] = []
    for place, word in zip(positions, words, strict=True):
        text = axes.annotate(
            word, (place, 1.0), (0, 2.0), xycoords=("data", "axes fraction"), textcoords="offset points",
            fontsize=FONT_PT, ha="left", va="bottom", annotation_clip=False,
        )  # fmt: skip
        texts.append(text)
        row = _free_row(axes, text, ends_px)
        if row >= ROWS and not forced:
            for written in texts:
                written.remove()
            return False
        text.set_position((0, 2.0 + ROW_PT * min(row, ROWS - 1)))
    return True


def _free_row(axes: Axes, text: Text, ends_px: list[float]) -> int:
    """Return the lowest row with room for a label, and note where the row now ends."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    renderer = FigureCanvasAgg(figure).get_renderer()
    box = text.get_window_extent(renderer)
    edge = axes.get_window_extent(renderer).x1
    if box.x1 > edge:
        text.set_horizontalalignment("right")
        box = text.get_window_extent(renderer)
    row = next((i for i, end in enumerate(ends_px) if end + GAP_PX <= box.x0), len(ends_px))
    ends_px[row : row + 1] = [box.x1]
    return row
