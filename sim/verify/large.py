"""Queues of hundreds of thousands to millions of jobs: what takes too long as processes.

An interval over so many jobs is narrow: a law that is nearly right does not pass for one that is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.verify.case_run import Run, per_device, poisson, run_case, scenario_of, settled
from sim.verify.findings import Finding, batch_means, estimated
from sim.verify.formulas import mean_wait_s, shared_sojourns_s

_SERVICE_S, _LOAD = 0.1, 0.8
#: Two classes over one link of 1 Mbit/s, 12.5 kB each on average: loads of 0.35 and 0.35, weights 4 and 1.
_RATE_PER_S, _WEIGHTS = 3.5, (4.0, 1.0)


def ps_insensitivity() -> Finding:
    """Ten million jobs of M/G/1-PS: sizes of a squared coefficient of variation of 5, and E[S] / (1 - rho) still.

    A thousand private links, eight messages a second each; three of four messages hold 2 kB on average, one 44 kB.
    """
    sizes = {"hyperexponential": {"means": ["2 kB", "44 kB"], "weights": [0.75, 0.25]}}
    horizon_s = 1250.0
    run = run_case(
        scenario_of(
            {"up": "1 Mbit/s", "discipline": "ps"},
            poisson("8 /s"),
            sizes,
            devices=1000,
            duration=f"{horizon_s:g} s",
            tick="25 s",
            in_flight="replace",
        ),
        columns=("device", "sent_s", "reached_s"),
    )
    sojourns_s = per_device(run, run.took_s("sent_s", "reached_s"), settled(run, horizon_s))
    loads = 8 * run.devices["up_bytes"] / 1e6 / horizon_s
    return estimated(_SERVICE_S / (1 - _LOAD), sojourns_s, loads - _LOAD)


def many_workers() -> Finding:
    """The mean wait of M/M/c is C E[S] / (c - a): 8 workers at a load of 0.8, Erlang's C, a million requests."""
    cloud = {"workers": 8, "service": {"exponential": "40 ms"}}
    rate_per_s = 0.8 * 8 / 0.04
    scenario = scenario_of(
        {"up": "1 Gbit/s"},
        poisson(f"{rate_per_s / 50_000:.9f} /s"),
        devices=50_000,
        cloud=cloud,
        duration=f"{1_000_000 / rate_per_s:.0f} s",
        tick="100 s",
        in_flight="replace",
    )
    run = run_case(scenario, columns=("reached_s", "started_s", "served_s"))
    done = ~np.isnan(run.exchanges["served_s"])
    waits_s = batch_means(run.took_s("reached_s", "started_s")[done])
    work_s = batch_means(run.took_s("started_s", "served_s")[done])
    gaps_s = batch_means(np.diff(run.exchanges["reached_s"][done], prepend=0.0))
    return estimated(mean_wait_s(rate_per_s, 0.04, 8), waits_s, work_s / gaps_s - 0.8 * 8)


def weights_heavy() -> Finding:
    """Two classes that share by weights 4 and 1: the mean sojourn of the heavy one (Fayolle et al. 1980)."""
    return _class_sojourn(0)


def weights_light() -> Finding:
    """Two classes that share by weights 4 and 1: the mean sojourn of the light one (Fayolle et al. 1980)."""
    return _class_sojourn(1)


def _class_sojourn(which: int) -> Finding:
    run = _two_classes()
    truth = shared_sojourns_s((_RATE_PER_S,) * 2, _SERVICE_S, _WEIGHTS)[which]
    mine = (run.exchanges["cohort"] == ("heavy", "light")[which]) & ~np.isnan(run.exchanges["reached_s"])
    sojourns_s = batch_means(run.took_s("sent_s", "reached_s")[mine])
    # Both classes together decide how full the link is: work that came within the time of each batch.
    sent_s, nbytes = run.exchanges["sent_s"], run.exchanges["up_bytes"]
    edges_s = np.array([part[0] for part in np.array_split(sent_s[mine], 31)] + [sent_s[mine][-1]])
    work_s = 8 * np.histogram(sent_s, edges_s, weights=nbytes)[0] / 1e6
    return estimated(truth, sojourns_s, (work_s / np.diff(edges_s))[1:] - 2 * _RATE_PER_S * _SERVICE_S)


def _two_classes() -> Run:
    link: dict[str, Any] = {"up": "1 Mbit/s", "discipline": "ps", "shared": True, "weights": {"heavy": 4, "light": 1}}
    fleet = [{"cohort": name, "devices": 10, "link": "line"} for name in ("heavy", "light")]
    return run_case(
        scenario_of(
            link,
            poisson(f"{_RATE_PER_S / 10} /s"),
            {"exponential": "12.5 kB"},
            fleet=fleet,
            duration="60000 s",
            tick="1000 s",
            in_flight="replace",
        ),
        columns=("cohort", "sent_s", "reached_s", "up_bytes"),
    )
