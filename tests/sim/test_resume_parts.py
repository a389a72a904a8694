"""The small parts of resuming: the digest of orders, the pace of checkpoints, and the wish to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agents.contract import Adapt, Collect, Discard, Install, Order, Phase, Progress
from sim.resuming.order_digest import OrderDigest
from sim.resuming.pace import REST, Pace
from sim.resuming.stopping import Stop

ORDERS: list[Order] = [
    Collect(1, 5, 0.5),
    Progress(1, 5, 0.5, Phase.UPLINK),
    Adapt((1, 2), 0.75),
    Install(1, 5, 1.0),
]
ROOT = Path(__file__).resolve().parents[2]


def digest(*handed_over: list[Order]) -> bytes:
    """Return the digest of one tick."""
    orders = OrderDigest()
    for some in handed_over:
        orders.feed(some)
    return orders.close()


def test_a_digest_tells_kinds_tickets_batches_and_times_apart() -> None:
    others: list[list[Order]] = [
        ORDERS[:-1],
        [*ORDERS, ORDERS[0]],
        [*ORDERS[:-1], Discard(1, 5, 1.0)],
        [*ORDERS[:-1], Install(1, 5, 1.0 + 2**-50)],
        [*ORDERS[:-1], Install(2, 5, 1.0)],
        [*ORDERS[:2], Adapt((2, 1), 0.75), ORDERS[3]],
        [ORDERS[0], Progress(1, 5, 0.5, Phase.SERVICE), *ORDERS[2:]],
        [],
    ]
    assert len({digest(orders) for orders in [ORDERS, *others]}) == 1 + len(others)


def test_orders_of_a_tick_count_however_they_are_handed_over() -> None:
    assert digest(ORDERS) == digest(ORDERS[:1], ORDERS[1:]) == digest(ORDERS[::-1])


def test_a_digest_begins_anew_with_each_tick() -> None:
    orders = OrderDigest()
    orders.feed(ORDERS)
    assert orders.close() == digest(ORDERS)
    assert orders.close() == digest([])
    orders.feed(ORDERS)
    assert orders.close() == digest(ORDERS)


def test_every_process_gives_the_same_digest() -> None:
    code = (
        "from agents.contract import Collect, Progress, Phase\n"
        "from sim.resuming.order_digest import OrderDigest\n"
        "orders = OrderDigest()\n"
        "orders.feed([Collect(1, 5, 0.5), Progress(1, 5, 0.5, Phase.UPLINK)])\n"
        "print(orders.close().hex())\n"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": salt},
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout.strip()
        for salt in ("1", "2")
    ]
    assert told == [digest(ORDERS[:2]).hex()] * 2


def test_a_named_pace_is_kept_and_off_is_never() -> None:
    assert not Pace("off").due()
    assert not Pace("auto").due()
    pace = Pace(0.02)
    assert not pace.due()
    time.sleep(0.03)
    assert pace.due()
    pace.took(5.0)
    assert not pace.due()
    time.sleep(0.03)
    assert pace.due()


def test_the_automatic_pace_rests_long_after_what_took_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.resuming.pace.LEAST_S", 0.0)
    pace = Pace("auto")
    assert pace.due()
    pace.took(0.05 / REST)
    assert not pace.due()
    time.sleep(0.06)
    assert pace.due()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_heard_at_once_unless_it_is_deferred(number: signal.Signals) -> None:
    stop = Stop()
    with stop.heard():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        with stop.deferred():
            signal.raise_signal(number)
            assert stop.asked
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(number)


def test_a_tick_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.resuming.stopping.PATIENCE_S", 0.05)
    stop = Stop()
    with stop.heard(), stop.deferred():
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            time.sleep(30.0)


def test_signals_are_as_they_were_afterwards() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with Stop().heard():
        assert signal.getsignal(signal.SIGTERM) != before[1]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
