"""Messages with the sizes of another net: bytes and times are those, and what is learnt is not."""

from __future__ import annotations

import pandas as pd
import pytest
from run_commands import RunScenario

from sim.scenario import ScenarioErrors

ASKS = [
    "fleet.0.devices=5",
    "method.adapter={kind: cloud_ft, window: 4, steps: 2}",
    "method.trigger={kind: periodic, every: 20 s}",
]
FREE = [*ASKS, "links.lte={up: 1 Tbit/s, down: 1 Tbit/s}"]


def test_sizes_change_bytes_and_nothing_else_on_a_free_link(play: RunScenario) -> None:
    own = play("gaussians", *FREE)
    other = play("gaussians", *FREE, "method.sizes={payload: 1 kB, update: 3 MB}")
    assert other.summary["exchanges"] > 0
    assert other.summary["accuracy"] == own.summary["accuracy"]
    assert other.summary["exchanges"] == own.summary["exchanges"]
    assert other.summary["up_bytes"] == 1000 * other.summary["exchanges"]
    assert other.summary["down_bytes"] == 3_000_000 * other.summary["exchanges"]


def test_one_size_may_be_given_and_the_other_is_the_method_s(play: RunScenario) -> None:
    own = play("gaussians", *FREE)
    other = play("gaussians", *FREE, "method.sizes={update: 3 MB}")
    assert other.summary["up_bytes"] == own.summary["up_bytes"]


def test_a_large_update_takes_its_time(play: RunScenario) -> None:
    narrow = [*ASKS, "links.lte={up: 1 Tbit/s, down: 800 kbit/s}"]
    run = play("gaussians", *narrow, "method.sizes={update: 1 MB}")
    table = pd.read_parquet(run.folder / "exchanges.parquet")
    lasted_s = (table["returned_s"] - table["served_s"]).dropna()
    assert lasted_s.iloc[0] == pytest.approx(10.0)


def test_sizes_are_refused_where_messages_have_their_own(play: RunScenario) -> None:
    with pytest.raises(ScenarioErrors, match="a probe has sizes of its own"):
        play("timing", "method.sizes={update: 1 MB}")
    with pytest.raises(ScenarioErrors, match="cannot be given; choose another codec"):
        play("gaussians", *FREE, "method.codec=rice", "method.sizes={update: 1 MB}")
