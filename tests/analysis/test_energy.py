"""The energy, by hand: bytes, seconds and joules of three devices and a cloud."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.energy import Energy, as_rows, energy
from analysis.export import export_run
from analysis.metrics import measure
from analysis.runs import Run, open_run
from analysis.sections.costs import costs
from analysis.sweeps import as_sweep, open_folder
from tests.analysis.conftest import AXES, SMALL
from tests.analysis.synthetic import write_run, write_sweep

POWER = {"idle": "500 mW", "busy": "2 W", "send": "100 nJ/B", "receive": "4e-08 J/B"}
PHONES = {"cohort": "phones", "power": POWER, "compute": {"inference": {"exponential": {"mean": "20 ms"}}}}
PRICES = {"power": POWER, "compute": {"inference": {"constant": {"value": "2 ms"}}}}
CLOUD_POWER = {"idle": "50 W", "busy": "200 W"}
NAN = math.nan


def made_run(fleet: list[dict[str, Any]], cloud: dict[str, str], **columns: list[float]) -> Run:
    """Make 100 s of two phones and a sensor; the first phone asks twice, its second update never arrives."""
    run = Run(Path("made"), {"seed": 1, "tick_s": 50.0, "duration_s": 100.0}, {}, "complete")
    devices = {"device": [0, 1, 2], "cohort": ["phones", "phones", "sensors"], "samples": [1000, 0, 50]}
    exchanges = {
        "device": [0, 2, 0, 1],
        "sent_s": [1.0, 2.0, 3.0, NAN],
        "reached_s": [2.0, 3.0, 4.0, NAN],
        "served_s": [5.0, NAN, 6.0, NAN],
        "returned_s": [7.0, NAN, NAN, NAN],
        "up_bytes": [1000, 500, 2000, 0],
        "down_bytes": [7000, 0, 7000, 0],
    }
    run.__dict__.update(
        windows=pd.DataFrame({"t_s": [50.0, 100.0]}),
        devices=pd.DataFrame(devices | columns),
        exchanges=pd.DataFrame(exchanges),
        cloud=pd.DataFrame({"workers": [2, 2], "busy_s": [6.0, 14.0]}),
        resolved={"fleet": fleet, "cloud": {"power": cloud}},
    )
    return run


@pytest.fixture
def made() -> Energy:
    return energy(made_run([PHONES, {"cohort": "sensors"}], CLOUD_POWER))


def test_bytes_are_sent_at_once_and_received_on_arrival(made: Energy) -> None:
    assert made.devices["sent_bytes"].tolist() == [3000, 0, 500]
    assert made.devices["received_bytes"].tolist() == [7000, 0, 0]
    assert (made.cloud["received_bytes"], made.cloud["sent_bytes"]) == (3500, 14000)


def test_a_device_in_joules(made: Energy) -> None:
    busy_s = 1000 * 0.020
    idle_j, busy_j = 0.5 * (100 - busy_s), 2.0 * busy_s
    send_j, receive_j = 3000 * 100e-9, 7000 * 40e-9
    row = made.devices.iloc[0]
    assert (row["busy_s"], row["idle_s"]) == pytest.approx((busy_s, 80.0))
    assert (row["idle_j"], row["busy_j"]) == pytest.approx((idle_j, busy_j))
    assert (row["send_j"], row["receive_j"]) == pytest.approx((send_j, receive_j), rel=1e-12)
    assert row["energy_j"] == pytest.approx(idle_j + busy_j + send_j + receive_j)


def test_a_device_that_does_nothing_pays_for_idling_and_one_without_power_pays_nothing(made: Energy) -> None:
    assert made.devices["energy_j"].tolist()[1:] == [50.0, 0.0]


def test_each_worker_of_the_cloud_is_busy_or_idle(made: Energy) -> None:
    assert (made.cloud["busy_s"], made.cloud["idle_s"]) == (20.0, 180.0)
    assert made.cloud["energy_j"] == pytest.approx(50 * 180 + 200 * 20)


def test_the_bill_sums(made: Energy) -> None:
    rows = as_rows(made)
    assert rows["energy_j"].sum() == pytest.approx(made.total["energy_j"])
    assert made.total["energy_j"] == made.total["device_j"] + made.total["cloud_j"]
    assert rows["payer"].tolist() == ["device"] * 3 + ["cloud"]
    assert (made.total["up_bytes"], made.total["down_bytes"]) == (3500, 7000)


def test_training_steps_count_where_the_table_has_them() -> None:
    clause = {"cohort": "phones", "compute": {"training_step": {"constant": {"value": "3 s"}}}}
    made = energy(made_run([clause], {}, training_steps=[4, 0, 9]))
    assert made.devices["busy_s"].tolist() == [12.0, 0.0, 0.0]
    assert not made.powered
    assert made.total["energy_j"] == 0.0


def test_a_device_with_more_work_than_time_is_never_idle() -> None:
    clause = PHONES | {"compute": {"inference": {"constant": {"value": "1 s"}}}}
    row = energy(made_run([clause], {})).devices.iloc[0]
    assert (row["busy_s"], row["idle_s"]) == (1000.0, 0.0)


def test_nothing_computed_costs_nothing_even_at_an_infinite_mean() -> None:
    clause = PHONES | {"compute": {"inference": {"pareto": {"minimum": "1 ms", "shape": 0.5}}}}
    assert energy(made_run([clause], {})).devices["busy_s"].tolist() == [math.inf, 0.0, 0.0]


def test_a_run_without_power_has_no_energy_among_its_metrics(tmp_path: Path) -> None:
    plain = open_run(write_run(tmp_path / "plain", SMALL))
    assert set(measure(plain, ["device_energy_j", "cloud_energy_j"]).values()) == {None}
    priced = open_run(write_run(tmp_path / "priced", replace(SMALL, prices=PRICES, cloud_power=CLOUD_POWER)))
    found = measure(priced, ["device_energy_j", "cloud_energy_j"])
    total = energy(priced).total
    assert found == {"device_energy_j": total["device_j"] / 12, "cloud_energy_j": total["cloud_j"]}


def test_a_priced_run_exports_its_bill_and_a_plain_one_does_not(tmp_path: Path) -> None:
    plain = open_run(write_run(tmp_path / "plain", SMALL))
    assert [path.name for path in export_run(plain)] == ["windows.csv"]
    priced = open_run(write_run(tmp_path / "priced", replace(SMALL, prices=PRICES)))
    assert [path.name for path in export_run(priced)] == ["windows.csv", "bill.csv"]
    table = pd.read_csv(priced.folder / "bill.csv")
    assert len(table) == 13
    assert table["energy_j"].sum() == pytest.approx(energy(priced).total["energy_j"])


def test_the_report_tells_what_a_run_cost(tmp_path: Path) -> None:
    plain = costs(as_sweep(open_run(write_run(tmp_path / "plain", SMALL))))
    priced = costs(as_sweep(open_run(write_run(tmp_path / "priced", replace(SMALL, prices=PRICES)))))
    assert plain is not None
    assert priced is not None
    assert "phones (8 devices)" in plain
    assert "energy" not in plain
    assert "receiving" in priced
    silent = replace(SMALL, timing_only=True, period_s=0.0)
    assert costs(as_sweep(open_run(write_run(tmp_path / "silent", silent)))) is None


def test_settings_stand_side_by_side(tmp_path: Path) -> None:
    plans = {("a", "1"): SMALL, ("b", "1"): replace(SMALL, prices=PRICES, cloud_power=CLOUD_POWER)}
    reported = costs(as_sweep(open_folder(write_sweep(tmp_path / "sweep", plans, AXES, seeds=2))))
    assert reported is not None
    assert "cloud energy [kJ]" in reported
    assert "±" in reported
