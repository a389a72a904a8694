"""Accuracies of whole runs against the normal tail: what a Bayes rule and a static one must score at every time.

The clouds' means are at -1 and 1 on the first axis, their spread is 1; the static rule's boundary is the second
axis. A mean turned by a is at distance cos(a) from it, a mean shifted by s at 1 + s or 1 - s.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from run_commands import RunScenario, Table
from scipy.stats import norm

AT_S, END_S = 20.0, 80.0
#: A head fitted to 20,000 samples misses the best boundary by a hair: second order in an error of a hundredth.
FITTED = 2e-3
#: The concept -> (accuracy of the rule that was best before, best accuracy there can be).
CONCEPTS = {
    "rotate: 60 deg": (norm.cdf(0.5), norm.cdf(1)),
    "rotate: 90 deg": (0.5, norm.cdf(1)),
    "rotate: 180 deg": (norm.cdf(-1), norm.cdf(1)),
    "shift: 0.7": ((norm.cdf(1.7) + norm.cdf(0.3)) / 2, norm.cdf(1)),
    "noise: 1.0": (norm.cdf(1 / np.sqrt(2)), norm.cdf(1 / np.sqrt(2))),
    "labels: {swap: [[0, 1]]}": (norm.cdf(-1), norm.cdf(1)),
    "labels: {prior: [0.5, 0.5]}": (norm.cdf(1), norm.cdf(1)),
    "labels: {prior: [0.9, 0.1]}": (norm.cdf(1), None),
}


def best_with_prior(first: float) -> float:
    """Return the best accuracy where the first cloud has this prior (Fukunaga, 1990, 3.1: a shifted threshold)."""
    tilt = np.log(first / (1 - first)) / 2
    return float(first * norm.cdf(1 + tilt) + (1 - first) * norm.cdf(1 - tilt))


def assert_share(correct: np.ndarray, samples: np.ndarray, truth: float, slack: float = 0.0) -> None:
    """Check a share of successes: within four standard errors of the truth, and ``slack`` more.

    Four, because about a hundred windows are held against their truth here.
    """
    count = int(samples.sum())
    error = np.sqrt(truth * (1 - truth) / count)
    assert correct.sum() / count == pytest.approx(truth, abs=4 * error + slack)


@pytest.mark.parametrize("concept", CONCEPTS)
def test_static_and_oracle_score_what_the_normal_tail_predicts(play: RunScenario, concept: str) -> None:
    static, best = CONCEPTS[concept]
    windows = play("gaussians", f"drift.0.to={{{concept}}}").windows
    after = windows["t_s"] > AT_S
    before = ~after
    for rows, of_static, of_oracle in (
        (before, norm.cdf(1), norm.cdf(1)),
        (after, static, best_with_prior(0.9) if best is None else best),
    ):
        samples = windows["samples"][rows]
        assert_share(windows["correct_static"][rows], samples, float(of_static), FITTED)
        assert_share(windows["correct_oracle"][rows], samples, float(of_oracle))
    assert windows["correct"].tolist() == windows["correct_static"].tolist()


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_the_oracle_is_never_below_bayes(play: RunScenario, classes: int) -> None:
    run = play("gaussians", f"task.data.classes={classes}", "drift.0.to={rotate: 40 deg}")
    windows, truth = run.windows, by_simulation(classes)
    samples = int(windows["samples"].sum())
    error = np.sqrt(truth * (1 - truth) / samples + truth * (1 - truth) / 1_000_000)
    assert windows["correct_oracle"].sum() / samples >= truth - 3 * error
    assert run.summary["accuracy_oracle"] >= run.summary["accuracy_static"]


def by_simulation(classes: int) -> float:
    """Return the share of normal samples about the corners of a polygon that are nearest to their own corner."""
    angle = 2 * np.pi * np.arange(classes) / classes
    means = np.stack([np.cos(angle), np.sin(angle)], 1) / np.sin(np.pi / classes)
    x = means[0] + np.random.default_rng(1).standard_normal((1_000_000, 2))
    return float((((x[:, None] - means) ** 2).sum(-1).argmin(1) == 0).mean())


def test_static_accuracy_falls_step_by_step_as_the_world_turns(play: RunScenario) -> None:
    turn = "{at: 20 s, kind: incremental, over: 60 s, steps: 6, to: {rotate: 180 deg}}"
    windows = play("gaussians", f"drift=[{turn}]").windows
    steps = np.clip(np.ceil((windows["t_s"] - AT_S) / 10), 0, 6)
    for row, truth in enumerate(norm.cdf(np.cos(np.pi * steps / 6))):
        assert_share(*one(windows, row, "correct_static"), float(truth), FITTED)
        assert_share(*one(windows, row, "correct_oracle"), float(norm.cdf(1)))


@pytest.mark.parametrize(
    ("motion", "margins"),
    [
        ("rotate: 180 deg/min", lambda t_s: (np.cos(np.pi * t_s / 60), np.cos(np.pi * t_s / 60))),
        ("shift: 1.5 /min", lambda t_s: (1 + t_s / 40, 1 - t_s / 40)),
    ],
)
def test_static_accuracy_falls_as_predicted_under_steady_motion(
    play: RunScenario, motion: str, margins: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
) -> None:
    data = f"task.data={{kind: gaussians, distance: 2.0, {motion}}}"
    windows = play("gaussians", data, "drift=[]").windows
    for row, until_s in enumerate(windows["t_s"]):
        truth = np.mean(norm.cdf(margins(until_s - np.linspace(0, 10, 1001))))
        assert_share(*one(windows, row, "correct_static"), float(truth), FITTED)
        assert_share(*one(windows, row, "correct_oracle"), float(norm.cdf(1)))


MIXINGS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": lambda part: part,
    "sigmoid": lambda part: logistic(part),
}


@pytest.mark.parametrize("mixing", MIXINGS)
def test_static_accuracy_falls_as_a_new_concept_mixes_in(play: RunScenario, mixing: str) -> None:
    mix = f"{{at: 20 s, kind: gradual, over: 60 s, mixing: {mixing}, to: {{labels: {{swap: [[0, 1]]}}}}}}"
    windows = play("gaussians", f"drift=[{mix}]").windows
    for row, until_s in enumerate(windows["t_s"]):
        part = np.clip((until_s - AT_S - np.linspace(0, 10, 1001)) / 60, 0, 1)
        new = float(np.mean(MIXINGS[mixing](part)))
        truth = (1 - new) * norm.cdf(1) + new * norm.cdf(-1)
        assert_share(*one(windows, row, "correct_static"), float(truth), FITTED)


def logistic(part: np.ndarray) -> np.ndarray:
    """Return the logistic curve from -6 to 6, scaled to run from 0 to 1."""
    low, high = 1 / (1 + np.exp(6)), 1 / (1 + np.exp(-6))
    return np.asarray((1 / (1 + np.exp(6 - 12 * part)) - low) / (high - low))


def one(windows: Table, row: int, column: str) -> tuple[np.ndarray, np.ndarray]:
    """Return (a count of correct predictions, samples) of one window."""
    return windows[column][row : row + 1], windows["samples"][row : row + 1]


def test_a_drift_of_half_the_fleet_moves_exactly_those_devices(play: RunScenario) -> None:
    devices = play("gaussians", "drift.0.to={labels: {swap: [[0, 1]]}}", "drift.0.share=50 %").table("devices")
    static = devices["correct_static"] / devices["samples"]
    moved = (norm.cdf(1) * 20 + norm.cdf(-1) * 60) / 80
    near = np.abs(static - moved) < np.abs(static - norm.cdf(1))
    # Whoever is moved is moved by far: no device lies between the two groups.
    assert np.abs(static[near] - moved).max() < 0.1
    assert np.abs(static[~near] - norm.cdf(1)).max() < 0.1
    assert near.sum() == pytest.approx(50, abs=3 * 5)


def test_a_fine_tuned_head_comes_back_to_bayes(play: RunScenario) -> None:
    tuned = [
        "method.adapter={kind: cloud_ft, window: 400, steps: 100, rate: 0.05, anchor: 0.0}",
        "method.trigger={kind: periodic, every: 10 s}",
    ]
    windows = play("gaussians", "drift.0.to={rotate: 90 deg}", *tuned, "duration=160 s").windows
    late = windows["t_s"] > 130
    accuracy = {
        name: windows[name][late].sum() / windows["samples"][late].sum() for name in ("correct", "correct_static")
    }
    assert accuracy["correct"] > norm.cdf(1) - 0.02
    assert accuracy["correct_static"] < 0.52
