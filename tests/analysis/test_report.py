"""The report: self-contained, escaped, readable without its pictures."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from analysis.figures import FIGURES, write_figures
from analysis.html import SCRIPT, Markup, join, table, tag
from analysis.report import write_report
from analysis.sections.headline import opening
from analysis.sections.origin import runs
from analysis.sweeps import open_folder, open_sweep
from tests.analysis.conftest import SMALL
from tests.analysis.synthetic import write_run

pytestmark = pytest.mark.whole

HOSTILE = '<script>alert("x")</script>&$a$'


class Outline(HTMLParser):
    """Collect what a browser would find: tags, attributes, text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.ids: Counter[str] = Counter()
        self.labels: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags[name] += 1
        found = dict(attributes)
        if found.get("id"):
            self.ids[str(found["id"])] += 1
        if name == "svg":
            self.labels.append(found.get("aria-label") or "")

    def handle_data(self, words: str) -> None:
        self.words.append(words)


def outline(path: Path) -> Outline:
    return Outline(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def reports(
    run_folder: Path, timing_folder: Path, sweep_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Write one report of each kind, once."""
    root = tmp_path_factory.mktemp("reports")
    kinds = {"run": run_folder, "timing": timing_folder, "sweep": sweep_folder}
    copies = {kind: Path(shutil.copytree(folder, root / kind)) for kind, folder in kinds.items()}
    return {kind: write_report(folder, formats=["svg"]) for kind, folder in copies.items()}


@pytest.mark.parametrize("kind", ["run", "timing", "sweep"])
def test_a_report_needs_nothing_but_itself(kind: str, reports: dict[str, Path]) -> None:
    path = reports[kind]
    text, found = path.read_text(encoding="utf-8"), outline(path)
    assert path.name == "report.html"
    assert set(re.findall(r"https?://[^/\"' ]+", text)) <= {"http://www.w3.org"}
    assert {"link", "img", "iframe"}.isdisjoint(found.tags)
    assert found.tags["script"] == 1
    assert "<script>" + SCRIPT.read_text(encoding="utf-8") + "</script>" in text
    assert len(SCRIPT.read_bytes()) < 60_000
    assert max(found.ids.values()) == 1
    assert found.tags["figure"] == len(list((path.parent / "plots").glob("*.svg")))
    # Each figure has a wide and a narrow form, both with words for who cannot see them.
    assert len(found.labels) == 2 * found.tags["figure"]
    assert all(found.labels)
    assert [item for item in path.parent.iterdir() if item.name.startswith(".")] == []


def test_the_report_of_a_run_tells_its_numbers(reports: dict[str, Path]) -> None:
    words = " ".join(outline(reports["run"]).words)
    for expected in (
        "synthetic",
        "rotate 90 deg",
        "oracle - deployed",
        "seed 1",
        "d" * 16,
        "adapter: persona",
    ):
        assert expected in words
    for plate in ("accuracy", "regret", "links", "cloud"):
        assert FIGURES[plate].title in words
    assert "python run_sim.py run resolved.yaml --seed 1" in words


def test_the_report_of_a_sweep_compares_in_pairs(reports: dict[str, Path]) -> None:
    words = " ".join(outline(reports["sweep"]).words)
    assert "Difference to cloud_ft at the same lte up, paired by seed" in words
    assert "persona · 32 kbit/s" in words


def test_names_are_never_tags(tmp_path: Path) -> None:
    plan = replace(
        SMALL,
        name=HOSTILE,
        adapter=HOSTILE,
        cohorts={HOSTILE: 6, "b": 6},
        drift=[dict(SMALL.drift[0], label=HOSTILE)],
    )
    found = outline(write_report(write_run(tmp_path / "run", plan), formats=["svg"]))
    assert found.tags["script"] == 1, "the page's own"
    assert HOSTILE in found.words


def test_letters_that_the_font_lacks_do_not_break_a_figure(tmp_path: Path) -> None:
    subject = open_folder(write_run(tmp_path / "run", replace(SMALL, adapter="适应_$\\frac$")))
    assert len(write_figures(subject, tmp_path, names=["accuracy", "latency"])) == 4


def test_what_is_missing_is_said(sweep_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sweep_folder, tmp_path / "copy"))
    (folder / "point-0-2" / "STATUS").write_text("failed")
    (folder / "point-1-1" / "STATUS").write_text("partial")
    words = opening(open_sweep(folder))
    assert "Not in this report" in words
    assert "STATUS says partial; the tables end at 20 min" in words


def test_several_runs_share_a_file_where_you_are(
    timing_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    other = write_run(tmp_path / "other", replace(SMALL, timing_only=True, drift=(), seed=2, adapter="b"))
    assert write_report([timing_folder, other]) == Path("comparison.html")
    path = write_report([timing_folder, other], tmp_path / "both.html", formats=["png"])
    assert path.is_file()
    assert {item.suffix for item in (tmp_path / "both-plots").iterdir()} == {".svg", ".png"}
    assert not (timing_folder / "report.html").exists()


def test_many_runs_fold_away(sweep_folder: Path) -> None:
    sweep = open_sweep(sweep_folder)
    assert "<details>" not in runs(sweep)
    crowd = replace(sweep, groups=sweep.groups * 4)
    assert "<summary>48 runs</summary>" in runs(crowd)


def test_elements_escape_what_is_not_markup() -> None:
    assert tag("p", "a < b", tag("b", "&")) == "<p>a &lt; b<b>&amp;</b></p>"
    assert tag("p", class_='x"y', aria_label="z") == '<p class="x&quot;y" aria-label="z"></p>'
    assert join("<", Markup("<br>")) == "&lt;<br>"
    assert tag("p", "a\x1b[31m\u202eb", id="\x07") == '<p id="\ufffd">a\ufffd[31m\ufffdb</p>'
    assert '<th scope="row">&lt;i&gt;</th>' in table(["h"], [["<i>", "1"]])
