from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np

from agents.contract import ExchangeKind, Exchanges, Outcome, Phase, Stage, news_of
from agents.orders import Kind, Orders, orders_of

ALL = 0b11111


def row(ticket: int, outcome: Outcome, *at_s: float, **other: Any) -> tuple[Any, ...]:
    """Return one attempt of device 10 + ticket, all of whose given times are news."""
    times = (*at_s, *[inf] * (5 - len(at_s)))
    kind, attempt = other.get("kind", ExchangeKind.UPDATE), other.get("attempt", 0)
    return kind, ticket, 10 + ticket, attempt, other.get("group", ticket), times, outcome, (1 << len(at_s)) - 1


def reported(orders: Orders) -> list[tuple[str, int, float]]:
    return [
        (Kind(kind).name, ticket, at_s)
        for kind, ticket, at_s in zip(orders.kind, orders.ticket.tolist(), orders.at_s.tolist(), strict=True)
    ]


def test_an_update_is_collected_adapted_to_and_installed() -> None:
    orders = orders_of(Exchanges.of([row(3, Outcome.INSTALLED, 1.0, 2.0, 3.0, 4.0, 5.0)]))
    assert reported(orders) == [
        ("COLLECT", 3, 1.0),
        ("NOTE", 3, 2.0),
        ("NOTE", 3, 3.0),
        ("ADAPT", 3, 4.0),
        ("INSTALL", 3, 5.0),
    ]
    phases = [Phase.UPLINK, Phase.CLOUD_QUEUE, Phase.SERVICE, Phase.DOWNLINK, Phase.RESIDUAL]
    assert orders.phase.tolist() == phases


def test_only_news_is_ordered() -> None:
    known = (*row(3, Outcome.INSTALLED, 1.0, 2.0, 3.0, 4.0, 5.0)[:7], 0b10000)
    assert reported(orders_of(Exchanges.of([known]))) == [("INSTALL", 3, 5.0)]


def test_what_is_lost_is_a_phase_and_what_comes_too_late_is_none() -> None:
    lost, late = row(0, Outcome.LOST, 1.0, inf, inf, inf, 2.0), row(1, Outcome.SUPERSEDED, 1.0, inf, inf, inf, 2.0)
    for one, phases in ((lost, [Phase.LOST]), (late, [])):
        orders = orders_of(Exchanges.of([(*one[:7], 1 << Stage.ENDED)]))
        assert [kind for kind, _, _ in reported(orders)] == ["DISCARD"]
        assert orders.entering.phase.tolist() == phases


def test_at_one_moment_the_older_ticket_and_the_earlier_attempt_go_first() -> None:
    again = [row(0, Outcome.LOST, 1.0, inf, inf, inf, 1.0), row(0, Outcome.IN_FLIGHT, 1.0, attempt=1)]
    rows = [row(1, Outcome.IN_FLIGHT, 1.0), *again[::-1]]
    orders = orders_of(Exchanges.of([(*one[:7], one[7] & 0b10001) for one in rows]))
    kinds = ["COLLECT", "DISCARD", "COLLECT", "COLLECT"]
    assert [kind for kind, _, _ in reported(orders)] == kinds
    assert orders.ticket.tolist() == [0, 0, 0, 1]


def test_tickets_that_are_served_together_share_a_group() -> None:
    rows = [row(ticket, Outcome.IN_FLIGHT, 0.0, 0.5, 1.0, 2.0, group=4) for ticket in (4, 7)]
    adapts = orders_of(Exchanges.of(rows)).only(Kind.ADAPT)
    assert (adapts.ticket.tolist(), adapts.device.tolist(), adapts.group.tolist()) == ([4, 7], [14, 17], [4, 4])


def test_each_kind_of_exchange_has_orders_of_its_own() -> None:
    times = (1.0, 2.0, 3.0, 4.0, 5.0)
    expected = {
        ExchangeKind.LEARN: ["LEARN", "ADOPT"],
        ExchangeKind.PUSH: ["BROADCAST", "INSTALL"],
        ExchangeKind.REPORT: ["COLLECT", "NOTE", "NOTE", "ADAPT", "CONFIRM"],
        ExchangeKind.EXPIRY: ["EXPIRE"],
    }
    for kind, orders in expected.items():
        done = Exchanges.of([row(0, Outcome.INSTALLED, *times, kind=kind)])
        assert [name for name, _, _ in reported(orders_of(done))] == orders


def test_news_is_what_has_come_and_was_not_known() -> None:
    at_s = np.array([[1.0, 1.0, 1.0], [2.0, 2.0, nan], [3.0, inf, nan], [4.0, inf, nan], [5.0, inf, nan]])
    assert news_of(at_s, np.array([0, 1, 0], np.uint8), 3.0).tolist() == [0b111, 0b10, 0b1]
    assert news_of(at_s, np.array([ALL, 0, 1], np.uint8), inf).tolist() == [0, ALL, 0]
