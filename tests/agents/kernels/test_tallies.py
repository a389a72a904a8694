from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agents.kernels.tallies import count_samples

DEVICES, INTERVALS, BESIDE = 4, 3, 2
EDGES_S = np.array([0.0, 1.0, 2.0, 4.0])
#: Columns: samples, labelled, three that are right, the loss, ages, regret by age, what else is counted.
LOSS, AGES = 5, 6
COUNTED = AGES + 2 * len(EDGES_S)


@given(st.integers(0, 10_000), st.lists(st.integers(0, 9), min_size=DEVICES, max_size=DEVICES))
def test_one_pass_counts_what_masks_count(seed: int, counts: list[int]) -> None:
    draw, count, rows = np.random.default_rng(seed), np.array(counts), np.random.default_rng(seed).permutation(DEVICES)
    row = rows.repeat(count)
    # Times fall on ends of intervals and edges of ages, too.
    time_s = np.concatenate([np.sort(draw.integers(2, 13, number) / 2) for number in counts])
    due_s = np.where(draw.random(len(row)) < 0.5, time_s, np.inf)
    flags, regret = draw.random((3, len(row))) < 0.5, draw.integers(-1, 2, len(row)).astype(np.int8)
    loss_micro, beside = draw.integers(0, 10**6, len(row)), draw.integers(0, 5, (len(row), BESIDE))
    data_s, ends_s = np.array([0.0, 0.5, 1.0, 0.25]), np.array([2.0, 4.5])
    tallies, totals = np.zeros((INTERVALS, COUNTED + BESIDE), np.int64), draw.integers(0, 9, (DEVICES, 6))
    before = totals.copy()
    count_samples(
        *(rows, count, time_s, due_s, flags, regret, loss_micro, beside),
        *(ends_s, data_s, EDGES_S, LOSS, AGES, COUNTED, tallies, totals),
    )
    age_s = time_s - data_s[row]
    for interval in range(INTERVALS):
        mine = (time_s > np.array([-1.0, *ends_s])[interval]) & (time_s <= np.array([*ends_s, np.inf])[interval])
        whole = [mine.sum(), (mine & (due_s < np.inf)).sum(), *(mine & flags).sum(axis=1), loss_micro[mine].sum()]
        bins = [mine & (age_s >= low) & (age_s < high) for low, high in zip(EDGES_S, [*EDGES_S[1:], 99.0], strict=True)]
        ages = [*(one.sum() for one in bins), *(regret[one].sum(dtype=int) for one in bins)]
        assert tallies[interval].tolist() == [*whole, *ages, *beside[mine].sum(axis=0)]
    for device in range(DEVICES):
        mine = np.flatnonzero(row == device)
        odd = (before[device, 0] + np.arange(len(mine))) % 2 == 0
        added = [len(mine), *flags[:, mine].sum(axis=1), odd.sum(), (odd & flags[0, mine]).sum()]
        assert (totals - before)[device].tolist() == added
