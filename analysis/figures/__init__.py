"""The figures, one file each.

Every `draw` takes a run or a sweep and returns None where it has nothing to show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from matplotlib.figure import Figure

from analysis.figures import (
    accuracy,
    age,
    cloud,
    cohorts,
    devices,
    heatmap,
    latency,
    links,
    pareto,
    recovery,
    regret,
    response,
    swim_lane,
    traffic,
    transfers,
)
from analysis.figures.fitting import fit
from analysis.figures.series import marked
from analysis.figures.style import Look, house_style, rename, require_font
from analysis.folder import require_known
from analysis.metrics import METRICS
from analysis.sweeps import Subject
from analysis.timeline import Timeline
from analysis.whole_files import whole_file

FORMATS = ("svg", "png")


class FigureSpec(NamedTuple):
    """A figure of the report: its title, how to draw it, and how to read it."""

    title: str
    draw: Callable[[Subject], Figure | None]
    reading: str


FIGURES: dict[str, FigureSpec] = {
    "response": FigureSpec(
        "Against the numeric axis of the sweep",
        response.draw,
        "A line a method. With five seeds or more a band is the 95 % Student t interval; fewer are thin lines, one a "
        "seed. Open triangles: beyond what was watched.",
    ),
    "accuracy": FigureSpec(
        "Accuracy against virtual time",
        accuracy.draw,
        "What the models that devices really had deployed got right, between the model that never changes "
        "and the best model for each concept. Lines and shades mark drifts.",
    ),
    "regret": FigureSpec(
        "Where accuracy was lost",
        regret.draw,
        "Accuracy lost to the oracle by what the device was waiting for; the parts sum to the whole. An account of "
        "waits, not of causes: what comes back without a wait is shown by paired forks.",
    ),
    "recovery": FigureSpec(
        "Recovery after each drift",
        recovery.draw,
        "Time from the end of a drift until the accuracy of the next two smoothing windows is as near to the "
        "oracle as before the first drift, within the stated points. What was not recovered stays in, as the slowest.",
    ),
    "cohorts": FigureSpec(
        "Accuracy per cohort",
        cohorts.draw,
        "The same curves for each cohort, on one scale; only drifts that touch the cohort are marked.",
    ),
    "devices": FigureSpec(
        "Accuracy across devices",
        devices.draw,
        "Devices ordered from worst to best; a steep left end means that a few devices are left behind.",
    ),
    "pareto": FigureSpec(
        "Bytes against accuracy",
        pareto.draw,
        "Filled settings are on the front: none of the same link that costs no more bytes is more accurate, clear "
        "of zero over paired seeds. Where links differ, each has a front of its own: a link is no choice of a method.",
    ),
    "heatmap": FigureSpec(
        "Settings at a glance", heatmap.draw, "Mean over seeds and, with more than one, its 95 % half width."
    ),
    "age": FigureSpec(
        "Age of the deployed model",
        age.draw,
        "Share of all device time spent with a model at most that old, exact from the times of installs.",
    ),
    "latency": FigureSpec(
        "From request to install",
        latency.draw,
        "First, mean time in each stage of an exchange; then, how the whole spreads over exchanges.",
    ),
    "traffic": FigureSpec(
        "Bytes over time",
        traffic.draw,
        "Bytes sent up and received down, headers and repetitions included, as a rate and as a running sum.",
    ),
    "transfers": FigureSpec(
        "Rate of a link and the transfers on it",
        transfers.draw,
        "Mean rate of one instance of a link in bins of 1/2000 of the run, and below zero the messages that "
        "crossed it, waiting included: above, when any was under way; below, each one, around the slowest.",
    ),
    "links": FigureSpec("Links", links.draw, "Busy share and waiting messages of each link and direction."),
    "cloud": FigureSpec("Cloud", cloud.draw, "Requests, busy share, queue and mean wait in each tick."),
}


def render(subject: Subject, name: str) -> Figure | None:
    """Draw one figure in the house style."""
    with house_style():
        return drawn(subject, name)


def render_named(subject: Subject, name: str, metric: str | None = None) -> Figure | None:
    """Draw one figure; `metric` is what the response figure shows. RunError for a name that is not there."""
    require_known("figure", [name], list(FIGURES))
    require_known("metric", [metric] if metric else (), list(METRICS))
    with house_style():
        return drawn(subject, name, metric)


def write_figures(
    subject: Subject,
    folder: Path | str,
    names: Sequence[str] | None = None,
    formats: Sequence[str] = FORMATS,
    look: Look | None = None,
    metric: str | None = None,
) -> list[Path]:
    """Draw the named figures (default: all) and save those that apply as `folder/<name>.svg` and `.png`.

    `metric` is what the response figure shows. Files appear whole or not at all. The same tables give the same SVG
    bytes. RunError for a figure or a metric that is not there.
    """
    folder, look = Path(folder), look or Look()
    require_known("figure", names or (), list(FIGURES))
    require_known("metric", [metric] if metric else (), list(METRICS))
    require_font(look.font)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with house_style(look):
        for name in names or FIGURES:
            figure = drawn(subject, name, metric, look.labels)
            if figure is not None:
                written += _save_all(figure, folder / name, formats)
    return written


def drawn(
    subject: Subject, name: str, metric: str | None = None, labels: Mapping[str, str] = MappingProxyType({})
) -> Figure | None:
    """Draw a figure, under the names that are wanted, with no text wider than its room."""
    figure = response.draw(subject, metric) if name == "response" else FIGURES[name].draw(subject)
    if figure is not None:
        rename(figure, labels)
        fit(figure)
    return figure


def write_timeline(shown: Timeline, folder: Path | str, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Draw one device over time and save it as `folder/device-<number>.svg` and `.png`."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with house_style():
        return _save_all(swim_lane.draw(shown), folder / f"device-{shown.device}", formats)


def _save_all(figure: Figure, stem: Path, formats: Sequence[str]) -> list[Path]:
    written, parts = [], marked(figure)
    for suffix in formats:
        written.append(_save(figure, parts, stem.with_name(f"{stem.name}.{suffix}")))
        # What was laid out once stays: the next format need not do it again.
        figure.set_layout_engine("none")
    return written


def _save(figure: Figure, parts: str, path: Path) -> Path:
    suffix = path.suffix.removeprefix(".")
    said = {"Date": None, "Description": parts} if suffix == "svg" else {"Software": None}
    with whole_file(path) as draft:
        figure.savefig(draft, format=suffix, metadata=said)
    return path
