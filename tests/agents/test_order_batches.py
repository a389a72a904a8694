from __future__ import annotations

from itertools import pairwise
from math import inf

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agents.contract import Phase
from agents.orders import NONE, Kind, Orders, order_batches


def itinerary(draws: list[tuple[int, int]]) -> Orders:
    """Turn (device, stage) draws into the orders of exchanges, in time order."""
    orders: list[tuple[Kind, int, int, float]] = []
    ticket, under_way = 0, dict[int, tuple[int, int]]()
    for now, (device, _) in enumerate(draws):
        own, stage = under_way.get(device, (-1, 3))
        if stage == 3:
            own, stage, ticket = ticket, 0, ticket + 1
            orders.append((Kind.COLLECT, own, device, float(now)))
        elif stage == 0:
            orders.append((Kind.ADAPT, own, device, float(now)))
            stage = 1
        else:
            orders.append((Kind.INSTALL, own, device, float(now)))
            stage = 3
        under_way[device] = (own, stage)
    return Orders.of(orders)


@given(st.lists(st.tuples(st.integers(0, 4), st.just(0)), max_size=80))
def test_no_device_collects_or_installs_after_its_own_install_in_a_wave(draws: list[tuple[int, int]]) -> None:
    orders = itinerary(draws)
    cut = list(order_batches(orders))
    for batch in cut:
        collects, installs = batch.only(Kind.COLLECT), batch.only(Kind.INSTALL)
        installed_s = dict(zip(installs.device.tolist(), installs.at_s.tolist(), strict=True))
        assert len(installed_s) == len(installs)
        for device, at_s in zip(collects.device.tolist(), collects.at_s.tolist(), strict=True):
            assert at_s < installed_s.get(device, inf)
    assert np.array_equal(np.concatenate([batch.ticket for batch in cut]), orders.ticket)


@given(st.lists(st.tuples(st.integers(0, 4), st.just(0)), max_size=80))
def test_waves_are_as_long_as_they_can_be(draws: list[tuple[int, int]]) -> None:
    kinds = (Kind.COLLECT, Kind.INSTALL)
    cut = [batch for batch in order_batches(itinerary(draws)) if len(batch.only(*kinds))]
    for batch, following in pairwise(cut):
        first = following.only(*kinds)
        opening = first.device[first.at_s == first.at_s.min()]
        assert np.isin(opening, batch.only(Kind.INSTALL).device).any()


def test_an_install_enters_a_phase_and_a_discard_need_not() -> None:
    (batch,) = order_batches(Orders.of([(Kind.INSTALL, 4, 2, 7.0, Phase.RESIDUAL), (Kind.DISCARD, 5, 3, 8.0)]))
    assert (batch.entering.ticket.tolist(), batch.entering.phase.tolist()) == ([4], [Phase.RESIDUAL])
    discards = batch.only(Kind.DISCARD)
    assert (discards.ticket.tolist(), discards.device.tolist()) == ([5], [3])


def test_a_request_is_collected_anew_only_after_all_that_befell_its_first_attempt() -> None:
    first = [(Kind.COLLECT, 0, 1, 1.0), (Kind.NOTE, 0, 1, 2.0, Phase.LOST)]
    assert [
        len(batch.only(Kind.COLLECT)) for batch in order_batches(Orders.of([*first, (Kind.COLLECT, 0, 1, 3.0)]))
    ] == [1, 1]


def test_a_device_that_is_changed_by_handing_over_hands_over_once_in_a_wave() -> None:
    collects = [(Kind.COLLECT, ticket, 1 + ticket % 2, float(ticket)) for ticket in range(4)]
    orders = Orders.of([*collects[:2], (Kind.DISCARD, 0, 1, 1.5), *collects[2:]])
    assert [batch.only(Kind.COLLECT).ticket.tolist() for batch in order_batches(orders)] == [[0, 1, 2, 3]]
    assert [batch.only(Kind.COLLECT).ticket.tolist() for batch in order_batches(orders, writes_on_collect=True)] == [
        [0, 1],
        [2, 3],
    ]


def test_no_orders_are_one_empty_wave() -> None:
    (batch,) = order_batches(NONE)
    assert not len(batch)
