"""Tables of tuning: settings of one method on validation streams, its defaults first, and which of them is chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.compare import Comparison, Row, comparison, first_of, outcome_words, standing, titled, with_interval
from analysis.metrics import METRICS
from analysis.sweeps import Sweep
from analysis.writing import markdown_table

#: What settings are chosen by, the first of these that all of them have, over the whole stream: what does harm before
#: anything has drifted pays for it.
BY = ("ndcg_10", "accuracy")
BESIDE = ("accuracy_after_drift", "gain", "harm")


@dataclass(frozen=True)
class Tuning:
    """One sweep of tuning: its settings beside the first one, the defaults."""

    name: str
    result: Comparison

    @property
    def by(self) -> str:
        """What the settings are chosen by."""
        return first_of(self.result, BY)

    @property
    def default(self) -> Row:
        return self.result.rows[0]

    @property
    def stand(self) -> set[str]:
        """Return the labels whose differences stand within this table (Holm, 1979)."""
        return {label for label, _ in standing(self.result, [self.by])}

    @property
    def chosen(self) -> Row:
        """Return the best of the settings that are better than the defaults, and the defaults if none is."""
        stand, by = self.stand, self.by
        better = [row for row in self.result.rows if row.label in stand and row.differences[by].mean > 0]
        return max(better, key=lambda row: row.values[by].mean, default=self.default)

    @property
    def best(self) -> Row | None:
        """Return the best setting beside the defaults, whether it stands or not."""
        others = self.result.rows[1:]
        return max(others, key=lambda row: row.values[self.by].mean, default=None)


def tunes(sweep: Sweep) -> bool:
    """Return whether all that a sweep played are validation streams: then it tunes, and compares nothing."""
    return all(_streams(run.resolved) == "validation" for run in sweep.runs)


def _streams(scenario: Mapping[str, Any]) -> str:
    task = scenario.get("task")
    data = task.get("data") if isinstance(task, Mapping) else None
    return str(data.get("streams", "")) if isinstance(data, Mapping) else ""


def tuning_of(name: str, sweep: Sweep) -> Tuning:
    """Compare the settings of a sweep with its first."""
    return Tuning(name, comparison(sweep, [*BY, *BESIDE], base=sweep.groups[0].label))


def written_tunings(tunings: Sequence[Tuning], whole: bool = True, before: str = "") -> dict[str, str]:
    """Return each table as Markdown by its name; of several, if all, also ``summary``: a row for each.

    Where not all are given, ``before`` is the summary as it stood: rows of others stay.
    """
    named = {one.name: _written(one) for one in tunings}
    summed_up = len(tunings) > 1 if whole else bool(tunings and before)
    return ({"summary": _summary(tunings, "" if whole else before)} if summed_up else {}) | named


def _written(tuned: Tuning) -> str:
    by, stand, chosen = tuned.by, tuned.stand, tuned.chosen.label
    beside = [one for one in BESIDE if one in tuned.result.metrics]
    heads = ["setting", "n", titled(METRICS[by]), "difference", "shows", *(titled(METRICS[one]) for one in beside)]
    rows = [
        [
            row.label,
            str(len(row.seeds)),
            with_interval(METRICS[by], row.values[by]),
            *_difference(row, by, row.label in stand),
            *(with_interval(METRICS[name], row.values[name], of=len(row.seeds)) for name in beside),
            "chosen" if row.label == chosen else "",
        ]
        for row in tuned.result.rows
    ]
    return markdown_table([*heads, "chosen"], rows)


def _summary(tunings: Sequence[Tuning], before: str) -> str:
    heads = ["method", "n", "defaults [%]", "best of the others", "difference", "shows", "chosen"]
    rows = {cells[0]: cells for cells in _rows_of(before) if cells != heads and len(cells) == len(heads)}
    for one in tunings:
        by, best, settings = one.by, one.best, (one.default.label, one.chosen.label)
        other = [best.label, *_difference(best, by, best.label in one.stand)] if best else ["", "", ""]
        chosen = "the defaults" if settings[0] == settings[1] else settings[1]
        seeds = str(len(one.default.seeds))
        rows[one.name] = [one.name, seeds, with_interval(METRICS[by], one.default.values[by]), *other, chosen]
    return markdown_table(heads, [rows[name] for name in sorted(rows)])


def _rows_of(table: str) -> Iterator[list[str]]:
    """Yield the cells of each line of a Markdown table, without the line below its heads."""
    for line in table.splitlines():
        if line.startswith("| ") and not line.startswith("| --- "):
            yield [cell.strip() for cell in line.strip().strip("|").split("|")]


def _difference(row: Row, by: str, stands: bool) -> list[str]:
    found = row.differences.get(by)
    if found is None or not found.n:
        return ["", ""]
    return [with_interval(METRICS[by], found, signed=True), outcome_words(by, found, stands)]
