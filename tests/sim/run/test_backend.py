"""Who plays a scenario: this process where that is faster, workers where they pay, and what the user says first."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.run.backend import WORTH_WORKERS, choose_backend
from sim.scenario import Scenario, ScenarioErrors, load
from sim.scenario.expected import expected_samples

QUICKSTART = Path(__file__).resolve().parents[3] / "scenarios" / "quickstart.yaml"
#: Ten times the samples from which workers pay; fine-tuning for so many would be refused.
LARGE = ["fleet.0.devices=6000000", "duration=100 s", "tick=100 s", "drift=[]", "method.adapter=static"]


def quickstart(*overrides: str) -> Scenario:
    """Return the quickstart scenario, changed."""
    return load(QUICKSTART, overrides)


def test_nobody_who_asks_for_nothing_gets_workers() -> None:
    assert choose_backend(quickstart(*LARGE)).workers == 0


@pytest.mark.parametrize("execution", ["{backend: ray, workers: 3}", "{workers: 3}"])
def test_workers_that_are_named_come_even_to_small_runs(execution: str) -> None:
    backend = choose_backend(quickstart(f"execution={execution}"))
    assert (backend.workers, backend.notice) == (3, None)


@pytest.mark.parametrize("execution", ["{backend: ray}", "{backend: ray, workers: 3}", "{backend: inline}"])
@pytest.mark.parametrize("workers", [0, 2])
def test_the_command_line_comes_first(execution: str, workers: int) -> None:
    assert choose_backend(quickstart(f"execution={execution}", *LARGE), workers).workers == workers


def test_automatic_workers_come_to_large_runs_alone_and_small_ones_are_told_why() -> None:
    assert choose_backend(quickstart("execution.backend=ray", *LARGE)).workers >= 1
    small = choose_backend(quickstart("execution.backend=ray"))
    assert small.workers == 0
    assert small.notice is not None
    assert "120,000 samples" in small.notice
    assert expected_samples(quickstart(*LARGE)) == 10 * WORTH_WORKERS


def test_workers_in_process_are_refused() -> None:
    with pytest.raises(ScenarioErrors, match="2 workers need 'backend: ray'; inline is this process alone"):
        quickstart("execution={backend: inline, workers: 2}")


def test_timing_has_no_work_for_workers() -> None:
    timing = Path(__file__).resolve().parents[2] / "system" / "timing.yaml"
    backend = choose_backend(load(timing), 2)
    assert backend.workers == 0
    assert backend.notice is not None
