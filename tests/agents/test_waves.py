from __future__ import annotations

from itertools import pairwise
from math import inf

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agents.contract import Adapt, Collect, Discard, Install, Kind, Order, Orders, Phase, Progress
from agents.waves import waves


def itinerary(draws: list[tuple[int, int]]) -> list[Order]:
    """Turn (device, stage) draws into exchanges told in time order."""
    orders: list[Order] = []
    ticket, under_way = 0, dict[int, tuple[int, int]]()
    for now, (device, _) in enumerate(draws):
        own, stage = under_way.get(device, (-1, 3))
        if stage == 3:
            own, stage, ticket = ticket, 0, ticket + 1
            orders.append(Collect(own, device, float(now)))
        elif stage == 0:
            orders.append(Adapt((own,), float(now)))
            stage = 1
        else:
            orders.append(Install(own, device, float(now)))
            stage = 3
        under_way[device] = (own, stage)
    return orders


@given(st.lists(st.tuples(st.integers(0, 4), st.just(0)), max_size=80))
def test_no_device_collects_or_installs_after_its_own_install_in_a_wave(draws: list[tuple[int, int]]) -> None:
    orders = itinerary(draws)
    cut = list(waves(orders))
    for wave in cut:
        installed_s = dict(zip(wave.installs.device.tolist(), wave.installs.at_s.tolist(), strict=True))
        assert len(installed_s) == len(wave.installs)
        for device, at_s in zip(wave.collects.device.tolist(), wave.collects.at_s.tolist(), strict=True):
            assert at_s < installed_s.get(device, inf)
    told = Orders.of(orders)
    for name, kind in (("collects", Kind.COLLECT), ("installs", Kind.INSTALL)):
        parts = [getattr(wave, name).ticket for wave in cut]
        assert np.array_equal(np.concatenate(parts), told.only(kind).ticket)
    assert np.array_equal(np.concatenate([wave.adapts.ticket for wave in cut]), told.only(Kind.ADAPT).ticket)


@given(st.lists(st.tuples(st.integers(0, 4), st.just(0)), max_size=80))
def test_waves_are_as_long_as_they_can_be(draws: list[tuple[int, int]]) -> None:
    cut = [wave for wave in waves(itinerary(draws)) if len(wave.collects) or len(wave.installs)]
    for wave, following in pairwise(cut):
        first_s = min(part.at_s.min() for part in (following.collects, following.installs) if len(part))
        first = [part.device[part.at_s == first_s] for part in (following.collects, following.installs)]
        assert np.isin(np.concatenate(first), wave.installs.device).any()


def test_an_install_is_progress_too_and_a_discard_is_kept() -> None:
    (wave,) = waves([Install(4, 2, 7.0), Discard(5, 3, 8.0)])
    assert (wave.progress.ticket.tolist(), wave.progress.phase.tolist()) == ([4], [Phase.RESIDUAL])
    assert (wave.discards.ticket.tolist(), wave.discards.device.tolist()) == ([5], [3])


def test_a_request_is_collected_anew_only_after_all_that_befell_its_first_attempt() -> None:
    first = [Collect(0, 1, 1.0), Progress(0, 1, 2.0, Phase.LOST)]
    assert [len(wave.collects) for wave in waves([*first, Collect(0, 1, 3.0)])] == [1, 1]


def test_a_device_that_is_changed_by_handing_over_hands_over_once_in_a_wave() -> None:
    orders = [Collect(0, 1, 1.0), Collect(1, 2, 2.0), Discard(0, 1, 3.0), Collect(2, 1, 4.0), Collect(3, 2, 5.0)]
    assert [wave.collects.ticket.tolist() for wave in waves(orders)] == [[0, 1, 2, 3]]
    assert [wave.collects.ticket.tolist() for wave in waves(orders, writes_on_collect=True)] == [[0, 1], [2, 3]]


def test_the_tickets_of_a_batch_keep_their_order_and_share_a_group() -> None:
    orders = Orders.of([Adapt((7, 3), 1.0), Adapt((5,), 1.0)])
    assert (orders.ticket.tolist(), orders.device.tolist()) == ([7, 3, 5], [0, 1, 0])
    assert next(waves(orders)).adapts.ticket.tolist() == [7, 3, 5]


def test_no_orders_are_one_empty_wave() -> None:
    (wave,) = waves([])
    assert not len(wave.collects)
    assert not len(wave.adapts)
