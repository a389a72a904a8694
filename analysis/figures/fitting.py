"""Text that would be cut is broken into lines: names beside an axis, labels of axes, and keys under a figure.

Long names come from settings that differ in many things. Sizes of texts are known before a figure is laid out.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator

#: Shares of a panel that names beside an axis may take, and of a figure, where several panels share them; and a key.
_NAMES, _OF_ALL, _KEY = 0.45, 0.3, 0.93
#: What stands between the edge of a figure, or the next panel, and an axis besides its names [in].
_BESIDE_IN, _BELOW_IN = 0.3, 0.45
#: What a further line of a name needs [in], and the size of names in several lines.
_LINE_IN, _SMALL = 0.11, 6.5
_FEWEST = 8


def fit(figure: Figure) -> None:
    """Break what is wider than the room it has, and make the figure higher where that takes lines."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    panels = [axes for axes in figure.axes if axes.get_visible() and axes.get_subplotspec() is not None]
    for axes in panels:
        _fit_names(figure, axes, renderer)
    for axes in panels:
        _fit_labels(figure, axes, renderer)
    for legend in figure.legends:
        _fit_key(figure, legend, renderer)


def broken(text: str, letters: int) -> str:
    """Return a text in lines of at most so many letters, between the parts of a name where that does.

    Lines are as short as they can be in that number.
    """
    lines = _lines(text, letters)
    while letters > _FEWEST and len(shorter := _lines(text, letters - 1)) == len(lines):
        lines, letters = shorter, letters - 1
    return "\n".join(lines)


def _lines(text: str, letters: int) -> list[str]:
    lines: list[str] = []
    for part in text.split(" · "):
        if lines and len(lines[-1]) + len(part) + 3 <= letters:
            lines[-1] += f" · {part}"
        else:
            lines += [part]
    ended = [f"{line} ·" for line in lines[:-1]] + lines[-1:]
    return [short for line in ended for short in wrap(line, letters, break_long_words=False)]


def _fit_names(figure: Figure, axes: Axes, renderer: RendererAgg) -> None:
    if not isinstance(axes.yaxis.get_major_locator(), FixedLocator):
        return
    labels = axes.get_yticklabels()
    room = max(_NAMES * _cell_in(figure, axes, renderer)[0], _OF_ALL * figure.get_figwidth())
    if _longest(labels, renderer) <= room:
        return
    for label in labels:
        label.set_fontsize(_SMALL)
        _fit_text(label, room, renderer)
    names = [label.get_text() for label in labels]
    axes.set_yticks(axes.get_yticks(), names, fontsize=_SMALL)
    _heighten(figure, _LINE_IN * sum(name.count("\n") for name in names))


def _fit_labels(figure: Figure, axes: Axes, renderer: RendererAgg) -> None:
    """Break the labels of axes that are longer than their axis."""
    width_in, height_in = _cell_in(figure, axes, renderer)
    columns = round(figure.get_figwidth() / width_in)
    # What names beside the first panel take, all panels of a row go without.
    names_in = max(_longest(one.get_yticklabels(), renderer) for one in figure.axes if one.get_visible())
    _fit_text(axes.xaxis.label, width_in - names_in / columns - _BESIDE_IN, renderer)
    _fit_text(axes.yaxis.label, height_in - _BELOW_IN, renderer)


def _fit_key(figure: Figure, legend: Legend, renderer: RendererAgg) -> None:
    """Break the labels of a key that is wider than its figure, as one of one column may be."""
    before, texts = legend.get_window_extent(renderer), legend.get_texts()
    beyond = before.width - _KEY * figure.bbox.width
    if beyond <= 0:
        return
    room = _longest(texts, renderer) - beyond / figure.dpi
    for text in texts:
        _fit_text(text, room, renderer)
    _heighten(figure, (legend.get_window_extent(renderer).height - before.height) / figure.dpi)


def _fit_text(text: Text, room_in: float, renderer: RendererAgg) -> None:
    """Break a text, whose lines stay, until none is longer than the room, as far as its words allow."""
    given = text.get_text().split("\n")
    letters = max(map(len, given))
    while letters > _FEWEST and (long_in := _length(text, renderer)) > room_in:
        letters = max(_FEWEST, min(letters - 1, int(letters * room_in / long_in)))
        text.set_text("\n".join(broken(line, letters) for line in given))


def _length(text: Text, renderer: RendererAgg) -> float:
    """Return how long the lines of a text are [in], whichever way they run."""
    extent = text.get_window_extent(renderer)
    return float(extent.height if text.get_rotation() == 90.0 else extent.width) / renderer.dpi


def _longest(texts: Sequence[Text], renderer: RendererAgg) -> float:
    return max((_length(text, renderer) for text in texts if text.get_text()), default=0.0)


def _cell_in(figure: Figure, axes: Axes, renderer: RendererAgg) -> tuple[float, float]:
    """Return the room of a panel with its labels [in]."""
    place = axes.get_subplotspec()
    rows, columns = (1, 1) if place is None else place.get_gridspec().get_geometry()
    width_in, height_in = figure.get_size_inches()
    keys_in = sum(legend.get_window_extent(renderer).height for legend in figure.legends) / figure.dpi
    return width_in / columns, (height_in - keys_in) / rows


def _heighten(figure: Figure, more_in: float) -> None:
    width_in, height_in = figure.get_size_inches()
    figure.set_size_inches(width_in, height_in + max(0.0, more_in))
