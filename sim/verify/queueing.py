"""Links as queues: M/M/1, processor sharing, last come first served, and the age of what comes out."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from sim.verify.case_run import Run, per_device, poisson, run_case, scenario_of, settled
from sim.verify.findings import Finding, estimated
from sim.verify.formulas import fifo_age_s, pollaczek_khinchine_s, preempted_age_s

#: 12.5 kB at 1 Mbit/s take 0.1 s on average; four messages a second make a load of 0.4.
_SERVICE_S, _ARRIVALS_PER_S = 0.1, 4.0
_HORIZON_S = 300.0


@cache
def _queue(discipline: str, distribution: str, **parameters: Any) -> Run:
    """Run thirty private links, each a queue of its own with Poisson arrivals."""
    link = {"up": "1 Mbit/s", "discipline": discipline}
    sizes = {name: list(value) if isinstance(value, tuple) else value for name, value in parameters.items()}
    return run_case(
        scenario_of(link, poisson("4 /s"), {distribution: sizes}, devices=30, duration="300 s", in_flight="replace")
    )


def _mean_sojourn(run: Run, expected_s: float) -> Finding:
    sojourns_s = per_device(run, run.took_s("sent_s", "reached_s"), settled(run, _HORIZON_S))
    loads = 8 * run.devices["up_bytes"] / 1e6 / _HORIZON_S
    return estimated(expected_s, sojourns_s, loads - _ARRIVALS_PER_S * _SERVICE_S)


def mm1_link() -> Finding:
    """The mean sojourn of M/M/1 is E[S] / (1 - rho) (Erlang; Kleinrock, "Queueing Systems" 1, 1975, 3.26)."""
    return _mean_sojourn(_queue("fifo", "exponential", mean="12.5 kB"), _SERVICE_S / (1 - 0.4))


def md1_link() -> Finding:
    """The mean wait of M/D/1 is half that of M/M/1: rho E[S] / 2(1 - rho) (Pollaczek and Khinchine)."""
    wait_s = pollaczek_khinchine_s(_ARRIVALS_PER_S, _SERVICE_S, _SERVICE_S**2)
    return _mean_sojourn(_queue("fifo", "constant", value="12.5 kB"), wait_s + _SERVICE_S)


def ps_exponential() -> Finding:
    """The mean sojourn of M/G/1-PS is E[S] / (1 - rho) (Kleinrock 1967): exponential sizes."""
    return _mean_sojourn(_queue("ps", "exponential", mean="12.5 kB"), _SERVICE_S / (1 - 0.4))


def ps_constant() -> Finding:
    """The mean sojourn of M/G/1-PS with constant sizes is the same: only the mean matters (Sakata 1971)."""
    return _mean_sojourn(_queue("ps", "constant", value="12.5 kB"), _SERVICE_S / (1 - 0.4))


def ps_hyperexponential() -> Finding:
    """The same with sizes of two kinds, 5 kB and 20 kB on average: a squared coefficient of variation of 1.7."""
    run = _queue("ps", "hyperexponential", means=("5 kB", "20 kB"), weights=(0.5, 0.5))
    return _mean_sojourn(run, _SERVICE_S / (1 - 0.4))


def lcfs_sojourn() -> Finding:
    """Where a fresh message drops the stale one, those that arrive took min(S, time to the next): 1 / (λ + μ)."""
    run = _queue("lcfs", "exponential", mean="12.5 kB")
    arrived = settled(run, _HORIZON_S) & ~np.isnan(run.exchanges["reached_s"])
    expected_s = 1.0 / (_ARRIVALS_PER_S + 1.0 / _SERVICE_S)
    return estimated(expected_s, per_device(run, run.took_s("sent_s", "reached_s"), arrived))


def lcfs_delivered() -> Finding:
    """Of messages that a fresh one drops, the share μ / (λ + μ) arrives."""
    run = _queue("lcfs", "exponential", mean="12.5 kB")
    arrived = ~np.isnan(run.exchanges["reached_s"])
    truth = 1.0 / (1.0 + _ARRIVALS_PER_S * _SERVICE_S)
    return estimated(truth, per_device(run, arrived.astype(float), settled(run, _HORIZON_S)))


def lcfs_age() -> Finding:
    """The age of model where a fresh message drops the stale one: E[S] + 1/λ (Kaul, Yates and Gruteser 2012)."""
    run = _queue("lcfs", "exponential", mean="12.5 kB")
    return estimated(preempted_age_s(_ARRIVALS_PER_S, _SERVICE_S), run.devices["mean_age_s"])


def fifo_age() -> Finding:
    """The age of information behind M/M/1: E[S] (1 + 1/rho + rho^2 / (1 - rho)) (INFOCOM 2012)."""
    run = _queue("fifo", "exponential", mean="12.5 kB")
    ages = [_age_at_cloud_s(run, device) for device in run.devices["device"]]
    return estimated(fifo_age_s(_ARRIVALS_PER_S, _SERVICE_S), ages)


def _age_at_cloud_s(run: Run, device: int) -> float:
    """Return the time average of the age of what the cloud last heard of a device, first to last arrival [s]."""
    mine = (run.exchanges["device"] == device) & ~np.isnan(run.exchanges["reached_s"])
    sent_s, reached_s = run.exchanges["sent_s"][mine], run.exchanges["reached_s"][mine]
    # Between two arrivals the age grows from reached - sent of the first: a trapezoid each.
    low_s, high_s = reached_s[:-1] - sent_s[:-1], reached_s[1:] - sent_s[:-1]
    return float(np.sum(high_s**2 - low_s**2) / 2.0 / (reached_s[-1] - reached_s[0]))
