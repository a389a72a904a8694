"""What may change in the middle of a run, what may not, and how triggers and chances take over."""

from __future__ import annotations

from math import inf
from pathlib import Path

import numpy as np
import pytest

from sim.run.forking.changes import ForkError, moment_of, require_possible
from sim.run.forking.switched import SwitchedTrigger
from sim.scenario import load
from sim.triggers.base import Trigger
from sim.triggers.every_samples import EverySamples, EverySamplesOptions
from sim.triggers.periodic import Periodic, PeriodicOptions
from sim.triggers.poisson import Poisson, PoissonOptions

TIMING = Path(__file__).resolve().parents[2] / "system" / "timing.yaml"
FREE = [
    "method.trigger={kind: periodic, every: 1 min}",
    "links.lte.up=5 Mbit/s",
    "links.lte.down={markov: {states: [1 Mbit/s, 0 bit/s], stay: [3 s, 1 s]}}",
    "links.lte.latency={exponential: {mean: 50 ms}}",
    "links.lte.jitter=5 ms",
    "cloud.service={exponential: {mean: 5 ms}}",
    "method.adapter.payload=1 kB",
    "name=another",
]
BOUND = [
    "seed=3",
    "duration=20 min",
    "tick=5 s",
    "fleet.0.devices=41",
    "fleet.0.availability={on: 1 min, off: 1 min}",
    "method.in_flight=drop",
    "cloud.workers=2",
    "cloud.queue=lcfs",
    "links.lte.loss=1 %",
    "links.lte.discipline=ps",
    "links.lte.shared=true",
]


def test_a_tick_is_known_however_it_is_rounded() -> None:
    scenario = load(TIMING, ["tick=100 ms"])
    assert [moment_of(scenario, at_s) for at_s in (0.3, 0.6, 0.7)] == [3 * 0.1, 6 * 0.1, 7 * 0.1]
    with pytest.raises(ForkError, match=r"--at 350 ms is no tick: write 300 ms \(ticks are 100 ms\)"):
        moment_of(scenario, 0.35)


@pytest.mark.parametrize("change", FREE)
def test_what_the_past_does_not_rest_on_may_change(change: str) -> None:
    require_possible(load(TIMING), load(TIMING, [change]), 60.0)


@pytest.mark.parametrize("change", BOUND)
def test_what_the_past_rests_on_is_refused_by_name(change: str) -> None:
    with pytest.raises(ForkError) as refused:
        require_possible(load(TIMING), load(TIMING, [change]), 60.0)
    assert str(refused.value).startswith(change.partition("=")[0])
    assert "cannot change at 1 min" in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("given", "change", "why"),
    [
        ("links.lte.discipline=ps", "links.lte.up=2 Mbit/s", "shared out"),
        ("links.lte.discipline=lcfs", "links.lte.down=3 Mbit/s", "shared out"),
        (
            "links.lte.up={rate: 1 Mbit/s, bucket: {rate: 1 kbit/s, burst: 1 kB}}",
            "links.lte.up.rate=5 Mbit/s",
            "bucket",
        ),
        ("cloud.batch={max: 4, wait: 1 s}", "cloud.service=3 ms", "batches"),
    ],
)
def test_what_looks_free_may_be_bound(given: str, change: str, why: str) -> None:
    with pytest.raises(ForkError, match=why):
        require_possible(load(TIMING, [given]), load(TIMING, [given, change]), 60.0)


def test_packets_and_a_fluid_cannot_take_over_from_each_other(tmp_path: Path) -> None:
    (tmp_path / "packets.up").write_text("1\n5\n9\n", encoding="utf-8")
    with pytest.raises(ForkError, match=r"links.lte.up.*packets"):
        require_possible(load(TIMING), load(TIMING, [f"links.lte.up={{trace: {tmp_path / 'packets.up'}}}"]), 60.0)


@pytest.mark.parametrize(
    ("at_s", "reported"), [(61.0, "write 1 min"), (0.0, "within"), (600.0, "within"), (1e9, "within")]
)
def test_a_fork_begins_at_a_tick_within_the_run(at_s: float, reported: str) -> None:
    with pytest.raises(ForkError, match=reported):
        require_possible(load(TIMING), load(TIMING), at_s)


def periodic(every_s: float) -> Trigger:
    return Periodic(1, 4, 10.0, PeriodicOptions(every=every_s))


def poisson(seed: int, rate_per_s: float) -> Trigger:
    return Poisson(seed, 4, 10.0, PoissonOptions(rate=rate_per_s))


def every_samples(n: int) -> Trigger:
    return EverySamples(1, 4, 10.0, EverySamplesOptions(n=n))


def relayed(first: Trigger, second: Trigger, at_s: float, seen: bool = True) -> list[tuple[int, float, int]]:
    """Return the asks of four devices over ten ticks of 10 s: (device, time, number)."""
    relay = SwitchedTrigger(4, [(at_s, first), (inf, second)])
    asks = []
    for tick in range(10):
        signals = {"samples": np.full(4, 10 * tick)} if seen and tick else {}
        some = relay.plan(10.0 * tick, 10.0 * (tick + 1), signals)
        asks += list(zip(some.device.tolist(), some.at_s.tolist(), some.number.tolist(), strict=True))
    return asks


def test_each_trigger_is_heard_in_its_own_time_alone() -> None:
    asks = relayed(poisson(1, 0.1), periodic(20.0), 50.0)
    alone = relayed(poisson(1, 0.1), poisson(1, 0.1), 100.0)
    second = relayed(periodic(20.0), periodic(20.0), 100.0)
    assert [ask for ask in asks if ask[1] <= 50.0] == [ask for ask in alone if ask[1] <= 50.0]
    assert [ask[:2] for ask in asks if ask[1] > 50.0] == [ask[:2] for ask in second if ask[1] > 50.0]


def test_numbers_of_asks_go_on() -> None:
    asks = relayed(periodic(15.0), poisson(2, 0.2), 50.0)
    for device in range(4):
        assert [number for own, _, number in asks if own == device] == list(
            range(sum(ask[0] == device for ask in asks))
        )


def test_a_trigger_that_watches_begins_when_it_can_see() -> None:
    asks = relayed(periodic(15.0), every_samples(25), 50.0)
    assert min(at_s for _, at_s, _ in asks if at_s > 50.0) > 70.0
    blind = relayed(
        periodic(15.0),
        every_samples(25),
        50.0,
        seen=False,
    )
    assert max(at_s for _, at_s, _ in blind) <= 50.0
