"""Federated rounds, synchronous, semi-asynchronous and without rounds, against their closed forms.

Links and speeds of devices are constants, so that every moment is known: the model goes down, the device takes its
steps, its report goes up, and the cloud adapts once to a round, or once to each report.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.verify.case_run import Run, run_case
from sim.verify.findings import Finding, exact

#: One device each: how long it takes for a step [s].
_STEP_S = (0.1, 0.25, 0.4, 0.8, 1.3)
_STEPS, _LATENCY_S, _SERVICE_S, _EVERY_S = 10, 0.05, 2.0, 40.0
_UP_BPS, _DOWN_BPS = 20e3, 50e3


def synchronous(engine: str = "auto") -> Finding:
    """A synchronous round ends when its slowest device has reported and the cloud has averaged: maximum and service."""
    run = _play({"kind": "fedavg", "steps": _STEPS}, _rounds(), engine)
    reports = _of_kind(run, "report")
    return exact(*_ends_of_rounds(reports, _reported_s(run).max() + _SERVICE_S))


def semi_asynchronous(engine: str = "auto") -> Finding:
    """A round that waits for three of five ends with the third fastest; what comes later is rejected."""
    run = _play({"kind": "fedavg", "steps": _STEPS}, _rounds(wait_for="60 %"), engine)
    reports = _of_kind(run, "report")
    late = reports["outcome"] == "rejected"
    in_time = {name: values[~late] for name, values in reports.items()}
    wanted, found = _ends_of_rounds(in_time, float(np.sort(_reported_s(run))[2]) + _SERVICE_S)
    # As many are late in each round as it does not wait for.
    return exact([*wanted, 2.0], [*found, np.count_nonzero(late) / len(np.unique(reports["round"]))])


def asynchronous(engine: str = "auto") -> Finding:
    """Without rounds each device learns, reports and goes on by itself: its steps, way up, service and way down."""
    every = {"trigger": {"kind": "periodic", "every": f"{_EVERY_S:g} s", "phase": "0 s"}}
    run = _play({"kind": "fedasync", "steps": _STEPS}, every["trigger"], engine, learning=every)
    updates = _of_kind(run, "update")
    done = ~np.isnan(updates["installed_s"])
    up_s = 8 * updates["up_bytes"][done] / _UP_BPS + _LATENCY_S
    down_s = 8 * updates["down_bytes"][done] / _DOWN_BPS + _LATENCY_S
    learning_s = _STEPS * np.array(_STEP_S)[updates["device"][done]]
    took_s = (updates["installed_s"] - updates["requested_s"])[done]
    return exact(learning_s + up_s + _SERVICE_S + down_s, took_s)


def _rounds(**more: Any) -> dict[str, Any]:
    return {"kind": "rounds", "every": f"{_EVERY_S:g} s", "cohort_size": len(_STEP_S), **more}


def _play(adapter: dict[str, Any], trigger: dict[str, Any], engine: str, **method: Any) -> Run:
    """Play five devices that differ in speed, for ten minutes."""
    section = {"samples": {"every": "1 s"}, "labels": {"after": "1 s"}, "link": "line", "devices": 1}
    fleet = [
        {"cohort": f"phone{n}", "compute": {"training_step": f"{step_s} s"}, **section}
        for n, step_s in enumerate(_STEP_S)
    ]
    latency = f"{_LATENCY_S} s"
    return run_case(
        {
            "version": 1,
            "duration": "10 min",
            "tick": "20 s",
            "task": {
                "data": {"kind": "gaussians", "dimensions": 2, "distance": 2.0},
                "model": "logistic",
                "pretrain": {"epochs": 1},
            },
            "fleet": fleet,
            "links": {"line": {"up": f"{_UP_BPS:g} bit/s", "down": f"{_DOWN_BPS:g} bit/s", "latency": latency}},
            "cloud": {"workers": len(_STEP_S), "service": f"{_SERVICE_S} s"},
            "method": {"adapter": adapter, "trigger": trigger, **method},
        },
        engine=engine,
    )


def _of_kind(run: Run, kind: str) -> dict[str, np.ndarray]:
    mine = run.exchanges["kind"] == kind
    return {name: values[mine] for name, values in run.exchanges.items()}


def _reported_s(run: Run) -> np.ndarray:
    """Return how long after the call each device has reported, from its speed and the bytes that are sent [s]."""
    down_bytes, up_bytes = (
        _of_kind(run, kind)[name][0] for kind, name in (("push", "down_bytes"), ("report", "up_bytes"))
    )
    sent_s = 8 * down_bytes / _DOWN_BPS + 8 * up_bytes / _UP_BPS + 2 * _LATENCY_S
    return np.asarray(sent_s + _STEPS * np.array(_STEP_S))


def _ends_of_rounds(reports: dict[str, np.ndarray], lasts_s: float) -> tuple[list[float], list[float]]:
    """Return when the rounds that have ended should have, and did."""
    number, served_s = reports["round"], reports["served_s"]
    done = [one for one in np.unique(number).tolist() if not np.isnan(served_s[number == one]).any()]
    wanted = [_EVERY_S * (one + 1) + lasts_s for one in done]
    return wanted, [float(served_s[number == one].max()) for one in done]
