"""Links, the cloud and exchanges: sums over the tables, in closed form."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.latency import STAMPS, delays, median_delay_s, outcomes
from analysis.queues import cloud_utilisation, link_utilisations, mean_waits_s
from analysis.runs import Run, open_run
from tests.analysis.conftest import SMALL
from tests.analysis.synthetic import write_run


def made_run(**tables: pd.DataFrame) -> Run:
    run = Run(Path("made"), {"seed": 1, "tick_s": 10.0, "duration_s": 40.0}, {}, "complete")
    run.__dict__.update(tables)
    return run


def links(busy_s: list[float], instances: int) -> pd.DataFrame:
    ticks = len(busy_s)
    offered = 1000 * np.arange(1, ticks + 1)
    return pd.DataFrame(
        {
            "t_s": 10.0 * np.arange(1, ticks + 1),
            "link": "lte",
            "direction": "up",
            "instances": instances,
            "offered_bytes": offered,
            "delivered_bytes": offered - 100,
            "dropped_bytes": 60,
            "retransmitted_bytes": 7,
            "busy_s": busy_s,
            "queue": [0, 5, 2, 1],
            "waiting_s": [0.0, 6.0, 2.0, 0.0],
            "started": [0, 3, 1, 0],
        }
    )


def test_a_link_in_numbers() -> None:
    (use,) = link_utilisations(made_run(links=links([5.0, 20.0, 10.0, 5.0], instances=2)))
    assert (use.busy_share, use.peak_busy_share) == (pytest.approx(0.5), pytest.approx(1.0))
    assert (use.offered_bytes, use.delivered_bytes, use.dropped_bytes) == (4000, 3900, 60)
    assert (use.retransmitted_bytes, use.peak_queue, use.mean_wait_s) == (7, 5, pytest.approx(2.0))
    assert not use.saturated


def test_a_link_that_never_rests_is_saturated() -> None:
    (use,) = link_utilisations(made_run(links=links([20.0] * 4, instances=2)))
    assert use.saturated


def test_the_cloud_in_numbers() -> None:
    cloud = pd.DataFrame(
        {
            "t_s": [10.0, 20.0],
            "arrived": [4, 9],
            "served": [3, 8],
            "rejected": [0, 1],
            "queue": [2, 1],
            "busy_s": [10.0, 20.0],
            "workers": [2, 2],
            "waiting_s": [3.0, 5.0],
            "started": [3, 0],
        }
    )
    use = cloud_utilisation(made_run(cloud=cloud))
    assert use is not None
    assert (use.workers, use.arrived, use.served, use.rejected, use.peak_queue) == (2, 9, 8, 1, 2)
    assert (use.busy_share, use.mean_wait_s) == (pytest.approx(0.75), pytest.approx(8 / 3))
    waits = mean_waits_s(cloud)
    assert waits[0] == pytest.approx(1.0)
    assert math.isnan(waits[1])
    assert cloud_utilisation(made_run(cloud=cloud.iloc[:0])) is None


def test_an_unused_link_has_no_wait() -> None:
    idle = links([0.0] * 4, instances=1).assign(started=0, waiting_s=0.0)
    assert math.isnan(link_utilisations(made_run(links=idle))[0].mean_wait_s)


def test_stages_sum_to_the_whole_delay(run_folder: Path) -> None:
    run = open_run(run_folder)
    done = run.exchanges[run.exchanges["outcome"] == "installed"]
    whole = (done["installed_s"] - done["requested_s"]).to_numpy()
    found = delays([run])
    assert found.total_s == pytest.approx(whole)
    assert found.mean_s.sum() == pytest.approx(whole.mean())
    assert found.stages_s.shape == (len(done), len(STAMPS) - 1)
    assert median_delay_s(run) == pytest.approx(np.median(whole))


def test_every_request_ends_in_one_way(run_folder: Path) -> None:
    run = open_run(run_folder)
    assert sum(outcomes([run, run]).values()) == 2 * len(run.exchanges)


def test_nothing_installed_has_no_delay(tmp_path: Path) -> None:
    run = open_run(write_run(tmp_path / "run", replace(SMALL, loss=1.0)))
    assert median_delay_s(run) is None
    assert np.isnan(delays([run]).mean_s).all()
    assert set(outcomes([run])) == {"lost"}
