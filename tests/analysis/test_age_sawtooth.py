"""Model age from exchanges: exact against a fine grid, and in closed form."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import ages
from analysis.runs import open_run

UNTIL_S = 100.0
INSTALLS = st.lists(st.tuples(st.integers(0, 2), st.floats(0, 90), st.floats(0.01, 30)), max_size=12)


def exchanges(rows: list[tuple[int, float, float]]) -> pd.DataFrame:
    """Make exchanges from (device, sent at, time to install)."""
    columns = {"device": [row[0] for row in rows], "sent_s": [row[1] for row in rows]}
    return pd.DataFrame(columns | {"installed_s": [row[1] + row[2] for row in rows]}).astype(
        {"device": "int64", "sent_s": "float64", "installed_s": "float64"}
    )


def age_on_grid(rows: list[tuple[int, float, float]], device: int, at_s: np.ndarray) -> np.ndarray:
    own = [(sent, sent + wait) for owner, sent, wait in rows if owner == device]
    newest = [max((sent for sent, installed in own if installed < at), default=0.0) for at in at_s]
    return at_s - np.array(newest)


def test_without_installs_the_mean_age_is_half_the_run() -> None:
    cut = ages.age_intervals(exchanges([]), [0, 1], UNTIL_S)
    assert ages.mean_age_s(cut) == pytest.approx(UNTIL_S / 2)
    assert ages.age_quantile(cut, 0.5) == pytest.approx(UNTIL_S / 2)


def test_a_periodic_sawtooth_in_closed_form() -> None:
    """Sent every 10 s, installed 4 s later: after the first install the age runs from 4 to 14."""
    cut = ages.age_intervals(exchanges([(0, float(at), 4.0) for at in range(0, 100, 10)]), [0], 104.0)
    first = 4.0**2 / 2
    periods = 10 * (14.0**2 - 4.0**2) / 2
    assert ages.mean_age_s(cut) == pytest.approx((first + periods) / 104.0)


def test_an_older_update_that_comes_later_does_not_make_the_model_older() -> None:
    late = [(0, 50.0, 5.0), (0, 10.0, 60.0)]
    assert ages.mean_age_s(ages.age_intervals(exchanges(late), [0], UNTIL_S)) == pytest.approx(
        ages.mean_age_s(ages.age_intervals(exchanges(late[:1]), [0], UNTIL_S))
    )


@settings(max_examples=40, deadline=None)
@given(INSTALLS)
def test_mean_and_distribution_agree_with_a_fine_grid(rows: list[tuple[int, float, float]]) -> None:
    grid_s = (np.arange(4000) + 0.5) * UNTIL_S / 4000
    sampled = np.concatenate([age_on_grid(rows, device, grid_s) for device in range(3)])
    cut = ages.age_intervals(exchanges(rows), range(3), UNTIL_S)
    assert ages.mean_age_s(cut) == pytest.approx(sampled.mean(), abs=0.05)
    for age_s in (1.0, 10.0, 40.0):
        share = float(ages.share_younger(cut, np.array([age_s]))[0])
        assert share == pytest.approx(np.mean(sampled <= age_s), abs=0.005)


@settings(max_examples=40, deadline=None)
@given(INSTALLS, st.floats(0.05, 0.95))
def test_distribution_rises_from_nothing_to_all_and_quantiles_invert_it(
    rows: list[tuple[int, float, float]], share: float
) -> None:
    cut = ages.age_intervals(exchanges(rows), range(3), UNTIL_S)
    shares = ages.share_younger(cut, np.linspace(0, UNTIL_S, 50))
    assert shares[-1] == pytest.approx(1.0)
    assert (np.diff(shares) >= -1e-12).all()
    assert ages.share_younger(cut, np.array([ages.age_quantile(cut, share)]))[0] == pytest.approx(share)


def test_no_device_time_has_no_age() -> None:
    assert math.isnan(ages.mean_age_s(ages.age_intervals(exchanges([]), [], UNTIL_S)))


def test_share_never_updated(run_folder) -> None:  # type: ignore[no-untyped-def]
    run = open_run(run_folder)
    updated = set(run.exchanges.loc[run.exchanges["outcome"] == "installed", "device"])
    assert ages.never_updated(run) == pytest.approx(1 - len(updated) / len(run.devices))
