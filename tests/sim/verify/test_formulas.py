"""Closed forms against each other and against values worked out by hand."""

from __future__ import annotations

import pytest

from sim.verify import formulas


def test_one_server_without_a_queue_turns_away_a_share_of_a_over_one_plus_a() -> None:
    assert formulas.erlang_b(1.5, 1) == pytest.approx(1.5 / 2.5)


def test_erlang_b_is_the_truncated_poisson_law() -> None:
    # a = 3, c = 4: (81 / 24) / (1 + 3 + 9 / 2 + 27 / 6 + 81 / 24)
    assert formulas.erlang_b(3.0, 4) == pytest.approx(3.375 / 16.375)


def test_with_one_server_a_request_waits_as_often_as_it_is_busy() -> None:
    assert formulas.erlang_c(0.7, 1) == pytest.approx(0.7)


def test_erlang_c_of_two_servers_by_hand() -> None:
    # rho = 1 / 2, a = 1: C = 1 / 3.
    assert formulas.erlang_c(1.0, 2) == pytest.approx(1 / 3)


def test_mm1_is_mg1_with_exponential_service() -> None:
    rate, mean = 3.0, 0.2
    assert formulas.mean_wait_s(rate, mean, 1) == pytest.approx(formulas.pollaczek_khinchine_s(rate, mean, 2 * mean**2))


def test_the_age_behind_a_queue_is_u_shaped_in_the_rate_and_dropping_the_stale_flattens_it() -> None:
    ages = [formulas.fifo_age_s(rate, 1.0) for rate in (0.1, 0.53, 0.95)]
    assert ages[0] > ages[1] < ages[2]
    dropped = [formulas.preempted_age_s(rate, 1.0) for rate in (0.1, 0.53, 0.95)]
    assert dropped[0] > dropped[1] > dropped[2]
    assert all(few < many for few, many in zip(dropped, ages, strict=True))
