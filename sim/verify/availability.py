"""Devices that come and go: how often they are there, and how long that delays a message."""

from __future__ import annotations

from typing import Any

from sim.verify.case_run import Run, asks, per_device, poisson, run_case, scenario_of, settled
from sim.verify.findings import Finding, estimated, exact


def _fleet(availability: Any, devices: int) -> list[dict[str, Any]]:
    return [{"cohort": "phones", "devices": devices, "link": "line", "availability": availability}]


def share_of_time() -> Finding:
    """A device that is there for E[on] and away for E[off] in turn can ask for on / (on + off) of its asks.

    Renewal theorem (Smith 1958): only the means matter; on uniform about 30 s, off exponential about 10 s.
    """
    turns = {"on": {"uniform": {"low": "10 s", "high": "50 s"}}, "off": {"exponential": "10 s"}}
    run = run_case(scenario_of({"up": "1 Gbit/s"}, poisson("0.5 /s"), fleet=_fleet(turns, 40), duration="2000 s"))
    return estimated(0.75, run.devices["exchanges"] / (0.5 * 2000))


def pause() -> Finding:
    """A transfer of X seconds on the air meets X / E[on] absences of E[off] each: X (1 + off / on) in all."""
    run = _interrupted()
    return estimated(10 * (1 + 10 / 40), per_device(run, run.took_s("sent_s", "reached_s"), settled(run, 4e4)))


def _interrupted() -> Run:
    turns = {"on": {"exponential": "40 s"}, "off": {"exponential": "10 s"}}
    return run_case(
        scenario_of({"up": "1 Mbit/s"}, poisson("1 /min"), "1.25 MB", fleet=_fleet(turns, 30), duration="40000 s")
    )


def day() -> Finding:
    """There from 8 h until 20 h: 60 s of air time begun at 19:59:30 end at 8:00:30 of the next day."""
    hours = {"diurnal": {"from": "8 h", "until": "20 h"}}
    run = run_case(scenario_of({"up": "1 Mbit/s"}, asks("71970 s"), "7.5 MB", fleet=_fleet(hours, 1), duration="2 d"))
    return exact([86400 + 8 * 3600 + 30], run.exchanges["reached_s"])


def sawtooth() -> Finding:
    """The age of a periodic update falls to the delay D and grows by the period P: mean D + P/2 once it runs.

    From 0 on, with installs at P + D, 2P + D ... and an end at mP + D: ((P+D)² / 2 + (m-1)(PD + P²/2)) / (mP + D).
    """
    period_s, delay_s, turns = 60.0, 8.0, 50
    trigger = {"kind": "periodic", "every": "60 s", "phase": "0 s"}
    run = run_case(scenario_of({"up": "1 Mbit/s"}, trigger, "1 MB", duration="3008 s"))
    area = (period_s + delay_s) ** 2 / 2 + (turns - 1) * (period_s * delay_s + period_s**2 / 2)
    return exact([area / (turns * period_s + delay_s)], run.devices["mean_age_s"])
