"""The pages of the local server. Every text that comes from a folder or an address is escaped by ``analysis.html``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

from analysis.folder import RunError, read_json
from analysis.html import Markup, escaped, join, tag
from analysis.manifests import read_plan
from analysis.quantities import base_value
from analysis.sections import headline
from analysis.serving.curves import Line, drawn, lines_of, pooled
from analysis.serving.library import Entry, Library, written_moment
from analysis.sweeps import as_sweep, compare_runs, open_folder
from analysis.windows import accuracy_curve, smoothing_s

_LINKED = ("worst", "median", "best")
#: Settings that one drawing shows; more cannot be told apart.
_MOST_LINES = 12


def link(text: str, place: str, *pairs: tuple[str, str]) -> Markup:
    """Return a link to another page of the server."""
    return tag("a", text, href=f"{place}?{urlencode(pairs)}" if pairs else place)


def listed(library: Library) -> Markup:
    """Return all runs and sweeps, with boxes to compare some of them."""
    entries = library.entries()
    if not entries:
        where = tag("code", str(library.root))
        return join(tag("h1", "Runs"), tag("p", "There is no run in ", where, " yet. Load this page again later."))
    form = tag(
        "form",
        _scrolled(tag("div", rows(entries), data_live="/rows"), "runs"),
        tag("button", "Compare what is ticked", type="submit"),
        action="/compare",
    )
    return join(tag("h1", "Runs"), tag("p", str(library.root), class_="lead"), form)


def rows(entries: Sequence[Entry]) -> Markup:
    """Return the table of runs and sweeps."""
    head = ("", "run", "state", "accuracy", "requests", "changed")
    top = tag("tr", *(tag("th", cell, scope="col") if cell else tag("td") for cell in head))
    lines = [tag("tr", tag("td", _box(entry)), *_cells(entry)) for entry in entries]
    return tag("table", tag("thead", top), tag("tbody", *lines))


def shown(library: Library, entry: Entry) -> Markup:
    """Return the page of one run or sweep."""
    parts = [tag("h1", entry.name), *_described(entry)]
    parts.append(tag("div", curves(library, entry), **_live(entry)))
    if entry.is_sweep:
        points = library.points(entry)
        parts.append(_scrolled(rows(points), "points of the sweep") if points else tag("p", "No point has begun."))
    if not entry.going_on:
        parts += _figures(entry)
    return join(*parts)


def curves(library: Library, entry: Entry) -> Markup:
    """Return the curves of a run or sweep as far as they go, under its state."""
    points = library.points(entry)
    state = entry.status if not entry.is_sweep else f"{entry.status}, {len(points)} points have begun"
    if entry.is_sweep:
        made = [pooled(folders, label) for label, folders in _settings(entry, points).items()]
        lines = [line for line in made if line is not None]
        source = points[0] if points else entry
    else:
        lines, source = lines_of(entry.folder), entry
    more = f" The first {_MOST_LINES} settings of {len(lines)} are drawn." if len(lines) > _MOST_LINES else ""
    text = f"State: {state}. Accuracy over virtual time.{more}"
    return join(tag("p", text, class_="note"), drawn(lines[:_MOST_LINES], _duration_s(source), _marks_s(source)))


def compared(entries: Sequence[Entry]) -> Markup:
    """Return runs side by side: what differs in words and tables, and their curves."""
    sweep = compare_runs([entry.folder for entry in entries])
    sections = [headline.opening(sweep), headline.shown(sweep), headline.at_a_glance(sweep)]
    window_s = smoothing_s(sweep.judged[0].runs) if sweep.judged else 0.0
    lines = []
    for group in sweep.judged[:_MOST_LINES]:
        curve = accuracy_curve(group.runs, window_s)
        known = curve.mean == curve.mean
        lines.append(Line(group.label, curve.t_s[known], curve.mean[known]))
    marks_s = [float(mark["at_s"]) for mark in sweep.marks]
    figure = drawn(lines, sweep.duration_s, marks_s)
    tables = headline.figures_of_merit(sweep)
    return join(*(part for part in (*sections, tag("h2", "Accuracy over virtual time"), figure, tables) if part))


def device(entry: Entry, number: int, lines: Sequence[str], drawing: Markup | None) -> Markup:
    """Return what happened to a device's requests around the first drift, and the drawing if there is one."""
    pairs = (("run", entry.name), ("device", str(number)))
    asked = link("Play the run again to see its samples", "/device", *pairs, ("draw", "1"))
    happened = (
        tag("ul", *(tag("li", line) for line in lines)) if lines else tag("p", "It asked for nothing in this time.")
    )
    return join(
        tag("h1", f"Device {number} of {entry.name}"),
        tag("p", link("back to the run", "/run", ("run", entry.name)), class_="lead"),
        drawing or tag("p", asked, ". This can take as long as the run did."),
        tag("h2", "Its requests around the first drift"),
        happened,
    )


