from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agents.contract import Adapt, Collect, Discard, Install, Order, Phase, Progress
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
    position = {id(order): index for index, order in enumerate(orders)}
    for wave in cut:
        for install in wave.installs:
            after = [c for c in wave.collects if c.device == install.device]
            assert all(position[id(c)] < position[id(install)] for c in after)
        assert len({i.device for i in wave.installs}) == len(wave.installs)
    assert [a for wave in cut for a in wave.adapts] == [o for o in orders if isinstance(o, Adapt)]
    assert [c for wave in cut for c in wave.collects] == [o for o in orders if isinstance(o, Collect)]
    assert [i for wave in cut for i in wave.installs] == [o for o in orders if isinstance(o, Install)]


def test_an_install_is_progress_too_and_a_discard_is_kept() -> None:
    (wave,) = waves([Install(4, 2, 7.0), Discard(5, 3, 8.0)])
    assert wave.progress == [Progress(4, 2, 7.0, Phase.RESIDUAL)]
    assert wave.discards == [Discard(5, 3, 8.0)]
