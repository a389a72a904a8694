from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare, kstest

from agents.drift.onset import Onset, Simultaneous, coordinates, read_onset
from agents.streams.base import BlockId

BLOCKS = [BlockId(0, block, 256) for block in range(8)]
WAVE = {"wave": {"crosses_fleet_in": 120.0}}
GROUPS = {"groups": {"count": 4, "apart": 30.0}}
INDEPENDENT = {"independent": {"within": 300.0}}


def delays_s(onset: Onset, line: int = 0, seed: int = 3) -> np.ndarray:
    return np.concatenate([onset.delays_s(place, seed, line) for place in BLOCKS])


def test_a_wave_and_independent_times_are_uniform() -> None:
    assert kstest(delays_s(read_onset(WAVE)) / 120.0, "uniform").pvalue > 1e-3
    assert kstest(delays_s(read_onset(INDEPENDENT)) / 300.0, "uniform").pvalue > 1e-3


def test_groups_are_as_large_as_each_other_and_apart() -> None:
    onset = read_onset(GROUPS)
    when_s, sizes = np.unique(delays_s(onset), return_counts=True)
    assert when_s.tolist() == [0.0, 30.0, 60.0, 90.0]
    assert chisquare(sizes).pvalue > 1e-3
    assert onset.spread_s == 90.0


def test_a_wave_comes_the_same_way_every_time_but_independent_times_are_drawn_anew() -> None:
    wave, independent = read_onset(WAVE), read_onset(INDEPENDENT)
    assert (delays_s(wave, line=0) == delays_s(wave, line=5)).all()
    assert abs(np.corrcoef(delays_s(independent, line=0), delays_s(independent, line=5))[0, 1]) < 0.1
    assert abs(np.corrcoef(delays_s(independent), delays_s(wave))[0, 1]) < 0.1


def test_groups_are_neighbours_on_the_way_of_the_wave() -> None:
    where, group = coordinates(BLOCKS[0], 3), read_onset(GROUPS).delays_s(BLOCKS[0], 3, 0)
    assert (np.diff(group[where.argsort()]) >= 0).all()


@pytest.mark.parametrize("options", [WAVE, GROUPS, INDEPENDENT, {}])
def test_a_device_has_one_time_whatever_the_block_it_is_in(options: dict[str, Any]) -> None:
    onset = read_onset(options)
    narrow = np.concatenate([onset.delays_s(BlockId(1, block, 64), 3, 2) for block in range(4)])
    assert (onset.delays_s(BlockId(1, 0, 256), 3, 2) == narrow).all()
    assert onset.delays_s(BLOCKS[0], 3, 0).max() <= onset.spread_s


def test_only_one_way_at_once() -> None:
    assert read_onset({"mixing": "linear"}) == Simultaneous()
    with pytest.raises(ValueError, match="wave and groups exclude each other"):
        read_onset({**WAVE, **GROUPS})
