"""How every figure looks: Okabe-Ito colours, line styles that survive a black and white print, paper sizes.

Nothing here touches matplotlib's global state: figures are made by the object-oriented API, and `house_style`
applies for the time of one drawing only.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.text import Text
from matplotlib.ticker import MultipleLocator, NullFormatter
from numpy.typing import NDArray

from agents.contract.amounts import clock
from analysis.folder import RunError
from analysis.sweeps import Group, Sweep, short_axis

COLUMN_IN = 3.5
PAGE_IN = 7.0

# Okabe and Ito (2008), less the yellow, which vanishes on white, and black, which is the oracle's.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
DASHES = ("-", (0, (5, 1.6)), (0, (1.2, 1.2)), (0, (6, 1.4, 1.2, 1.4)), (0, (6, 1.4, 1.2, 1.4, 1.2, 1.4)))
STEPS = {
    "s": (1, 2, 5, 10, 20, 30, 60),
    "min": (1, 2, 5, 10, 15, 30, 60),
    "h": (1, 2, 3, 6, 12, 24),
    "d": (1, 2, 5, 7, 14, 30),
}
#: Fonts that stand for one that is here.
GENERIC = ("serif", "sans-serif", "monospace")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
INK = "#222222"
GREY = "#767676"
PALE = "#e8e8e8"
REFERENCES = {"oracle": (INK, (0, (1, 1.2))), "static": (GREY, (0, (4, 1.5)))}
#: A key is at most this share of a figure wide (text is a little wider where it is finer), and this share of it high.
_KEY_WIDTH, _KEY_SHARE = 0.96, 0.3

SETTINGS: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.0,
    "axes.titlesize": 8.5,
    "axes.titlelocation": "left",
    "axes.labelsize": 8.0,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": PALE,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.4,
    "lines.markersize": 4.5,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "legend.handlelength": 2.6,
    "text.color": INK,
    "figure.constrained_layout.use": True,
    # Names come from scenarios: a dollar sign in one is a dollar sign, not mathematics.
    "text.parse_math": False,
    "svg.hashsalt": "driftbed",
    # Text stays text: it can be found, copied, and follows the colours of a page. PDF embeds TrueType, never Type 3.
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "savefig.dpi": 200,
    "figure.figsize": (PAGE_IN, 3.0),
}


class Look(NamedTuple):
    """How figures are made for a paper: their width, their font, and names to use instead of those of the study."""

    width_in: float = PAGE_IN
    font: str = "sans-serif"
    labels: Mapping[str, str] = MappingProxyType({})

    @property
    def settings(self) -> dict[str, Any]:
        """Return what differs from the house style."""
        family = {"font.family": self.font} if self.font in GENERIC else {"font.family": [self.font, "sans-serif"]}
        return family | {"figure.figsize": (self.width_in, 3.0)}


class LineStyle(NamedTuple):
    """How one group is drawn, the same in every figure of a study."""

    colour: str
    dash: str | tuple[int, tuple[float, ...]]
    marker: str


def require_font(font: str) -> None:
    """Check that a font is here; RunError where it is not: every text would be drawn in another one."""
    if font in GENERIC:
        return
    try:
        findfont(FontProperties(font), fallback_to_default=False)
    except ValueError as error:
        raise RunError(f"there is no font '{font}' here; write {', '.join(GENERIC)}, or install it") from error


@contextmanager
def house_style(look: Look | None = None) -> Iterator[None]:
    """Apply the style for the time of a drawing and leave matplotlib as it was."""
    with mpl.rc_context():
        mpl.rcdefaults()
        with mpl.rc_context(SETTINGS | (look or Look()).settings), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from")
            warnings.filterwarnings("ignore", message="findfont")
            yield


def sheet(
    height_in: float, width_in: float = PAGE_IN, rows: int = 1, columns: int = 1, *, shared: bool = True
) -> tuple[Figure, NDArray]:
    """Return a figure and its axes, [rows, columns], with horizontal axes that a column shares, if ``shared``.

    It is never wider than the style in force; panels that would be narrow then are stacked by the caller.
    """
    figure = Figure(figsize=(min(width_in, mpl.rcParams["figure.figsize"][0]), height_in), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, sharex="col" if shared else False)


def panels_across(most: int) -> int:
    """Return how many panels fit side by side in the width in force, of those that fit a page."""
    return max(1, int(most * mpl.rcParams["figure.figsize"][0] / PAGE_IN))


def line_styles(sweep: Sweep) -> dict[str, LineStyle]:
    """Return a line style for every group: colour by the method axis (or the first), dash and marker by the others."""
    if not sweep.axes:
        return {group.label: _line_style(i, i) for i, group in enumerate(sweep.groups)}
    lead = next((axis for axis in sweep.axes if "adapter" in axis), sweep.axes[0])
    leads = _positions([group.values[lead] for group in sweep.groups])
    rests = _positions([_rest(group, lead) for group in sweep.groups])
    alone = len(sweep.axes) == 1
    made = {}
    for group in sweep.groups:
        colour = leads[group.values[lead]]
        made[group.label] = _line_style(colour, colour if alone else rests[_rest(group, lead)])
    return made


def legend_title(sweep: Sweep) -> str | None:
    """Return what the labels of a sweep's groups stand for."""
    return " · ".join(short_axis(axis) for axis in sweep.axes) or None


