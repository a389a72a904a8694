"""A fleet that never asks needs no link, and its run is as complete as any."""

from __future__ import annotations

from run_commands import RunScenario

from analysis.report import write_report

ALONE = {
    "version": 1,
    "name": "alone",
    "seed": 1,
    "duration": "30 s",
    "tick": "10 s",
    "task": {"data": {"kind": "gaussians"}, "model": "logistic", "pretrain": {"epochs": 1}},
    "fleet": [{"cohort": "sensors", "devices": 20, "samples": {"every": "1 s"}}],
    "method": {"adapter": "static"},
}


def test_a_fleet_without_links_is_played_and_reported(play: RunScenario) -> None:
    run = play(ALONE)
    assert all(len(column) == 0 for column in run.table("links").values())
    assert {"t_s", "link", "offered_bytes", "in_flight_bytes"} <= set(run.table("links"))
    assert run.table("windows")["samples"].sum() > 0
    assert write_report(run.folder).is_file()
