from __future__ import annotations

from sim.exchanges.in_flight import Drop, Queue, Replace
from sim.kernel.records import SUPERSEDED, Exchange, ExchangeDraws


def exchange(ticket: int, device: int = 0) -> Exchange:
    return Exchange(ticket, device, 0, 0.0, ExchangeDraws(1, 1, (0.0,), (0.0,), 0.0))


def test_drop_lets_one_exchange_of_a_device_through_at_a_time() -> None:
    policy, first = Drop(), exchange(0)
    assert policy.admit(first)
    assert not policy.admit(exchange(1))
    assert policy.admit(exchange(2, device=1))
    assert policy.dropped == 1
    assert policy.release(first) is None
    assert policy.admit(exchange(3))


def test_replace_lets_the_newest_through_and_supersedes_the_older() -> None:
    policy, first, second = Replace(), exchange(0), exchange(1)
    assert policy.admit(first)
    assert policy.admit(second)
    assert first.outcome is SUPERSEDED
    policy.release(first)
    third = exchange(2)
    assert policy.admit(third)
    assert second.outcome is SUPERSEDED
    policy.release(third)
    policy.admit(exchange(3))
    assert third.outcome is not SUPERSEDED


def test_queue_lets_exchanges_leave_one_after_the_other() -> None:
    policy, first, second, third = Queue(), exchange(0), exchange(1), exchange(2)
    assert [policy.admit(x) for x in (first, second, third)] == [True, False, False]
    assert policy.release(first) is second
    assert policy.release(second) is third
    assert policy.release(third) is None
    assert policy.admit(exchange(3))