def legend_below(figure: Figure, axes: Axes | Iterable[Axes], title: str | None = None, columns: int = 4) -> None:
    """Put the legend of one or several panels under the figure, where it covers no curve, in columns that fit."""
    panels = [axes] if isinstance(axes, Axes) else list(axes)
    pairs = [pair for panel in panels for pair in zip(*panel.get_legend_handles_labels(), strict=True)]
    found = {label: handle for handle, label in reversed(pairs)}
    found = {label: found[label] for _, label in pairs}
    key_below(figure, list(found.values()), list(found), title, columns)


def key_below(
    figure: Figure, handles: Sequence[Artist], labels: Sequence[str], title: str | None = None, columns: int = 4
) -> None:
    """Put a key under the figure, in as many columns as fit; a high one makes the figure higher, not the panels low."""
    if not handles:
        return
    renderer = FigureCanvasAgg(figure).get_renderer()
    for across in range(min(columns, len(handles)), 0, -1):
        legend = figure.legend(
            handles, labels, loc="outside lower center", ncols=across, title=title, title_fontsize=7.5
        )
        extent = legend.get_window_extent(renderer)
        if across == 1 or extent.width <= _KEY_WIDTH * figure.bbox.width:
            width_in, height_in = figure.get_size_inches()
            figure.set_size_inches(width_in, height_in + max(0.0, extent.height / figure.dpi - _KEY_SHARE * height_in))
            return
        legend.remove()


def rename(figure: Figure, labels: Mapping[str, str]) -> None:
    """Write other names: of whole labels, or of the parts of one (`persona · 32 kbit/s`)."""
    for text in figure.findobj(Text) if labels else ():
        words = text.get_text()
        parts = [labels.get(part, part) for part in labels.get(words, words).split(" · ")]
        if parts != words.split(" · "):
            text.set_text(" · ".join(parts))


def time_axis(axes: Axes, duration_s: float, label: bool = True, most: int = 10) -> float:
    """Scale the horizontal axis to virtual time, in at most so many steps; return seconds per unit."""
    unit_s, name = clock(duration_s)
    axes.set_xlim(0, duration_s / unit_s)
    axes.xaxis.set_major_locator(MultipleLocator(step_between(duration_s / unit_s, STEPS[name], most)))
    if label:
        axes.set_xlabel(f"virtual time [{name}]")
    return unit_s


def log_axis(axes: Axes, low: float, high: float) -> None:
    """Make the horizontal axis logarithmic between limits, its numbers written out."""
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())


def accuracy_limits(values: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    """Return limits that show all finite values with a margin and stay within [0, 1]."""
    finite = [array[np.isfinite(array)] for array in values]
    joined = np.concatenate(finite) if finite else np.array([])
    if not joined.size:
        return 0.0, 1.0
    margin = max(0.02, 0.06 * float(np.ptp(joined)))
    return max(0.0, float(joined.min()) - margin), min(1.005, float(joined.max()) + margin)


def step_between(span: float, steps: Sequence[int], most: int = 10) -> float:
    """Return a step between ticks that people count in: at most so many, one on the end where it can be."""
    below = [step * 10.0**power for power in range(-6, 0) for step in (1, 2, 5)]
    above = [step * 10.0**power for power in range(2, 8) for step in (1, 2, 5)]
    fitting = [step for step in (*below, *steps, *above) if 2 <= span / step <= most]
    even = [step for step in fitting if math.isclose(span / step, round(span / step))]
    return min(even or fitting, default=span)


def _line_style(colour: int, shape: int) -> LineStyle:
    return LineStyle(COLOURS[colour % len(COLOURS)], DASHES[shape % len(DASHES)], MARKERS[shape % len(MARKERS)])


def _positions(values: Sequence[str]) -> dict[str, int]:
    return {value: place for place, value in enumerate(dict.fromkeys(values))}


def _rest(group: Group, lead: str) -> str:
    return " · ".join(value for axis, value in group.values.items() if axis != lead)
