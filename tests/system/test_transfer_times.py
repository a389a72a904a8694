"""One message at a time, against arithmetic done by hand: latency, bandwidth, and waiting in line."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from run_commands import RunScenario, Table

#: Data rates as people write them -> bit/s.
RATES = {
    "1 bit/s": 1.0,
    "300 bit/s": 300.0,
    "56 kbit/s": 56e3,
    "7 kB/s": 56e3,
    "7 KiB/s": 8 * 7 * 1024.0,
    "2.5 Mbit/s": 2.5e6,
    "1 MiB/s": 8 * 1024.0**2,
    "3 Kibit/s": 3 * 1024.0,
    "1 Gbit/s": 1e9,
    "4 TB/s": 32e12,
}
#: Sizes as people write them -> bytes.
SIZES = {"1 B": 1, "20 KiB": 20_480, "3 MB": 3_000_000}
ONE_ASK = "method.trigger={kind: at, times: [0.7 s], devices: [0]}"


@pytest.mark.parametrize("rate", RATES)
def test_a_lone_message_takes_its_latency_and_its_bits_over_the_rate(play: RunScenario, rate: str) -> None:
    sides = {"up": ("payload", "sent_s", "reached_s"), "down": ("update", "served_s", "returned_s")}
    for size, (way, (message, begun, ended)) in product(SIZES, sides.items()):
        reported = ["links.lte.latency=87.5 ms", f"links.lte.{way}={rate}", "duration=400 d", "tick=100 d"]
        empty = ["method.adapter.payload=0 B", "method.adapter.update=0 B"]
        run = play("timing", ONE_ASK, *reported, *empty, f"method.adapter.{message}={size}")
        exact_s = 0.0875 + 8 * SIZES[size] / RATES[rate]
        assert took_s(run.exchanges, begun, ended) == pytest.approx(exact_s, rel=1e-9)


def took_s(table: Table, begun: str, ended: str) -> float:
    """Return the time between two stages of the only exchange [s]."""
    return float(table[ended][0] - table[begun][0])


#: How a link is shared among the forty phones -> the instance that serves each device.
SHARINGS = {
    "private": lambda device: device,
    "shared": lambda device: 0 * device,
    "by 7": lambda device: device // 7,
}
WRITTEN = {"private": "", "shared": ", shared: true", "by 7": ", shared_by: 7 devices"}


@pytest.mark.parametrize("sharing", SHARINGS)
def test_waits_on_a_link_follow_lindleys_recursion(play: RunScenario, sharing: str) -> None:
    rate = 6e3 if sharing == "private" else 200e3
    run = play(
        "timing",
        f"links.lte={{up: {rate:g} bit/s, down: {rate:g} bit/s, latency: 120 ms{WRITTEN[sharing]}}}",
        "method.adapter.payload={exponential: {mean: 15 kB}}",
        "method.adapter.update={uniform: {low: 1 kB, high: 30 kB}}",
        "cloud.service={exponential: {mean: 200 ms}}",
    )
    table = run.exchanges
    instance = SHARINGS[sharing](table["device"])
    waited = 0
    for began, ended, nbytes in (
        ("sent_s", "reached_s", "up_bytes"),
        ("served_s", "returned_s", "down_bytes"),
    ):
        end_s = lindley_s(instance, table[began], 8 * table[nbytes] / rate)
        arrive_s = np.where(end_s + 0.120 <= 600.0, end_s + 0.120, np.nan)
        assert table[ended] == pytest.approx(arrive_s, rel=1e-12, nan_ok=True)
        waited += (end_s - table[began] > 8.001 * table[nbytes] / rate).sum()
    assert waited > 100


def lindley_s(instance: np.ndarray, offered_s: np.ndarray, work_s: np.ndarray) -> np.ndarray:
    """Return when each piece of work ends at its first-come-first-served instance (Lindley, 1952)."""
    free_s: dict[int, float] = {}
    end_s = np.full(len(offered_s), np.nan)
    for row in np.argsort(offered_s, kind="stable"):
        if not np.isnan(offered_s[row]):
            end_s[row] = max(offered_s[row], free_s.get(instance[row], 0.0)) + work_s[row]
            free_s[instance[row]] = end_s[row]
    return end_s


def test_nothing_arrives_over_a_dead_link_and_the_run_still_ends(play: RunScenario) -> None:
    run = play("timing", "links.lte.up=0 bit/s")
    table, links = run.exchanges, run.table("links")
    assert len(table["ticket"]) > 100
    assert np.isnan(table["reached_s"]).all()
    assert set(table["outcome"]) <= {"in_flight", "superseded"}
    up = links["direction"] == "up"
    assert links["in_flight_bytes"][up][-1] == table["up_bytes"].sum() > 0
    assert links["delivered_bytes"].sum() == 0


def test_an_infinitely_small_message_still_takes_the_latency(play: RunScenario) -> None:
    table = play(
        "timing",
        ONE_ASK,
        *(f"method.adapter.{part}=0 B" for part in ("payload", "update")),
        "cloud.service=0 s",
    ).exchanges
    assert table["installed_s"][0] - table["sent_s"][0] == pytest.approx(0.1, rel=1e-12)


def test_headers_weigh_on_every_message(play: RunScenario) -> None:
    table = play("timing", ONE_ASK, "links.lte.header=60 B").exchanges
    assert (table["up_bytes"][0], table["down_bytes"][0]) == (20_060, 40_060)
    assert took_s(table, "sent_s", "reached_s") == pytest.approx(0.05 + 8 * 20_060 / 1e6, rel=1e-9)


def test_phases_of_a_fleet_are_its_own_unless_told_otherwise(play: RunScenario) -> None:
    own = play("timing", "method.trigger={kind: periodic, every: 30 s}").exchanges
    assert len(np.unique(own["requested_s"])) == len(own["ticket"]) == 40 * 20
    lockstep = play("timing", "method.trigger={kind: periodic, every: 30 s, phase: 0 s}").exchanges
    assert np.unique(lockstep["requested_s"]).tolist() == [30.0 * turn for turn in range(1, 21)]
