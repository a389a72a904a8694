"""Mean waits of whole runs against queueing theory, and Little's law from the tables alone.

Five hundred independent Poisson processes are one of 10 /s; a mean of 70 ms of work then makes rho = 0.7.
"""

from __future__ import annotations

from math import factorial
from pathlib import Path

import numpy as np
import pytest
from run_commands import Run, RunScenario, Table, play_file
from scipy import stats

LAMBDA_PER_S, WORK_S = 10.0, 0.07
RHO = LAMBDA_PER_S * WORK_S
WARM_S, END_S, BATCHES = 300.0, 3000.0, 27

EXPONENTIAL, CONSTANT = "{exponential: {mean: 70 ms}}", "70 ms"
#: Mean waits in line [s] (Kleinrock, Queueing Systems I, 1975, 3.25 and 5.69: Pollaczek-Khinchine).
MM1_S = RHO * WORK_S / (1 - RHO)
MD1_S = RHO * WORK_S / (2 * (1 - RHO))


def erlang_c(workers: int, load: float) -> float:
    """Return the probability to wait before ``workers`` servers under ``load`` Erlang (Erlang, 1917)."""
    top = load**workers / factorial(workers) / (1 - load / workers)
    return top / (sum(load**k / factorial(k) for k in range(workers)) + top)


def assert_mean(at_s: np.ndarray, value: np.ndarray, truth: float) -> None:
    """Check a mean against the truth: inside the 99 % interval of batch means, which must be narrow.

    Values belong to batches of time; those before the queue is warm and after the end are left out.
    """
    batch = np.floor((at_s - WARM_S) / (END_S - WARM_S) * BATCHES)
    means = np.array([value[batch == number].mean() for number in range(BATCHES)])
    half = stats.t.ppf(0.995, BATCHES - 1) * means.std(ddof=1) / np.sqrt(BATCHES)
    assert half < 0.2 * truth
    assert means.mean() == pytest.approx(truth, abs=half)


def cloud_waits_s(table: Table) -> tuple[np.ndarray, np.ndarray]:
    """Return (when, how long) requests waited for a worker."""
    begun = ~np.isnan(table["started_s"])
    return table["reached_s"][begun], (table["started_s"] - table["reached_s"])[begun]


@pytest.mark.parametrize(("service", "truth_s"), [(EXPONENTIAL, MM1_S), (CONSTANT, MD1_S)])
def test_waits_at_a_cloud_of_one_worker_have_the_pollaczek_khinchine_mean(
    play: RunScenario, service: str, truth_s: float
) -> None:
    assert_mean(*cloud_waits_s(play("crowd", f"cloud.service={service}").exchanges), truth_s)


@pytest.mark.parametrize("workers", [2, 5])
def test_waits_at_a_cloud_of_many_workers_have_erlangs_mean(play: RunScenario, workers: int) -> None:
    service = f"{{exponential: {{mean: {70 * workers} ms}}}}"
    table = play("crowd", f"cloud.service={service}", f"cloud.workers={workers}").exchanges
    at_s, waits_s = cloud_waits_s(table)
    chance = erlang_c(workers, RHO * workers)
    assert_mean(at_s, waits_s, chance * WORK_S / (1 - RHO))
    assert_mean(at_s, (waits_s > 0).astype(float), chance)


@pytest.mark.parametrize(
    ("size", "truth_s"), [("{exponential: {mean: 70 kB}}", MM1_S), ("70 kB", MD1_S)], ids=["MM1", "MD1"]
)
@pytest.mark.parametrize("direction", ["up", "down"])
def test_waits_on_a_shared_link_have_the_pollaczek_khinchine_mean(
    play: RunScenario, direction: str, size: str, truth_s: float
) -> None:
    message = {"up": "payload", "down": "update"}[direction]
    link = ["links.lte.shared=true", f"links.lte.{direction}=8 Mbit/s", f"method.adapter.{message}={size}"]
    table = play("crowd", *link).exchanges
    begun, ended = {"up": ("sent_s", "reached_s"), "down": ("served_s", "returned_s")}[direction]
    over = ~np.isnan(table[ended])
    work_s = table[f"{direction}_bytes"] / 1e6
    assert_mean(table[begun][over], (table[ended] - table[begun] - work_s)[over], truth_s)


