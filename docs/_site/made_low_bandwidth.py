"""Plays the low-bandwidth study, as far as it has not been played, and makes its figures and tables.

python docs/_site/made_low_bandwidth.py FOLDER [--jobs N] [--seeds N]
"""

# ruff: noqa: E402  # what is ours is imported after the path
from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.energy import energy
from analysis.figures.style import COLOURS, MARKERS, house_style, legend_below, sheet
from analysis.metrics import METRICS
from analysis.radio import PARTS, radio
from analysis.response import base_value
from analysis.statistics import student_interval
from analysis.sweeps import Group, Sweep, open_sweep

STUDIES = {"links": "low_bandwidth", "rate": "low_bandwidth_rate", "conditions": "low_bandwidth_conditions"}
LINKS = ("lte", "umts", "satellite", "nbiot", "lora")
AXIS = "fleet.sensors.link"
SHOWN = ("accuracy", "gain", "harm", "recovery_mean_s", "mean_age_s", "up_bytes", "down_bytes")


class Form(NamedTuple):
    """A method with a form of its messages, by what the sweep writes of it."""

    name: str
    adapter: str
    update: str


FORMS = (
    Form("labels, head 750 kB", "cloud_ft", "750 kB"),
    Form("edit, head 750 kB", "persona", "750 kB"),
    Form("edit, head 66 kB", "persona", "66 kB"),
    Form("code, 256 B", "code", "256 B"),
)


def main() -> None:
    """Play and draw."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--jobs", default="1")
    options.add_argument("--seeds", default="5")
    given = options.parse_args()
    for name, scenario in STUDIES.items():
        play(scenario, given.folder / name, given.jobs, given.seeds)
    opened = {name: open_sweep(given.folder / name) for name in STUDIES}
    with house_style():
        links_figure(opened["links"], ROOT / "docs" / "low_bandwidth_links.png")
        rate_figure(opened["rate"], ROOT / "docs" / "low_bandwidth_rate.png")
    for sweep in opened.values():
        print(f"\n{markdown(sweep)}")
    print(f"\n{energy_markdown(opened['links'])}")


def play(scenario: str, folder: Path, jobs: str, seeds: str) -> None:
    """Play a sweep, or what is missing of it."""
    again = ["--resume"] if folder.exists() else []
    words = ["sweep", f"scenarios/studies/{scenario}.yaml", "--out", str(folder), "--jobs", jobs, *again]
    command = [sys.executable, "run_sim.py", *words, "--set", f"sweep.seeds={seeds}"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def form_of(group: Group) -> Form | None:
    """Return which of the forms a setting has."""
    values = " ".join(f"{path}={value}" for path, value in group.values.items())
    for form in FORMS:
        own = "reply" in values if form.adapter == "code" else f"adapter={form.adapter}" in values
        if form.update in values and (own or (form.adapter == "persona" and "cloud_ft" not in values)):
            return form
    return None


def beside(axes: Axes, sweep: Sweep, metric: str, *, bars: bool) -> None:
    """Draw a metric for each link, a bar or a mark a form, and a dot a seed; bars where nought is on the axis."""
    for place, form in enumerate(FORMS):
        for x, link in enumerate(LINKS):
            found = [group for group in sweep.groups if group.values.get(AXIS) == link and form_of(group) == form]
            values = [METRICS[metric].scale * (METRICS[metric].of(run) or 0.0) for group in found for run in group.runs]
            at = x + (place - 1.5) * 0.2
            label = form.name if x == 0 else None
            mean = np.mean(values) if values else 0.0
            if bars:
                axes.bar(at, mean, 0.18, color=COLOURS[place], label=label)
                axes.plot([at] * len(values), values, ".", color="black", markersize=3)
            else:
                axes.plot(at, mean, MARKERS[place], color=COLOURS[place], markersize=6, label=label)
    if bars:
        axes.axhline(0.0, color="0.4", linewidth=0.7)
    axes.set_xticks(range(len(LINKS)), ["LTE", "3G", "satellite", "NB-IoT", "LoRa"])
    axes.set_ylabel(f"{METRICS[metric].label}\n[{METRICS[metric].unit}]")


def links_figure(sweep: Sweep, file: Path) -> None:
    """Gain over static, and energy, for each link and form."""
    figure, panels = sheet(4.6, rows=2)
    top, bottom = np.ravel(panels)
    beside(top, sweep, "gain", bars=True)
    beside(bottom, sweep, "device_energy_j", bars=False)
    bottom.set_yscale("log")
    bottom.set_ylim(1.0, None)
    bottom.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    legend_below(figure, bottom)
    figure.savefig(file, dpi=150)


def rate_figure(sweep: Sweep, file: Path) -> None:
    """Gain over static against the data rate, a line a form."""
    figure, panels = sheet(3.0)
    (axes,) = np.ravel(panels)
    for place, form in enumerate(FORMS):
        points: dict[float, list[float]] = {}
        for group in sweep.groups:
            if form_of(group) == form:
                rate = base_value(group.values["links.plain.up"])
                points[rate or 0.0] = [100 * (METRICS["gain"].of(run) or 0.0) for run in group.runs]
        if not points:
            continue
        rates = sorted(points)
        axes.plot(
            rates,
            [np.mean(points[rate]) for rate in rates],
            marker=MARKERS[place],
            color=COLOURS[place],
            label=form.name,
        )
        for rate in rates:
            axes.plot([rate] * len(points[rate]), points[rate], ".", color=COLOURS[place], markersize=3)
    axes.axhline(0.0, color="0.4", linewidth=0.7)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value / 1e3:g}")
    axes.set_xlabel("data rate, up and down [kbit/s]")
    axes.set_ylabel("gain over static [points]")
    legend_below(figure, axes)
    figure.savefig(file, dpi=150)


def markdown(sweep: Sweep) -> str:
    """Return the metrics of each setting as a table."""
    rows = []
    for group in sweep.groups:
        form = form_of(group)
        where = {
            path.split(".")[-1]: value
            for path, value in group.values.items()
            if path.startswith(("fleet", "links", "method.trigger"))
        }
        rows.append({**where, "form": form.name if form else "", **_metrics(group)})
    return _table(rows)


def _metrics(group: Group) -> Mapping[str, str]:
    found = {}
    for name in (*SHOWN, "device_energy_j"):
        metric = METRICS[name]
        interval = student_interval([metric.of(run) for run in group.runs])
        half = f" ± {metric.show(interval.half)}" if interval.n > 1 else ""
        found[f"{metric.label} [{metric.unit}]"] = f"{metric.show(interval.mean)}{half}"
    return found


def energy_markdown(sweep: Sweep) -> str:
    """Return where the joules of a device go, means over seeds."""
    rows = []
    for group in sweep.groups:
        made = [radio(run, {str(one["cohort"]): one for one in run.resolved["fleet"]}) for run in group.runs]
        form = form_of(group)
        means = pd.concat(made)[["promotions", "air_s", *PARTS]].mean()
        rows.append(
            {
                "link": group.values[AXIS],
                "form": form.name if form else "",
                **{name: f"{value:.3g}" for name, value in means.items()},
            }
        )
    assert all(energy(run).powered for run in sweep.runs)
    return _table(rows)


def _table(rows: Sequence[Mapping[str, str]]) -> str:
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([row[name] for name in names] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
