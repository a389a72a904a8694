"""Recorded networks, played and looked at: what the drawn rate carries is what the drawn transfers weighed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.figures import render
from analysis.runs import Run, open_run
from analysis.transfers import DIRECTIONS
from sim.run.run_folder import RunFolder
from sim.run.run_scenario import RunOptions, run_scenario
from sim.scenario import load

NETWORK = Path(__file__).resolve().parents[3] / "shared" / "data" / "network"
LATENCY_S = 0.04
RIDE = "5G-production-dataset.zip!5G-production-dataset/Download/Driving/B_2019.12.16_11.49.59.csv"
TRACES = {
    "lte": ("mahimahi/Verizon-LTE-short.up", "mahimahi/Verizon-LTE-short.down"),
    "3g": ("hsdpa_3g_norway/norway_bus_1, unit: Mbit/s, time_unit: s",) * 2,
    "5g": (f"5g_ucc/{RIDE}, column: UL_bitrate", f"5g_ucc/{RIDE}, column: DL_bitrate"),
}
SCENARIO = """
version: 1
name: recorded
seed: 3
duration: 20 min
tick: 10 s
task: none
fleet: [{{cohort: phones, devices: 2, link: cell}}]
links:
  cell: {{up: {{trace: {{file: {0}/{1}}}}}, down: {{trace: {{file: {0}/{2}}}}}, latency: 40 ms}}
method:
  adapter: {{kind: probe, payload: 200 kB, update: 2 MB}}
  trigger: {{kind: poisson, rate: 2 /min}}
  in_flight: drop
"""


@pytest.mark.skipif(not NETWORK.is_dir(), reason="the recorded networks are not here")
@pytest.mark.parametrize("trace", TRACES)
def test_each_transfer_lasts_until_the_rate_has_carried_its_bytes(trace: str, tmp_path: Path) -> None:
    (tmp_path / "recorded.yaml").write_text(SCENARIO.format(NETWORK, *TRACES[trace]))
    folder = RunFolder.open(tmp_path / "run")
    run_scenario(load(tmp_path / "recorded.yaml"), folder, RunOptions(quiet=True), lambda windows, marks: {})
    run = open_run(folder.path)
    for direction in DIRECTIONS:
        shares = carried_shares(run, direction)
        assert len(shares) > 10
        assert np.median(shares) == pytest.approx(1.0, abs=0.02)
    assert render(run, "transfers") is not None


def carried_shares(run: Run, direction: str) -> np.ndarray:
    """Return, for each transfer of device 0, the bits that the rate could carry meanwhile over its own bits.

    With one request at a time nothing waits in the link, so that a transfer has the whole rate to itself.
    """
    rates = run.rates[run.rates["direction"] == direction]
    edges_s = np.append(rates["t_s"], run.duration_s)
    carried = np.concatenate(([0.0], np.cumsum(rates["bps"] * np.diff(edges_s))))
    begin, arrive, size = DIRECTIONS[direction]
    done = run.exchanges[(run.exchanges["device"] == 0) & run.exchanges[arrive].notna()]
    last_bit = np.interp(done[arrive] - LATENCY_S, edges_s, carried)
    return np.asarray((last_bit - np.interp(done[begin], edges_s, carried)) / (8 * done[size]))
