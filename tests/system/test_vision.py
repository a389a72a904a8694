"""Images from files, from the scenario to the run folder: what is judged, how exactly, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from image_files import write_pictures
from run_commands import Run, play_file, scenario_of

import run_sim
from agents.models.base import Base
from agents.models.making import make_net
from agents.models.training import pretrain
from agents.seeding import Purpose, rng
from agents.streams.arrivals import Arrivals
from agents.streams.base import BlockId
from agents.tasks.images.task import Images
from agents.tasks.making import make_task
from sim.run.fleet_spec import fleet_spec
from sim.scenario import load

Shown = Callable[..., Run]
STATIC = "method.adapter=static"


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """Return the scenario, beside an archive of pictures."""
    write_pictures(tmp_path / "pictures.npz")
    (tmp_path / "images.yaml").write_text(scenario_of("images").read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path / "images.yaml"


def test_a_frozen_model_is_judged_as_by_plain_evaluation(scenario: Path, tmp_path: Path) -> None:
    run = play_file(scenario, tmp_path / "run", (STATIC,))
    spec = fleet_spec(load(scenario, (STATIC,)), ())
    task = make_task(spec)
    assert isinstance(task, Images)
    base = pretrain(task.history(), make_net("cnn", (1, 8, 8), 3, spec.model_options), spec.pretrain, spec.seed)
    right = np.stack([verdicts(task, base, concept) for concept in range(len(task.concepts))])
    expected = np.zeros(6, int)
    for block in range(2):
        place, arrivals = BlockId(0, block, 256), Arrivals(spec.seed, spec.cohorts[0])
        for index in range(int(np.ceil(60 / arrivals.chunk_s))):
            cell = arrivals.chunk(place, index)[0]
            time_s = cell.time_s
            content = task.draw(cell, rng(spec.seed, Purpose.CONTENT, 0, block, index))
            concept, image = np.divmod(content.ref, task.pool_size)
            seen = (time_s <= 60.0) & (np.arange(256)[:, None] + 256 * block < 300)
            tick = np.ceil(time_s[seen] / 10.0).astype(int) - 1
            expected += np.bincount(tick, right[concept, image][seen], minlength=6).astype(int)
    assert (run.windows["correct"] == expected).all()
    assert (run.windows["correct_static"] == expected).all()
    assert run.windows["correct"].sum() < run.windows["correct_oracle"].sum()


def verdicts(task: Images, base: Base, concept: int) -> np.ndarray:
    """Return which images of the pool the base gets right, one image at a time through the whole net."""
    predicted = [base.head.forward(base.layers, base.features(image[None, None])) for image in task.pool(concept)]
    return (torch.cat(predicted)[:, 0].argmax(1).numpy() == task.pool_labels[concept]).astype(int)


def test_lazy_and_eager_play_give_one_digest(scenario: Path, tmp_path: Path) -> None:
    lazy = play_file(scenario, tmp_path / "lazy", ())
    assert lazy.summary["installed"] > 500
    assert play_file(scenario, tmp_path / "eager", (), eager=True).digest == lazy.digest


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("pictures.npz", "gone.npz", "task.data.path: there is no file 'gone.npz'"),
        ("path: pictures.npz", "path: junk.npz", r"task.data: \S+junk.npz: is no whole NumPy archive"),
        ("kind: npz, path: pictures.npz", "kind: idx, path: .", "task.data: .* holds no pair"),
        (
            "kind: npz, path: pictures.npz",
            "kind: cifar, path: pictures.npz",
            "task.data: .* name a file within the zip",
        ),
        ("path: pictures.npz", "path: pictures.npz, evaluation: 5000", "task.data.evaluation: 5,000 images"),
        ("{rotate: 90 deg}, ", "{labels: {swap: [[0, 3]]}}, ", "task.data.contexts: labels.swap"),
        ("to: {rotate: 90 deg}", "to: {labels: {prior: [0.5, 0.5]}}", "drift.0: labels.prior"),
        ("layers: 2", "layers: 3", "task.model.layers: 3 leaves no dense trunk"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line_and_leaves_nothing(
    scenario: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    old: str,
    new: str,
    said: str,
) -> None:
    text = scenario.read_text(encoding="utf-8").replace("hidden: [16, 16]", "hidden: [16, 16], layers: 2")
    assert old in text
    scenario.write_text(text.replace(old, new, 1), encoding="utf-8")
    (scenario.parent / "junk.npz").write_bytes(b"PK but no archive")
    monkeypatch.chdir(scenario.parent)
    for command in ("run", "sweep"):
        assert run_sim.main([command, "images.yaml", "--quiet"]) == 2
        out, err = capsys.readouterr()
        assert (out, len(err.splitlines())) == ("", 1)
        assert re.match(rf"images\.yaml:\d+:\d+: {said}", err), err
        left = {path.name for path in scenario.parent.rglob("*")}
        assert left <= {"images.yaml", "pictures.npz", "junk.npz", "runs"}
