"""Times over recorded links by their integral: by hand, against the simulator, and refused where something waits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sim.run.assembly import assemble
from sim.scenario import load
from sim.verify.predictions import NoFormError
from sim.verify.trace_times import delay_over_traces

WORLD = """\
version: 1
duration: 20 min
tick: 60 s
task: none
fleet: [{cohort: phones, devices: 200, link: access}]
links:
  access: {up: {trace: {file: rate.csv, offset: random}}, down: 1 Mbit/s, latency: 50 ms}
method:
  adapter: {kind: probe, payload: 125 kB, update: 125 kB}
  trigger: {kind: periodic, every: 77 s}
  in_flight: drop
"""
Predicted = Callable[..., float]


@pytest.fixture
def world(tmp_path: Path) -> Path:
    (tmp_path / "rate.csv").write_text("time_s,rate_mbps\n0,1\n10,0\n20,2\n30,2\n")
    file = tmp_path / "world.yaml"
    file.write_text(WORLD)
    return file


def test_median_is_that_of_the_inverse_integral(world: Path) -> None:
    # 1 Mbit/s for 10 s, nothing for 10 s, 2 Mbit/s for 20 s (a last row holds as long as the one before), and again.
    # One Mbit that begins at u takes 1 s up to 9 s; 11 up to 10 s; 20.5 - u up to 20 s; 0.5 up to 39.5 s; 1 - (40 - u).
    at_s = (np.arange(40_000) + 0.5) / 1000
    bounds = [at_s < 9, at_s < 10, at_s < 20, at_s < 39.5, at_s < 40]
    takes_s = [np.ones_like(at_s), 11 + (9 - at_s) / 2, 20.5 - at_s, np.full_like(at_s, 0.5), 1 - (40 - at_s)]
    truth_s = np.median(np.select(bounds, takes_s)) + 1.0 + 2 * 0.05
    assert delay_over_traces(load(world)) == pytest.approx(truth_s, abs=2e-3)


def test_simulator_takes_as_long(world: Path) -> None:
    live = assemble(load(world))
    live.simulation.run()
    rows = live.simulation.engine.columns()
    took_s = rows["ended_s"] - rows["sent_s"] if "ended_s" in rows else rows["installed_s"] - rows["sent_s"]
    assert delay_over_traces(load(world)) == pytest.approx(np.nanmedian(took_s), rel=0.05)


@pytest.mark.parametrize(
    "change",
    [
        "links.access.loss=1 %",
        "links.access.shared=true",
        "links.access.jitter=10 ms",
        "links.access.latency={exponential: {mean: 50 ms}}",
        "links.access.up.trace.offset=0 s",
        "links.access.up=1 Mbit/s",
        "cloud.service=1 s",
        "method.trigger.every=5 s",
        "method.trigger={kind: poisson, rate: 1 /min}",
        "method.in_flight=queue",
        "method.adapter.payload={exponential: {mean: 10 kB}}",
    ],
)
def test_theory_does_not_reach_what_waits_for_anything_else(world: Path, change: str) -> None:
    with pytest.raises(NoFormError):
        delay_over_traces(load(world, [change]))
