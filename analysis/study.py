"""The tables of a study: several sweeps, each against its base, with a correction over each table.

A study asks the same questions of every sweep: how accurate after drift, how soon, for how many bytes and joules, and
where devices were worse off than without any update.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.compare import Comparison, Row, comparison, first_of, outcome_words, titled, with_interval
from analysis.figures.differences import write
from analysis.metrics import METRICS
from analysis.pairing import STATIC
from analysis.significance import holm, p_value
from analysis.sweeps import Sweep, short_axis
from analysis.writing import markdown_table

#: What settings are compared by: the first of these that all of them have.
FIRST = ("auroc", "ndcg_10", "accuracy_after_drift", "accuracy")
#: What stands beside detection, where nothing adapts; beside all else; and what follows where some settings detect.
BESIDE_DETECTION = ("fpr_95",)
BESIDE = (
    "adaptation_area",
    "recovery_mean_s",
    "censored_share",
    "harm",
    "up_bytes",
    "down_bytes",
    "bytes_per_point",
    "joules_per_point",
)
DETECTION = ("auroc", "fpr_95")
#: What says whether the base of a table is itself better than no method at all.
GAIN = "gain"


@dataclass(frozen=True)
class StudyTable:
    """One sweep of a study: its comparison, and the metric that its settings are compared by."""

    name: str
    result: Comparison
    first: str

    def tests(self) -> Iterator[tuple[str, float]]:
        """Yield the label of each setting that has a base, and the p value of its difference."""
        for row in self.result.rows:
            if self.first in row.differences:
                yield row.label, p_value(row.differences[self.first])


def study_tables(sweeps: Mapping[str, Sweep]) -> list[StudyTable]:
    """Compare the settings of each sweep with the first value of the axis of its method, or with `static`."""
    made = []
    for name, sweep in sweeps.items():
        result = comparison(sweep, [*FIRST, *BESIDE, *BESIDE_DETECTION, GAIN])
        made.append(StudyTable(name, result, first_of(result, FIRST)))
    return made


def standing_in(table: StudyTable) -> set[str]:
    """Return the labels whose differences stand when all of a table are tested at once (Holm, 1979).

    A table is a family of tests, because it asks one question: what stands there depends on no other sweep, and not on
    which sweeps were played together.
    """
    tests = list(table.tests())
    stand = holm([value for _, value in tests])
    return {label for (label, _), stands in zip(tests, stand, strict=True) if stands}


def written_tables(tables: Sequence[StudyTable]) -> dict[str, str]:
    """Return each table as Markdown, by its name."""
    return {table.name: _markdown(table, standing_in(table)) for table in tables}


def _markdown(table: StudyTable, stand: set[str]) -> str:
    beside = BESIDE_DETECTION if table.first == "auroc" else (*BESIDE, *DETECTION)
    result, names = table.result, [one for one in beside if one in table.result.metrics]
    axes = [short_axis(axis) for axis in result.axes] or ["setting"]
    heads = [*axes, "n", titled(METRICS[table.first]), "difference", "shows", *(titled(METRICS[one]) for one in names)]
    rows = [_cells(table, row, names, row.label in stand) for row in result.rows]
    base = f"Differences are to {result.base}, paired by seed; " if result.base else ""
    note = f"{base}intervals are 95 % (Student's t); what shows stands after Holm's correction over the table."
    note = " ".join([note, *_base_over_static(table), *(f"{one}." for one in result.shortened)])
    return f"{note}\n\n{markdown_table(heads, rows)}"


def _base_over_static(table: StudyTable) -> Iterator[str]:
    """Yield a sentence on how far the base of a table is from `static`, where it is not that one, and was judged so."""
    if table.result.base in (None, STATIC) or GAIN not in table.result.metrics:
        return
    found = [row.values[GAIN] for row in table.result.rows if table.first not in row.differences]
    gains = sorted((one for one in found if one.n), key=lambda one: one.mean)
    if gains:
        ends = dict.fromkeys(with_interval(METRICS[GAIN], one, signed=True) for one in (gains[0], gains[-1]))
        yield f"{table.result.base} itself is at {' to '.join(ends)} points of accuracy over {STATIC}."


def written_figures(tables: Sequence[StudyTable], files: Callable[[str], Sequence[Path]]) -> set[str]:
    """Draw the differences of each table into the files of its name; return the names of those that have any."""
    return {one.name for one in tables if write(one.result, one.first, standing_in(one), files(one.name))}


def _cells(table: StudyTable, row: Row, names: Sequence[str], stands: bool) -> list[str]:
    seeds, difference = len(row.seeds), row.differences.get(table.first)
    metric = METRICS[table.first]
    shown = with_interval(metric, difference, signed=True) if difference and difference.n else ""
    words = outcome_words(table.first, difference, stands) if difference else ""
    setting = list(row.setting.values()) or [row.label]
    others = [with_interval(METRICS[name], row.values[name], of=seeds) for name in names]
    return [*setting, str(seeds), with_interval(metric, row.values[table.first], of=seeds), shown, words, *others]
