"""Law 5: regret is split by what a device was waiting for, and the parts sum exactly."""

from __future__ import annotations

import numpy as np
import pytest
from run_commands import Run, RunScenario, Table

PHASES = (*("undetected", "labels", "uplink", "cloud_queue", "service", "downlink", "lost", "residual", "straddling"),)
ADAPTERS = {"cloud_ft": "{kind: cloud_ft, steps: 5}", "persona": "{kind: persona, steps: 20, group_steps: 5}"}
#: The phase that must hold the most regret of all waits -> the overrides that make its wait long.
WAITS = {
    "uplink": ["links.lte={up: 800 bit/s, down: 1 Gbit/s, latency: 0 s, jitter: 0 s}"],
    "downlink": ["links.lte={up: 1 Gbit/s, down: 800 bit/s, latency: 0 s, jitter: 0 s}"],
    "service": ["links.lte={up: 1 Gbit/s, down: 1 Gbit/s}", "cloud={workers: 12, service: 20 s}"],
    "cloud_queue": ["links.lte={up: 1 Gbit/s, down: 1 Gbit/s}", "cloud={workers: 1, service: 3 s}"],
}
WIDE = ["links.lte={up: 100 Gbit/s, down: 100 Gbit/s, latency: 0 s, jitter: 0 s}", "cloud.service=0 s"]
DEAD = ["links.lte.up=0 bit/s"]


def adapted(adapter: str) -> str:
    """Return the override that chooses an adapter."""
    return f"method.adapter={ADAPTERS[adapter]}"


def by_phase(windows: Table) -> dict[str, int]:
    """Return the regret of a whole run by phase."""
    return {phase: int(windows[f"regret_{phase}"].sum()) for phase in PHASES}


def assert_sums(run: Run) -> None:
    """Check that the tables of a run agree on every count they share, and that phases sum to regret."""
    windows, devices = run.windows, run.table("devices")
    regret = windows["correct_oracle"] - windows["correct"]
    assert (sum(windows[f"regret_{phase}"] for phase in PHASES) == regret).all()
    assert (sum(windows[f"samples_{phase}"] for phase in PHASES) == windows["samples"]).all()
    ages = run.table("ages")
    assert (ages["samples"].sum(), ages["regret"].sum()) == (windows["samples"].sum(), regret.sum())
    halves = devices["samples"] - 2 * devices["samples_odd"]
    assert ((halves == 0) | (halves == -1)).all()
    for column in ("samples", "correct", "correct_static", "correct_oracle"):
        assert devices[column].sum() == windows[column].sum() > 0
        for cohort in np.unique(windows["cohort"]):
            mine = devices[column][devices["cohort"] == cohort].sum()
            assert mine == windows[column][windows["cohort"] == cohort].sum()
    assert (windows["labelled"] <= windows["samples"]).all()
    assert run.summary["samples"] == windows["samples"].sum()
    assert run.summary["accuracy"] == windows["correct"].sum() / windows["samples"].sum()


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("where", [[], WIDE, DEAD, *WAITS.values()], ids=["plain", "wide", "dead", *WAITS])
def test_phases_sum_to_regret_and_devices_to_windows(play: RunScenario, adapter: str, where: list[str]) -> None:
    assert_sums(play("digits", adapted(adapter), *where))


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("dead", ["up", "down"])
def test_without_bandwidth_every_method_is_static(play: RunScenario, adapter: str, dead: str) -> None:
    run = play("digits", adapted(adapter), f"links.lte.{dead}=0 bit/s")
    windows, devices = run.windows, run.table("devices")
    assert windows["correct"].tolist() == windows["correct_static"].tolist()
    assert devices["correct"].tolist() == devices["correct_static"].tolist()
    assert run.summary["exchanges"] == 12
    assert run.summary["installed"] == 0
    assert by_phase(windows)["residual"] == 0


def test_static_itself_equals_its_reference_in_every_row(play: RunScenario) -> None:
    windows = play("digits", "method.adapter=static").windows
    assert windows["correct"].tolist() == windows["correct_static"].tolist()
    assert by_phase(windows)["undetected"] == (windows["correct_oracle"] - windows["correct"]).sum() > 0


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_on_a_wide_link_nobody_waits_for_messages(play: RunScenario, adapter: str) -> None:
    phases = by_phase(play("digits", adapted(adapter), *WIDE).windows)
    assert all(phases[phase] == 0 for phase in ("uplink", "cloud_queue", "service", "downlink", "lost"))
    assert phases["undetected"] > 0
    assert phases["residual"] != 0


@pytest.mark.parametrize("phase", WAITS)
def test_regret_goes_to_what_the_device_was_waiting_for(play: RunScenario, phase: str) -> None:
    once = "method.trigger={kind: at, times: [13 s]}"
    phases = by_phase(
        play("digits", adapted("persona"), once, "drift.1.at=49 s", "drift.1.over=1 s", *WAITS[phase]).windows
    )
    waits = {name: phases[name] for name in ("uplink", "cloud_queue", "service", "downlink")}
    assert max(waits, key=lambda name: waits[name]) == phase
    assert waits[phase] > 0


def test_labels_that_come_late_are_what_a_labelled_method_waits_for(play: RunScenario) -> None:
    late = ["fleet.0.labels.after=20 s", *WIDE]
    labelled, label_free = (by_phase(play("digits", adapted(name), *late).windows) for name in ADAPTERS)
    assert labelled["labels"] > 0
    assert label_free["labels"] == 0


def test_lost_requests_are_told_as_lost(play: RunScenario) -> None:
    lossy = "links.lte={up: 1 Mbit/s, down: 1 Mbit/s, loss: 100 %, recovery: {arq: off, timeout: 3 s}}"
    run = play("digits", adapted("persona"), lossy)
    phases = by_phase(run.windows)
    assert run.summary["installed"] == 0
    assert run.summary["lost"] > 12
    assert phases["lost"] > phases["uplink"]
    assert_sums(run)