def _described(entry: Entry) -> list[Markup]:
    about = str(entry.scenario.get("description") or "")
    links = [link("all runs", "/")]
    if entry.is_sweep or not entry.going_on:
        links += [link("report", "/report", ("run", entry.name))] if _has_report(entry) else []
    if not entry.is_sweep and entry.status == "complete":
        links += [link(f"{name} device", "/device", ("run", entry.name), ("device", name)) for name in _LINKED]
    return [*([tag("p", about)] if about else []), tag("nav", *links, aria_label="this run")]


def _has_report(entry: Entry) -> bool:
    path = entry.folder / "report.html"
    return path.is_file() and not path.is_symlink()


def _figures(entry: Entry) -> list[Markup]:
    """Return what a finished run or sweep shows, in words and figures."""
    try:
        sweep = as_sweep(open_folder(entry.folder))
    except RunError as error:
        return [tag("p", str(error), class_="warning")]
    made = [headline.shown(sweep), headline.at_a_glance(sweep), headline.figures_of_merit(sweep)]
    return [part for part in made if part]


def _settings(sweep: Entry, points: Sequence[Entry]) -> dict[str, list[Path]]:
    """Return the folders of the points of each setting: those that differ in the seed alone."""
    labels = {
        str(point["folder"]): " · ".join(map(str, point.get("values", {}).values())) or sweep.name
        for point in read_plan(sweep.folder).get("points", [])
    }
    found: dict[str, list[Path]] = {}
    for point in points:
        found.setdefault(labels[point.folder.name], []).append(point.folder)
    return found


def _live(entry: Entry) -> dict[str, str]:
    """Return the attributes of what grows while a run goes on."""
    pairs = urlencode([("run", entry.name)])
    return {"data_live": f"/curves?{pairs}", "class_": "live"} if entry.going_on else {"class_": "still"}


def _box(entry: Entry) -> Markup:
    if entry.is_sweep or not entry.summary:
        return Markup("")
    value, label = escaped(entry.name), escaped(f"compare {entry.name}")
    return Markup(f'<input type="checkbox" name="run" value="{value}" aria-label="{label}">')


def _cells(entry: Entry) -> list[Markup]:
    summary = entry.summary
    accuracy, requests = summary.get("accuracy"), summary.get("exchanges")
    return [
        tag("th", link(entry.name, "/run", ("run", entry.name)), scope="row"),
        tag("td", f"{entry.status}{' (sweep)' if entry.is_sweep else ''}", class_="text"),
        tag("td", f"{accuracy:.4f}" if isinstance(accuracy, float) else "-"),
        tag("td", f"{requests:,}" if isinstance(requests, int) else "-"),
        tag("td", written_moment(entry.changed)),
    ]


def _duration_s(entry: Entry) -> float:
    """Return how long a run is [s], from its scenario or else from its manifest."""
    try:
        return max(base_value(entry.scenario["duration"]), 1e-9)
    except (RunError, KeyError):
        pass
    try:
        return max(float(read_json(entry.folder / "manifest.json")["duration_s"]), 1e-9)
    except (RunError, KeyError, TypeError, ValueError):
        return 1.0


def _marks_s(entry: Entry) -> list[float]:
    """Return when drifts begin, of those whose time is written."""
    found = []
    for drift in entry.scenario.get("drift") or []:
        try:
            found.append(base_value(drift["at"]))
        except (RunError, KeyError, TypeError):
            continue
    return [at_s for at_s in found if 0.0 <= at_s <= _duration_s(entry)]


def _scrolled(inside: Markup, label: str) -> Markup:
    return tag("div", inside, class_="scroll", tabindex="0", role="group", aria_label=label)
