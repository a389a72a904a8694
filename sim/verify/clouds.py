"""The cloud as a queue: one worker and many, every discipline, a full system, batches, failures."""

from __future__ import annotations

from math import exp
from typing import Any

import numpy as np

from sim.verify.case_run import Run, asks, poisson, run_case, scenario_of
from sim.verify.findings import Finding, batch_means, estimated, exact
from sim.verify.formulas import erlang_b, erlang_c, mean_wait_s, pollaczek_khinchine_s

#: Ten requests a second; a mean service of 40 ms makes a load of 0.4 for each worker.
_ARRIVALS_PER_S, _SERVICE_S = 10.0, 0.04


def _crowd(service: Any, workers: int = 1) -> Run:
    """Run 50,000 devices that together ask at random; so many that none ever finds itself busy."""
    rate, duration = f"{_ARRIVALS_PER_S * workers / 50_000:.6f} /s", f"{20_000 // workers} s"
    cloud = {"workers": workers, "service": service}
    return run_case(scenario_of({"up": "1 Gbit/s"}, poisson(rate), devices=50_000, cloud=cloud, duration=duration))


def _busy_device(cloud: dict[str, Any], rate: str, duration: str) -> Run:
    """Run one device that asks at random, also while requests are under way, over a link that takes no time."""
    return run_case(scenario_of({"up": "1 Gbit/s"}, poisson(rate), cloud=cloud, duration=duration, in_flight="replace"))


def _mean_wait(run: Run, expected_s: float, offered: float = 0.4) -> Finding:
    """Compare the mean wait; the load of each batch beyond the one ``offered`` is the control variate."""
    done = ~np.isnan(run.exchanges["served_s"])
    work_s = batch_means(run.took_s("started_s", "served_s")[done])
    gaps_s = batch_means(np.diff(run.exchanges["reached_s"][done], prepend=0.0))
    waits_s = batch_means(run.took_s("reached_s", "started_s")[done])
    return estimated(expected_s, waits_s, work_s / gaps_s - offered)


def _mean_sojourn(run: Run) -> Finding:
    """Compare the mean sojourn with E[S] / (1 - rho); the mean gap between requests is the control variate."""
    done = ~np.isnan(run.exchanges["served_s"])
    sojourns_s = batch_means(run.took_s("reached_s", "served_s")[done])
    gaps_s = batch_means(np.diff(run.exchanges["reached_s"][done], prepend=0.0))
    return estimated(_SERVICE_S / (1 - _ARRIVALS_PER_S * _SERVICE_S), sojourns_s, gaps_s - 1 / _ARRIVALS_PER_S)


def mm1_cloud() -> Finding:
    """The mean wait of M/M/1 is rho E[S] / (1 - rho)."""
    return _mean_wait(_crowd({"exponential": "40 ms"}), mean_wait_s(_ARRIVALS_PER_S, _SERVICE_S, 1))


def md1_cloud() -> Finding:
    """The mean wait of M/D/1 is rho E[S] / 2(1 - rho)."""
    return _mean_wait(_crowd("40 ms"), pollaczek_khinchine_s(_ARRIVALS_PER_S, _SERVICE_S, _SERVICE_S**2))


def mg1_uniform() -> Finding:
    """M/G/1 (Pollaczek and Khinchine) with service uniform in (0, 80 ms): E[S²] = b² / 3."""
    run = _crowd({"uniform": {"low": "0 s", "high": "80 ms"}})
    return _mean_wait(run, pollaczek_khinchine_s(_ARRIVALS_PER_S, _SERVICE_S, 0.08**2 / 3))


def mg1_lognormal() -> Finding:
    """M/G/1 (Pollaczek and Khinchine) with lognormal service: E[S] = m exp(s^2 / 2), E[S²] = m² exp(2 s^2)."""
    run = _crowd({"lognormal": {"median": "35 ms", "sigma": 0.5}})
    mean_s, second_moment_s2 = 0.035 * exp(0.125), 0.035**2 * exp(0.5)
    wait_s = pollaczek_khinchine_s(_ARRIVALS_PER_S, mean_s, second_moment_s2)
    return _mean_wait(run, wait_s, _ARRIVALS_PER_S * mean_s)


