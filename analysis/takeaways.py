"""What a study shows, in sentences made from its comparison: what is clear of zero, what is not, and what would be.

Every sentence says no more than its interval. Where accuracy was lost is an account of what devices waited for; a
cause is what comes back when a factor is removed, and that is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence

from analysis.compare import Comparison, Row, standing, verdict_of, with_interval
from analysis.idle import silent
from analysis.metrics import METRICS, main_metric
from analysis.regret import WAITS, regret_intervals
from analysis.significance import MARGIN, Verdict, seeds_to_decide
from analysis.statistics import Interval
from analysis.sweeps import Sweep, short_axis

POINTS = METRICS["accuracy"]._replace(unit="points")
MOST = 12


def takeaways(sweep: Sweep, result: Comparison) -> list[str]:
    """Return what several settings show, most important first; nothing for a single setting."""
    if len(result.rows) < 2:
        return []
    name = main_metric(sweep.runs)
    if name not in result.metrics:
        return []
    found = [*_compared(result, name), *_never_updating(result), *_recovered(result), *_lost(sweep)]
    return [*found[:MOST], *_few_seeds(result)]


def _compared(result: Comparison, name: str) -> list[str]:
    """Say of each value of the compared axis how it does against the base, over all that is held."""
    stands = standing(result, [name])
    by_value: dict[str, list[Row]] = {}
    for row in result.rows:
        if name in row.differences and row.differences[name].n:
            words = " · ".join(row.setting[axis] for axis in result.moving if axis in row.setting)
            by_value.setdefault(words or row.label, []).append(row)
    return [_against(result, name, value, rows, stands) for value, rows in by_value.items()]


def _against(result: Comparison, name: str, value: str, rows: Sequence[Row], stands: set[tuple[str, str]]) -> str:
    parts = [f"{_where(result, row)}{_one(name, row, (row.label, name) in stands)}" for row in rows]
    return f"{value} against {result.base} in {METRICS[name].label}: {'; '.join(parts)}."


def _where(result: Comparison, row: Row) -> str:
    places = [f"{short_axis(axis)} {row.setting[axis]}" for axis in result.held]
    return f"at {', '.join(places)} " if result.by and places else ""


def _one(name: str, row: Row, stands: bool) -> str:
    """Write one difference and what it shows."""
    difference, metric = row.differences[name], METRICS[name]
    unit = "points" if metric.unit == "%" else metric.unit
    shown = f"{with_interval(metric, difference, signed=True)} {unit}"
    if difference.n < 2:
        return f"{shown} in one seed, which shows nothing about chance"
    found = verdict_of(name, difference)
    if found in (Verdict.ABOVE, Verdict.BELOW):
        return f"{shown}, {'clear of zero' if stands else 'not clear of zero once all are tested (Holm)'}"
    if found is Verdict.EQUIVALENT:
        return f"{shown}, as good within {100 * MARGIN:g} points"
    if found is Verdict.SAME:
        return f"{shown} in every seed"
    return f"{shown}, undecided{_needed(difference)}"


def _needed(difference: Interval) -> str:
    seeds = seeds_to_decide(difference)
    return f" ({seeds} seeds would do if the spread stays)" if seeds else ""


def _never_updating(result: Comparison) -> list[str]:
    """Name the settings that are not better than the model that never changes."""
    if "gain" not in result.metrics:
        return []
    gains = {row.label: row.values["gain"] for row in result.rows if row.values["gain"].n > 1}
    worse = [label for label, gain in gains.items() if verdict_of("gain", gain) is Verdict.BELOW]
    open_ = [label for label, gain in gains.items() if verdict_of("gain", gain) is Verdict.UNDECIDED]
    words = [f"Worse than never updating: {', '.join(worse)}."] if worse else []
    return words + ([f"Not shown to be better than never updating: {', '.join(open_)}."] if open_ else [])


def _recovered(result: Comparison) -> list[str]:
    notes = [(row.label, row.values["recovery_s"].note) for row in result.rows if "recovery_s" in row.values]
    kept = [f"{label} {note}" for label, note in notes if note]
    if len(kept) == len(notes) > 1 and len({note for _, note in notes}) == 1:
        return [f"Drifts not recovered while watched, in each setting: {notes[0][1].removesuffix(' not recovered')}."]
    return [f"Drifts not recovered while watched: {'; '.join(kept)}."] if kept else []


def _lost(sweep: Sweep) -> list[str]:
    """Say for each setting what devices waited for when most was lost: an account, not a cause."""
    found = []
    for group in sweep.judged:
        shares = regret_intervals(group.runs)
        # That a model which is never to be updated waits for nothing else says nothing.
        if shares is None or all(map(silent, group.runs)):
            continue
        total = sum(part.mean for part in shares.values())
        waits = {part: share.mean for part, share in shares.items() if part in WAITS}
        most = max(waits, key=lambda phase: waits[phase])
        if total > MARGIN and waits[most] > 0.25 * total:
            lost = f"{POINTS.show(total)} points lost to the oracle, {POINTS.show(waits[most])}"
            found.append(f"{group.label}: of {lost} while {WAITS[most]}.")
    return found


def _few_seeds(result: Comparison) -> list[str]:
    fewest = min(len(row.seeds) for row in result.rows)
    return [] if fewest > 1 else ["One seed each: no interval, and nothing here is clear of chance (sweep seeds: 5)."]
