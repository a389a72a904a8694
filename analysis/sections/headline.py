"""What a report opens with: what was played, and its figures of merit."""

from __future__ import annotations

from collections.abc import Sequence

from agents.contract.amounts import time_in_words
from analysis.compare import (
    Comparison,
    comparison,
    outcome_words,
    paired_words,
    spread_words,
    standing,
    titled,
    with_interval,
)
from analysis.html import Markup, join, table, tag
from analysis.idle import idle_notes
from analysis.metrics import METRICS
from analysis.ranking import SUMMED
from analysis.runs import Run
from analysis.statistics import Interval
from analysis.sweeps import Sweep, short_axis
from analysis.takeaways import takeaways
from analysis.theory import partings
from analysis.windows import PLAIN

# Two tables side by side would not fit a page: what the devices got, and what it cost.
QUALITY = (
    "accuracy",
    "accuracy_after_drift",
    "adaptation_area",
    "accuracy_static",
    "accuracy_oracle",
    *(f"accuracy_{name}" for name in PLAIN),
    "ahead_of_oracle",
    "gain",
    "regained",
    "worst_decile",
    *SUMMED,
    "recovery_s",
    "recovery_mean_s",
    "censored_share",
)
FACETS = (QUALITY, tuple(name for name in METRICS if name not in QUALITY))


def opening(sweep: Sweep) -> Markup:
    """Return the name of the study, one line on what it ran, and warnings of missing data."""
    first = sweep.runs[0]
    words = _one_run(first) if len(sweep.runs) == 1 else _many_runs(sweep)
    question = str(first.resolved.get("description") or "")
    parts = [tag("h1", sweep.name), *([tag("p", question)] if question else []), tag("p", words, class_="lead")]
    parts += [tag("p", f"Not in this report: {gap}", class_="warning") for gap in sweep.gaps]
    parts += [tag("p", note, class_="warning") for note in [*idle_notes(sweep.runs), *partings(sweep)]]
    for run in sweep.runs:
        if run.status != "complete":
            stop = time_in_words(run.played_s)
            note = f"{run.folder.name}: STATUS says {run.status}; the tables end at {stop}."
            parts.append(tag("p", note, class_="warning"))
    return join(*parts)


def shown(sweep: Sweep) -> Markup | None:
    """Say in sentences what the study shows; None for a single setting."""
    sentences = takeaways(sweep, comparison(sweep))
    items = [tag("li", sentence) for sentence in sentences]
    return join(tag("h2", "What it shows"), tag("ul", *items, class_="takeaways")) if items else None


def at_a_glance(sweep: Sweep) -> Markup | None:
    """Show a single setting as cards."""
    return _cards(comparison(sweep)) if len(sweep.groups) == 1 else None


def figures_of_merit(sweep: Sweep) -> Markup | None:
    """Show several settings as tables with differences paired by seed."""
    if len(sweep.groups) == 1:
        return None
    result = comparison(sweep)
    parts = [tag("h2", "Figures of merit")]
    for names in FACETS:
        shown = [name for name in result.metrics if name in names]
        if shown:
            parts += [_values(sweep, result, shown), _differences(sweep, result, shown)]
    return join(*parts)


def _one_run(run: Run) -> str:
    method = run.manifest.get("method", {})
    timing = bool(run.manifest.get("timing_only"))
    # Where no tensor exists, nothing is encoded.
    roles = ("adapter", "trigger") if timing else ("adapter", "trigger", "codec", "update_codec")
    parts = ["timing only"] * timing + [
        f"{role.replace('_', ' ')} {method[role]}" for role in roles if method.get(role)
    ]
    count = run.manifest.get("devices") or len(run.devices)
    return " · ".join([*parts, f"{count:,} devices", time_in_words(run.duration_s), f"seed {run.seed}"])


def _many_runs(sweep: Sweep) -> str:
    axes = f" over {' and '.join(short_axis(axis) for axis in sweep.axes)}" if sweep.axes else ""
    seeds = sorted({len(group.runs) for group in sweep.groups})
    count = "-".join(map(str, seeds))
    plural = "s" if seeds != [1] else ""
    settings = f"{len(sweep.groups)} setting{'s' if len(sweep.groups) > 1 else ''}"
    parts = [f"{settings}{axes}", f"{count} seed{plural} each", f"{time_in_words(sweep.duration_s)} of virtual time"]
    return " · ".join([*parts, *sweep.shortened])


def _cards(result: Comparison) -> Markup:
    row = result.rows[0]
    cards = []
    for name in result.metrics:
        metric = METRICS[name]
        value = join(with_interval(metric, row.values[name]), " ", tag("small", metric.unit))
        cards.append(tag("div", tag("dt", metric.label), tag("dd", value), class_="card"))
    return tag("dl", *cards, class_="cards")


def _values(sweep: Sweep, result: Comparison, names: Sequence[str]) -> Markup:
    head = [_corner(sweep), *(titled(METRICS[name]) for name in names)]
    rows = [
        [row.label, *(with_interval(METRICS[name], row.values[name], of=len(row.seeds)) for name in names)]
        for row in result.rows
    ]
    spread = spread_words(sweep.seeds) or "one seed each, no interval"
    return table(head, rows, f"Each setting: {spread}; shares never leave 0 to 100 %.")


def _differences(sweep: Sweep, result: Comparison, shown: Sequence[str]) -> Markup:
    """Show paired differences; strong are those that still stand when the whole table is tested at once."""
    names = [name for name in shown if METRICS[name].better and METRICS[name].pooled is None]
    rows, stands = [], standing(result, names)
    for row in result.rows:
        if row.differences:
            pairs = max(row.differences[name].n for name in names)
            cells = [_difference(name, row.differences[name], (row.label, name) in stands) for name in names]
            rows.append([row.label, str(pairs), *cells])
    if not rows:
        return Markup("")
    words = paired_words(result)
    note = f"{words[0].upper()}{words[1:]}; strong where clear of zero with Holm's correction over this table."
    return table([_corner(sweep), "pairs", *(titled(METRICS[name]) for name in names)], rows, note)


def _difference(name: str, interval: Interval, stands: bool) -> str:
    shown = with_interval(METRICS[name], interval, signed=True)
    if outcome_words(name, interval) == "as good":
        return f"{shown} (as good)"
    return tag("strong", shown) if stands else shown


def _corner(sweep: Sweep) -> str:
    return " · ".join(short_axis(axis) for axis in sweep.axes) or "run"