def erlang_wait() -> Finding:
    """In M/M/c Erlang's C is the share of requests that wait: 3 workers, each busy 0.6 of the time."""
    run = _crowd({"exponential": "60 ms"}, workers=3)
    done = ~np.isnan(run.exchanges["started_s"])
    waited = run.exchanges["started_s"][done] > run.exchanges["reached_s"][done]
    return estimated(erlang_c(1.8, 3), batch_means(waited.astype(float)))


def erlang_loss() -> Finding:
    """With no room to wait, the share rejected is Erlang's B, for any service distribution (M/G/c/c)."""
    cloud = {"workers": 4, "capacity": 4, "service": {"uniform": {"low": "0 s", "high": "600 ms"}}}
    run = _busy_device(cloud, "10 /s", "4000 s")
    return estimated(erlang_b(3.0, 4), batch_means((run.exchanges["outcome"] == "rejected").astype(float)))


def lcfs_cloud() -> Finding:
    """The order of service does not change the mean sojourn of M/M/1, if it does not depend on sizes."""
    run = _busy_device({"queue": "lcfs", "service": {"exponential": "40 ms"}}, "10 /s", "4000 s")
    return _mean_sojourn(run)


def lcfs_order() -> Finding:
    """By hand: 10 s each, asked for at 1, 2, 3 s: the first is not interrupted, then the last goes, then the second."""
    cloud = {"queue": "lcfs", "service": "10 s"}
    run = run_case(scenario_of({"up": "1 Gbit/s"}, asks("1 s", "2 s", "3 s"), devices=3, cloud=cloud))
    return exact([11.0, 31.0, 21.0], run.exchanges["served_s"])


def ps_cloud() -> Finding:
    """The mean sojourn of M/G/1-PS is E[S] / (1 - rho): service uniform in (0, 80 ms)."""
    cloud = {"queue": "ps", "service": {"uniform": {"low": "0 s", "high": "80 ms"}}}
    run = _busy_device(cloud, "10 /s", "4000 s")
    return _mean_sojourn(run)


def batching() -> Finding:
    """By hand: two that come within 100 ms are served at 1.1 s; three that meet a busy worker go when it is free.

    A batch of n takes 1 s + 200 ms (n - 1): the first ends at 1.1 + 1.2 = 2.3 s, the second at 2.3 + 1.4 = 3.7 s.
    """
    cloud = {"service": "1 s", "batch": {"max": 3, "wait": "100 ms", "each": "200 ms"}}
    trigger = asks("1 s", "1.05 s", "1.3 s", "2 s", "2.25 s")
    run = run_case(scenario_of({"up": "1 Gbit/s"}, trigger, devices=5, cloud=cloud))
    expected_s = [1.1, 1.1, 2.3, 2.3, 2.3, 2.3, 2.3, 3.7, 3.7, 3.7]
    return exact(expected_s, np.r_[run.exchanges["started_s"], run.exchanges["served_s"]])


def failure() -> Finding:
    """By hand: 10 s of work from 1 s on, a failure at 5 s for 20 s: it pauses and ends at 31 s, the next at 41 s."""
    cloud = {"service": "10 s", "failures": [{"at": "5 s", "for": "20 s"}]}
    run = run_case(scenario_of({"up": "1 Gbit/s"}, asks("1 s", "7 s", "50 s"), devices=3, cloud=cloud))
    return exact([31.0, 41.0, 60.0], run.exchanges["served_s"])


def busy_time() -> Finding:
    """Workers are busy as long as their work takes: by hand, 2.6 s for two batches, 12 s for three jobs shared by two.

    The batches are those of :func:`batching`; the jobs of 4 s each run at 2/3 from 1 s to 7 s.
    """
    batches = {"service": "1 s", "batch": {"max": 3, "wait": "100 ms", "each": "200 ms"}}
    trigger = asks("1 s", "1.05 s", "1.3 s", "2 s", "2.25 s")
    served = run_case(scenario_of({"up": "1 Gbit/s"}, trigger, devices=5, cloud=batches))
    shared = {"service": "4 s", "queue": "ps", "workers": 2}
    run = run_case(scenario_of({"up": "1 Gbit/s"}, asks("1 s", "1 s", "1 s"), devices=3, cloud=shared))
    return exact([2.6, 12.0], [served.cloud["busy_s"].sum(), run.cloud["busy_s"].sum()])