def test_littles_law_holds_at_the_cloud(play: RunScenario) -> None:
    """The mean number in the system, tick by tick and worker by worker, is the sum of sojourns over time."""
    run = play("crowd", f"cloud.service={EXPONENTIAL}", "cloud.workers=2", "tick=1 s")
    cloud, table = run.table("cloud"), run.exchanges
    seen = cloud["t_s"] > WARM_S
    waiting = float(cloud["queue"][seen].mean())
    rate_per_s = np.diff(cloud["arrived"][seen][[0, -1]])[0] / (END_S - WARM_S)
    waits_s = (table["started_s"] - table["reached_s"])[table["reached_s"] > WARM_S]
    assert waiting == pytest.approx(rate_per_s * np.nanmean(waits_s), rel=0.1)
    assert cloud["busy_share"][seen].mean() == pytest.approx(RHO / 2, rel=0.05)


@pytest.mark.parametrize("queue", ["cloud", "links"])
def test_waits_in_the_tables_are_those_of_the_exchanges(play: RunScenario, queue: str) -> None:
    shared = ["links.lte.shared=true", "links.lte.up=8 Mbit/s", "method.adapter.payload=70 kB"]
    run = play("crowd", *shared, f"cloud.service={EXPONENTIAL}")
    assert recorded_waits_s(run, queue) == pytest.approx(sum_of_waits_s(run, queue), rel=1e-9)


def recorded_waits_s(run: Run, queue: str) -> float:
    """Return the sum of waits that a table of ticks tells [s]."""
    table = run.table(queue)
    rows = table["direction"] == "up" if queue == "links" else slice(None)
    return float(table["waiting_s"][rows].sum())


def sum_of_waits_s(run: Run, queue: str) -> float:
    """Return the sum of waits of all exchanges that began to be served by the end [s]."""
    table = run.exchanges
    if queue == "cloud":
        return float(np.nansum(table["started_s"] - table["reached_s"]))
    # The link ends its work on a message when its last bit arrives: there is no latency here.
    start_s = np.maximum.accumulate(table["sent_s"])
    free_s = np.r_[0.0, table["reached_s"][:-1]]
    return float(np.nansum(np.maximum(start_s, free_s) - table["sent_s"]))


#: 64 messages a second, of 1,953 bytes and 15.6 ms of work, are a load of 1 for 1 Mbit/s and for one worker.
OFFERED = """\
version: 1
duration: 5 min
tick: 10 s
task: none
fleet: [{cohort: phones, devices: 20000, link: cell}]
links: {cell: {up: 100 Mbit/s, down: 100 Mbit/s, shared: true}}
method: {adapter: {kind: probe, payload: 1953 B, update: 40 B}, trigger: {kind: poisson, rate: 1 /min}}
"""
SLOW_LINK = ("links.cell.up=1 Mbit/s",)
SLOW_CLOUD = ("cloud.service=15.6 ms",)


@pytest.mark.parametrize("rho", [0.7, 1.2])
@pytest.mark.parametrize(
    ("where", "slow"),
    [
        ("links.cell.up", (*SLOW_LINK, "links.cell.discipline=fifo")),
        ("links.cell.up", (*SLOW_LINK, "links.cell.discipline=ps")),
        ("links.cell.up", (*SLOW_LINK, "links.cell.discipline=lcfs")),
        ("cloud", (*SLOW_CLOUD, "cloud.queue=fifo")),
        ("cloud", (*SLOW_CLOUD, "cloud.queue=ps")),
    ],
)
def test_what_is_offered_more_than_it_serves_is_named(
    tmp_path: Path, where: str, slow: tuple[str, ...], rho: float
) -> None:
    (tmp_path / "s.yaml").write_text(OFFERED, "utf-8")
    rate = f"method.trigger.rate={60 * 64 / 20000 * rho:g} /min"
    summary = play_file(tmp_path / "s.yaml", tmp_path / "run", (*slow, rate)).summary
    assert summary["overloaded"] == ([where] if rho > 1 else [])
