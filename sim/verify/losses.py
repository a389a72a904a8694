"""Lost packets: what repairing them costs, and how often a message is lost by them."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.verify.case_run import Run, per_device, run_case, scenario_of
from sim.verify.findings import Finding, estimated

_BURSTS = {"p": 0.1, "r": 0.2, "good": 0.01, "bad": 0.8}
_BAD_SHARE = 0.1 / (0.1 + 0.2)


def _lossy(loss: Any, recovery: dict[str, Any], payload: str, turns: int, **more: Any) -> Run:
    """Run twenty devices that send over lossy links of their own, ``turns`` times each."""
    link = {"up": "10 Mbit/s", "loss": loss, "recovery": recovery} | more
    trigger = {"kind": "periodic", "every": "100 s"}
    return run_case(scenario_of(link, trigger, payload, devices=20, duration=f"{100 * turns} s"))


def _everywhere(run: Run) -> np.ndarray:
    return np.ones(len(run.exchanges["ticket"]), bool)


def repaired_bytes() -> Finding:
    """A packet that is lost with probability q is sent 1 / (1 - q) times: 20 packets a message, q = 0.2."""
    run = _lossy("20 %", {"arq": "on"}, "30 kB", 200)
    return estimated(1 / (1 - 0.2), per_device(run, run.exchanges["up_bytes"] / 30_000, _everywhere(run)))


def stop_and_wait() -> Finding:
    """Stop and wait pays a round trip for each packet sent but the last: n/(1-q) (8 P/B + 2 L) - L for n packets."""
    run = _lossy("20 %", {"arq": "stop_and_wait"}, "30 kB", 200, latency="20 ms")
    expected_s = 20 / 0.8 * (8 * 1500 / 10e6 + 0.04) - 0.02
    return estimated(expected_s, per_device(run, run.took_s("sent_s", "reached_s"), _everywhere(run)))


def burst_loss() -> Finding:
    """A lone packet meets a bad channel with probability p / (p + r) (Gilbert 1960, Elliott 1963)."""
    run = _lossy({"gilbert_elliott": _BURSTS}, {"arq": "off"}, "1000 B", 1000)
    truth = 0.8 * _BAD_SHARE + 0.01 * (1 - _BAD_SHARE)
    return estimated(truth, per_device(run, np.isnan(run.exchanges["reached_s"]).astype(float), _everywhere(run)))


def burst_survival() -> Finding:
    """Ten packets in a row survive with probability π D (P D)⁹ 1, D the chances to pass: bursts fall together."""
    run = _lossy({"gilbert_elliott": _BURSTS}, {"arq": "off"}, "15 kB", 800)
    passes = np.diag([1 - 0.01, 1 - 0.8])
    moves = np.array([[0.9, 0.1], [0.2, 0.8]])
    truth = np.array([1 - _BAD_SHARE, _BAD_SHARE]) @ passes @ np.linalg.matrix_power(moves @ passes, 9) @ np.ones(2)
    arrived = ~np.isnan(run.exchanges["reached_s"])
    return estimated(float(truth), per_device(run, arrived.astype(float), _everywhere(run)))


def retries() -> Finding:
    """With q lost each way and r retries, an exchange dies with probability (1 - (1 - q)²) ^ (r + 1)."""
    run = _lossy("30 %", {"arq": "off", "timeout": "2 s", "retries": 1}, "1000 B", 1000)
    lost = run.exchanges["outcome"] == "lost"
    return estimated((1 - 0.7**2) ** 2, per_device(run, lost.astype(float), _everywhere(run)))
