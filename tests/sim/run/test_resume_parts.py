"""The small parts of resuming: the digest of orders, the pace of checkpoints, and the wish to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from math import inf
from pathlib import Path
from typing import Any

import pytest

from agents.contract import ExchangeKind, Exchanges, Outcome
from sim.run.resuming.checkpoints import REST, CheckpointInterval
from sim.run.resuming.interrupts import StopRequest
from sim.run.resuming.order_digest import OrderDigest

#: Of two exchanges: one is served together with the other, and installed.
ROWS: list[tuple[Any, ...]] = [
    (ExchangeKind.UPDATE, 1, 5, 0, 1, (0.5, inf, inf, 0.75, 1.0), Outcome.INSTALLED, 0b11001),
    (ExchangeKind.UPDATE, 2, 6, 0, 1, (0.25, inf, inf, 0.75, inf), Outcome.IN_FLIGHT, 0b01000),
]
ROOT = Path(__file__).resolve().parents[3]


def digest(*handed_over: list[tuple[Any, ...]]) -> bytes:
    """Return the digest of one tick."""
    orders = OrderDigest()
    for some in handed_over:
        orders.feed(Exchanges.of(some))
    return orders.close()


def changed(place: int, value: object) -> list[tuple[Any, ...]]:
    """Return the rows with one value of the first changed."""
    first = list(ROWS[0])
    first[place] = value
    return [tuple(first), ROWS[1]]


def test_a_digest_tells_kinds_tickets_groups_times_and_outcomes_apart() -> None:
    others: list[list[tuple[Any, ...]]] = [
        ROWS[:1],
        [*ROWS, ROWS[0]],
        changed(0, ExchangeKind.REPORT),
        changed(1, 3),
        changed(2, 4),
        changed(4, 2),
        changed(5, (0.5, inf, inf, 0.75, 1.0 + 2**-50)),
        changed(6, Outcome.LOST),
        changed(7, 0b01001),
        [],
    ]
    assert len({digest(rows) for rows in [ROWS, *others]}) == 1 + len(others)


def test_stages_of_a_tick_count_however_they_are_handed_over() -> None:
    parts = [[(*ROWS[0][:7], news)] for news in (0b00001, 0b01000, 0b10000)]
    assert digest(ROWS) == digest(ROWS[:1], ROWS[1:]) == digest(ROWS[::-1]) == digest(*parts, ROWS[1:])


def test_a_digest_begins_anew_with_each_tick() -> None:
    orders, rows = OrderDigest(), Exchanges.of(ROWS)
    orders.feed(rows)
    assert orders.close() == digest(ROWS)
    assert orders.close() == digest([])
    orders.feed(rows)
    assert orders.close() == digest(ROWS)


def test_every_process_gives_the_same_digest() -> None:
    code = (
        "from agents.contract import Exchanges\n"
        "from sim.run.resuming.order_digest import OrderDigest\n"
        "orders = OrderDigest()\n"
        "orders.feed(Exchanges.of([(0, 1, 5, 0, 1, (0.5, 0.6, 9, 9, 9), 0, 3)]))\n"
        "print(orders.close().hex())\n"
    )
    reported = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": salt},
            capture_output=True,
            text=True,
            timeout=300,
        ).stdout.strip()
        for salt in ("1", "2")
    ]
    assert reported == [digest([(0, 1, 5, 0, 1, (0.5, 0.6, 9, 9, 9), 0, 3)]).hex()] * 2


def test_a_named_pace_is_kept_and_off_is_never() -> None:
    assert not CheckpointInterval("off").due()
    assert not CheckpointInterval("auto").due()
    interval = CheckpointInterval(0.02)
    assert not interval.due()
    time.sleep(0.03)
    assert interval.due()
    interval.took(5.0)
    assert not interval.due()
    time.sleep(0.03)
    assert interval.due()


def test_the_automatic_pace_rests_long_after_what_took_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.run.resuming.checkpoints.LEAST_S", 0.0)
    interval = CheckpointInterval("auto")
    assert interval.due()
    interval.took(0.05 / REST)
    assert not interval.due()
    time.sleep(0.06)
    assert interval.due()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_heard_at_once_unless_it_is_deferred(number: signal.Signals) -> None:
    with StopRequest().handled(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)
    stop = StopRequest()
    with stop.handled(), stop.deferred():
        signal.raise_signal(number)
        assert stop.asked
        stop.raise_lost()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_that_a_finaliser_swallows_is_heard_at_the_next_tick() -> None:
    class Ending:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGTERM)

    stop = StopRequest()
    with stop.handled():
        stop.raise_lost()
        one: Ending | None = Ending()
        # Python prints what is raised here, and goes on.
        one = None
        assert one is None
        with pytest.raises(KeyboardInterrupt):
            stop.raise_lost()


def test_what_may_not_be_disturbed_ends_before_a_signal_is_heard() -> None:
    stop, ended = StopRequest(), list[bool]()

    def loading() -> None:
        with stop.handled(), stop.undisturbed():
            signal.raise_signal(signal.SIGTERM)
            ended.append(True)

    with pytest.raises(KeyboardInterrupt):
        loading()
    assert ended


def test_a_tick_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.run.resuming.interrupts.TIME_LIMIT_S", 0.05)
    stop = StopRequest()
    with stop.handled(), stop.deferred():
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            time.sleep(30.0)


def test_signals_are_as_they_were_afterwards() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with StopRequest().handled():
        assert signal.getsignal(signal.SIGTERM) != before[1]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
