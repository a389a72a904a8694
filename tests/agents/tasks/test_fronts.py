from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare, kstest

from agents.tasks.base import Place
from agents.tasks.fronts import AtOnce, Front, coordinates, read_front

PLACES = [Place(0, block, 256) for block in range(8)]
WAVE = {"wave": {"crosses_fleet_in": 120.0}}
GROUPS = {"groups": {"count": 4, "apart": 30.0}}
INDEPENDENT = {"independent": {"within": 300.0}}


def delays_s(front: Front, line: int = 0, seed: int = 3) -> np.ndarray:
    return np.concatenate([front.delays_s(place, seed, line) for place in PLACES])


def test_a_wave_and_independent_times_are_uniform() -> None:
    assert kstest(delays_s(read_front(WAVE)) / 120.0, "uniform").pvalue > 1e-3
    assert kstest(delays_s(read_front(INDEPENDENT)) / 300.0, "uniform").pvalue > 1e-3


def test_groups_are_as_large_as_each_other_and_apart() -> None:
    front = read_front(GROUPS)
    when_s, sizes = np.unique(delays_s(front), return_counts=True)
    assert when_s.tolist() == [0.0, 30.0, 60.0, 90.0]
    assert chisquare(sizes).pvalue > 1e-3
    assert front.spread_s == 90.0


def test_a_wave_comes_the_same_way_every_time_but_independent_times_are_drawn_anew() -> None:
    wave, independent = read_front(WAVE), read_front(INDEPENDENT)
    assert (delays_s(wave, line=0) == delays_s(wave, line=5)).all()
    assert abs(np.corrcoef(delays_s(independent, line=0), delays_s(independent, line=5))[0, 1]) < 0.1
    assert abs(np.corrcoef(delays_s(independent), delays_s(wave))[0, 1]) < 0.1


def test_groups_are_neighbours_on_the_way_of_the_wave() -> None:
    where, group = coordinates(PLACES[0], 3), read_front(GROUPS).delays_s(PLACES[0], 3, 0)
    assert (np.diff(group[where.argsort()]) >= 0).all()


@pytest.mark.parametrize("options", [WAVE, GROUPS, INDEPENDENT, {}])
def test_a_device_has_one_time_whatever_the_block_it_is_in(options: dict[str, Any]) -> None:
    front = read_front(options)
    narrow = np.concatenate([front.delays_s(Place(1, block, 64), 3, 2) for block in range(4)])
    assert (front.delays_s(Place(1, 0, 256), 3, 2) == narrow).all()
    assert front.delays_s(PLACES[0], 3, 0).max() <= front.spread_s


def test_only_one_way_at_once() -> None:
    assert read_front({"mixing": "linear"}) == AtOnce()
    with pytest.raises(ValueError, match="wave and groups exclude each other"):
        read_front({**WAVE, **GROUPS})
