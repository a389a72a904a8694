"""The physics of the simulator against closed forms: each case is a scenario, an expected value and a verdict.

>>> from sim.verify.cases import verify
>>> verify(["transfer"])[0].ok
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sim.verify import (
    availability,
    clouds,
    conservation,
    large,
    losses,
    queueing,
    rounds,
    sharing,
    transfers,
    varying_rates,
)
from sim.verify.findings import Finding, Verdict, verdict_table

__all__ = ["CASES", "Verdict", "summary_of", "verdict_table", "verify"]

#: Name -> what plays it. The formula and its source are in the docstring of each.
CASES: dict[str, Callable[[], Finding]] = {
    "transfer": transfers.one_transfer,
    "transfer.headers": transfers.headers,
    "fifo.lindley": transfers.lindley,
    "fifo.mm1": queueing.mm1_link,
    "fifo.md1": queueing.md1_link,
    "fifo.age": queueing.fifo_age,
    "ps.two_transfers": sharing.two_transfers,
    "ps.weights": sharing.weights,
    "ps.water_filling": sharing.water_filling,
    "ps.weights_heavy": large.weights_heavy,
    "ps.weights_light": large.weights_light,
    "ps.insensitivity": large.ps_insensitivity,
    "ps.exponential": queueing.ps_exponential,
    "ps.constant": queueing.ps_constant,
    "ps.hyperexponential": queueing.ps_hyperexponential,
    "maxmin.two_links": sharing.two_links,
    "maxmin.random_graph": sharing.random_graph,
    "maxmin.three_hops": sharing.three_hops,
    "lcfs.sojourn": queueing.lcfs_sojourn,
    "lcfs.delivered": queueing.lcfs_delivered,
    "lcfs.age": queueing.lcfs_age,
    "rate.trace": varying_rates.trace_integral,
    "rate.shared_trace": varying_rates.shared_trace,
    "rate.opportunities": varying_rates.opportunities,
    "rate.outage": varying_rates.outage,
    "rate.contacts": varying_rates.contacts,
    "rate.token_bucket": varying_rates.token_bucket,
    "loss.repaired_bytes": losses.repaired_bytes,
    "loss.stop_and_wait": losses.stop_and_wait,
    "loss.burst": losses.burst_loss,
    "loss.burst_survival": losses.burst_survival,
    "loss.retries": losses.retries,
    "device.share_of_time": availability.share_of_time,
    "device.pause": availability.pause,
    "device.day": availability.day,
    "device.age_sawtooth": availability.sawtooth,
    "cloud.kiefer_wolfowitz": transfers.kiefer_wolfowitz,
    "cloud.mm1": clouds.mm1_cloud,
    "cloud.md1": clouds.md1_cloud,
    "cloud.mg1_uniform": clouds.mg1_uniform,
    "cloud.mg1_lognormal": clouds.mg1_lognormal,
    "cloud.many_workers": large.many_workers,
    "cloud.erlang_c": clouds.erlang_wait,
    "cloud.erlang_b": clouds.erlang_loss,
    "cloud.lcfs": clouds.lcfs_cloud,
    "cloud.lcfs_order": clouds.lcfs_order,
    "cloud.ps": clouds.ps_cloud,
    "cloud.batch": clouds.batching,
    "cloud.failure": clouds.failure,
    "cloud.busy_time": clouds.busy_time,
    "rounds.synchronous": rounds.synchronous,
    "rounds.semi_asynchronous": rounds.semi_asynchronous,
    "rounds.asynchronous": rounds.asynchronous,
    "little.link": conservation.little_link,
    "little.cloud": conservation.little_cloud,
    "bytes.every_row": conservation.bytes_on_every_row,
    "bytes.at_the_end": conservation.bytes_at_the_end,
    "overload": conservation.overload,
}


def verify(names: Iterable[str] = ()) -> list[Verdict]:
    """Run the named cases, by default all, and return their verdicts in order.

    Raises:
        KeyError: no case of that name.
    """
    played = [(name, CASES[name]()) for name in list(names) or CASES]
    return [Verdict(name, found.truth, found.simulated, found.half_width, found.ok) for name, found in played]


def summary_of(name: str) -> str:
    """Return what a case claims, in one line."""
    return (CASES[name].__doc__ or "").strip().splitlines()[0]
