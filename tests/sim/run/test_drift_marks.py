from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from agents.drift.transforms import TRANSFORMS
from agents.tasks import TASKS
from sim.run.drift_marks import MOST_MARKS, drift_marks
from sim.scenario import load


def marks(tmp_path: Path, task: Any = None, **line: Any) -> list[dict[str, Any]]:
    whole = {
        "version": 1,
        "duration": "600 s",
        "task": task or {"data": "digits"},
        "fleet": [{"cohort": "phones", "devices": 1, "samples": {"every": "1 s"}}],
        "drift": [line],
    }
    file = tmp_path / "scenario.yaml"
    file.write_text(yaml.safe_dump(whole), encoding="utf-8")
    return drift_marks(load(file))


@pytest.mark.parametrize(
    ("line", "span_s"),
    [
        ({"kind": "sudden", "to": {}}, (100, 100)),
        ({"kind": "sudden", "to": {}, "wave": {"crosses_fleet_in": "50 s"}}, (100, 150)),
        ({"kind": "gradual", "over": "20 s", "to": {}, "groups": {"count": 3, "apart": "40 s"}}, (100, 200)),
        ({"kind": "blip", "for": "30 s", "to": {}, "independent": {"within": "10 s"}}, (100, 140)),
        ({"kind": "random_walk", "every": "1 s", "to": {}}, (100, 600)),
        ({"kind": "incremental", "over": "9 min", "to": {}}, (100, 600)),
    ],
)
def test_a_mark_lasts_as_long_as_anybody_is_on_the_way(
    tmp_path: Path, line: dict[str, Any], span_s: tuple[float, float]
) -> None:
    (mark,) = marks(tmp_path, at="100 s", **line)
    assert (mark["at_s"], mark["until_s"]) == span_s


def test_concepts_are_named_in_a_few_words(tmp_path: Path) -> None:
    to = {
        "rotate": "90 deg",
        "translate": [0.1, 0],
        "noise": {"severity": 3},
        "invert": True,
        "arrivals": 2,
        "labels": {"dirichlet": 0.5, "swap": [[0, 1]]},
    }
    (mark,) = marks(tmp_path, at="1 s", kind="sudden", to=to)
    reported = "rotate 90°, translate 0.1 0, invert, noise severity 3, arrivals 2, labels swap, labels dirichlet 0.5"
    assert mark["label"] == reported


@pytest.mark.parametrize("name", TRANSFORMS)
def test_every_transform_has_a_label(name: str, tmp_path: Path) -> None:
    value = {"rotate": "90 deg", "shear": "5 deg", "boundary": "9 deg", "translate": [0.1, 0], "missing": ["front"]}
    data = next(kind for kind, row in TASKS.items() if name in row.transforms and not row.is_file)
    to = {name: value.get(name, True if TRANSFORMS[name].value is bool else 1)}
    model = "sasrec" if "items" in TASKS[data].gives else "logistic"
    (mark,) = marks(tmp_path, {"data": data, "model": model}, at="1 s", kind="sudden", to=to)
    assert name.replace("_", " ") in mark["label"]


def test_a_view_that_goes_missing_is_named(tmp_path: Path) -> None:
    (mark,) = marks(tmp_path, {"data": "digit_pairs"}, at="1 s", kind="sudden", to={"missing": ["front", "side"]})
    assert mark["label"] == "missing front side"


def test_a_recurring_drift_has_a_mark_for_each_switch_unless_they_are_too_many(tmp_path: Path) -> None:
    between = [{"rotate": "90 deg"}, {}]
    few = marks(tmp_path, at="0 s", kind="recurring", every="150 s", between=between)
    assert [(mark["at_s"], mark["label"]) for mark in few] == [
        (0, "rotate 90°"),
        (150, "original concept"),
        (300, "rotate 90°"),
        (450, "original concept"),
    ]
    (many,) = marks(tmp_path, at="0 s", kind="recurring", every=f"{600 / (2 * MOST_MARKS)} s", between=between)
    assert (many["until_s"], many["label"]) == (600, "rotate 90° / original concept")
