"""Max-min rates against a lexicographic linear program, and by hand."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from sim.network.water_filling import fill


@dataclass
class Wish:
    path: tuple[int, ...]
    weight: float = 1.0
    cap: float = math.inf


wishes = st.lists(
    st.builds(
        Wish,
        path=st.lists(st.integers(0, 4), min_size=1, max_size=4, unique=True).map(tuple),
        weight=st.sampled_from([1.0, 1.0, 2.0, 5.0, 0.5]),
        cap=st.sampled_from([math.inf, math.inf, 0.0, 1.0, 3.5]),
    ),
    min_size=1,
    max_size=9,
)
capacities = st.lists(st.sampled_from([0.0, 1.0, 2.0, 7.0, 30.0]), min_size=5, max_size=5)


def lexicographic(wishes: list[Wish], capacity_bps: list[float]) -> np.ndarray:
    """Raise the least level as far as it goes, fix those that cannot rise, and again: one program a round."""
    n, fixed = len(wishes), {}
    uses = np.array([[w.weight if link in w.path else 0.0 for w in wishes] for link in range(len(capacity_bps))])
    while len(fixed) < n:
        bounds = [(fixed[i], fixed[i]) if i in fixed else (0, _cap(w)) for i, w in enumerate(wishes)]
        free = [i for i in range(n) if i not in fixed]
        at_least = np.zeros((len(free), n + 1))
        at_least[range(len(free)), free] = -1.0
        at_least[:, n] = 1.0
        rows = np.vstack([np.hstack([uses, np.zeros((len(uses), 1))]), at_least])
        limits = np.append(capacity_bps, np.zeros(len(free)))
        best = _maximum(np.append(np.zeros(n), 1.0), rows, limits, [*bounds, (0, None)])
        held = [(max(low, best - 1e-9) if i in free else low, high) for i, (low, high) in enumerate(bounds)]
        for i in free:
            alone = _maximum(np.eye(n)[i], uses, np.array(capacity_bps), held)
            if alone <= best + 1e-7:
                fixed[i] = best
    return np.array([fixed[i] for i in range(n)])


def _cap(wish: Wish) -> float | None:
    return None if wish.cap == math.inf else wish.cap


def _maximum(goal: np.ndarray, rows: np.ndarray, limits: np.ndarray, bounds: list[tuple[float, float | None]]) -> float:
    solution = linprog(-goal, A_ub=rows, b_ub=limits + 1e-12, bounds=bounds)
    assert solution.status == 0, solution.message
    return float(-solution.fun)


@given(wishes=wishes, capacity_bps=capacities)
@settings(max_examples=80, deadline=None)
def test_rates_equal_the_lexicographic_program(wishes: list[Wish], capacity_bps: list[float]) -> None:
    levels = fill(wishes, dict(enumerate(capacity_bps)))
    assert levels == pytest.approx(lexicographic(wishes, capacity_bps).tolist(), abs=1e-6)


@given(wishes=wishes, capacity_bps=capacities)
def test_every_flow_is_held_by_its_cap_or_by_a_full_link_where_none_is_faster(
    wishes: list[Wish], capacity_bps: list[float]
) -> None:
    """The bottleneck condition, which is necessary and sufficient (Bertsekas and Gallager, 6.5.2)."""
    levels = fill(wishes, dict(enumerate(capacity_bps)))
    load = [sum(lv * w.weight for lv, w in zip(levels, wishes, strict=True) if k in w.path) for k in range(5)]
    assert all(used <= limit * (1 + 1e-12) + 1e-12 for used, limit in zip(load, capacity_bps, strict=True))
    for level, wish in zip(levels, wishes, strict=True):
        fastest = {k: max(lv for lv, w in zip(levels, wishes, strict=True) if k in w.path) for k in wish.path}
        held = [k for k in wish.path if load[k] >= capacity_bps[k] * (1 - 1e-9) and level >= fastest[k] * (1 - 1e-9)]
        assert held or level == wish.cap


def test_the_long_flow_leaves_the_rest_of_a_wide_link_to_others() -> None:
    """Links of 10 and 4: the flow over both is held at 2 by the narrow one, so the wide one has 8."""
    assert fill([Wish((0, 1)), Wish((0,)), Wish((1,))], {0: 10.0, 1: 4.0}) == [2.0, 8.0, 2.0]


def test_what_a_capped_flow_does_not_take_goes_to_the_others() -> None:
    assert fill([Wish((0,), cap=1.0), Wish((0,)), Wish((0,))], {0: 10.0}) == [1.0, 4.5, 4.5]


def test_a_flow_without_links_runs_at_its_cap() -> None:
    assert fill([Wish((), cap=3.0)], {}) == [3.0]
