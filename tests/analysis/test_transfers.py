"""Who is on an instance of a link, when messages were under way, and the figure that shows it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.figures import render
from analysis.figures.rates import POINTS, _curve, _tops
from analysis.runs import Run, open_run
from analysis.transfers import Transfers, crosses, first_instance, joined, rows_of, transfers, users
from tests.analysis.conftest import SMALL
from tests.analysis.synthetic import write_run

LINKS = {
    "lte": {"via": ["mast", "core"]},
    "wifi": {"via": ["core"], "shared_by": "2 devices"},
    "mast": {"via": ["core"], "shared_by": "3 devices"},
    "core": {"shared": True, "via": []},
}


def topology() -> Run:
    cohorts = [("sensors", 2, None), ("phones", 4, "lte"), ("tvs", 5, "wifi")]
    listed = [{"name": name, "devices": count, "link": link} for name, count, link in cohorts]
    run = Run(Path("made"), {"cohorts": listed}, {}, "complete")
    run.__dict__["resolved"] = {"links": LINKS}
    return run


def moved(*spans: tuple[float, float]) -> Transfers:
    begins, ends = np.array(spans).T
    return Transfers(begins, ends, np.ones(len(spans), bool))


def test_a_path_names_each_link_once() -> None:
    assert crosses(LINKS, "lte") == ["lte", "mast", "core"]
    assert crosses(LINKS, "wifi") == ["wifi", "core"]
    assert crosses(LINKS, "None") == []


@pytest.mark.parametrize(
    ("link", "everyone", "first"),
    [
        ("lte", range(2, 6), [2]),
        ("wifi", range(6, 11), [6, 7]),
        ("mast", range(2, 6), [2, 3, 4]),
        ("core", range(2, 11), range(2, 11)),
    ],
)
def test_an_instance_is_used_by_the_first_devices_in_order(link: str, everyone: range, first: range) -> None:
    assert users(topology(), link).tolist() == list(everyone)
    assert first_instance(topology(), link).tolist() == list(first)


def test_transfers_are_those_of_one_device_from_leaving_to_arriving(run_folder: Path) -> None:
    run = open_run(run_folder)
    own = run.exchanges[(run.exchanges["device"] == 0) & run.exchanges["reached_s"].notna()].sort_values("sent_s")
    found = transfers(run, "lte", "up")
    assert found.begin_s[found.arrived].tolist() == own["sent_s"].tolist()
    assert found.lasted_s[found.arrived] == pytest.approx((own["reached_s"] - own["sent_s"]).to_numpy())
    assert set(found.end_s[~found.arrived]) <= {run.played_s}


def test_a_message_that_died_has_no_end(tmp_path: Path) -> None:
    run = open_run(write_run(tmp_path / "run", replace(SMALL, loss=1.0)))
    assert len(transfers(run, "lte", "up").begin_s) == 0


def test_what_overlaps_stands_in_rows() -> None:
    assert rows_of(moved((0, 4), (1, 2), (2, 3), (3, 9), (4, 5))).tolist() == [0, 1, 1, 1, 0]


def test_the_strip_joins_what_overlaps_or_nearly_touches() -> None:
    way = moved((0, 4), (1, 2), (4.05, 5), (7, 8))
    assert joined(way, 0.0) == [(0, 4), (4.05, pytest.approx(0.95)), (7, 1)]
    assert joined(way, 0.1) == [(0, 5), (7, 1)]


def test_averaged_bins_carry_the_same_bits(run_folder: Path) -> None:
    rates = open_run(run_folder).rates
    rows = rates[rates["direction"] == "up"].loc[lambda table: table.index.repeat(3)]
    rows = rows.assign(t_s=np.arange(len(rows)) * 0.5)
    edges_s, bps = _curve(rows, (0.0, 0.5 * len(rows)))
    assert len(bps) <= POINTS < len(rows)
    assert (bps * np.diff(edges_s)).sum() == pytest.approx(rows["bps"].sum() * 0.5)


def test_directions_far_apart_get_a_scale_each() -> None:
    assert _tops({"up": 1e6, "down": 4e6}) == {"up": 4e6, "down": 4e6}
    assert _tops({"up": 1e5, "down": 4e6}) == {"up": 1e5, "down": 4e6}
    assert _tops({"up": 0.0, "down": 4e6}) == {"up": 4e6, "down": 4e6}


def test_the_figure_has_its_units_and_one_panel_for_the_close_up(run_folder: Path) -> None:
    figure = render(open_run(run_folder), "transfers")
    assert figure is not None
    labels = [axes.get_ylabel() for axes in figure.axes]
    assert labels[:2] == ["rate up [kbit/s]"] * 2
    assert set(labels[2:]) == {"rate down [Mbit/s]"}
    assert figure.axes[0].get_title(loc="left") == "lte: device 0; shaded: the time below"
    low, high = figure.axes[1].get_xlim()
    assert high - low < 1200.0


def test_messages_without_a_row_are_counted(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", replace(SMALL, cohorts={"phones": 200}, loss=0.0))
    run = open_run(folder)
    run.resolved["links"]["lte"]["shared"] = True
    figure = render(run, "transfers")
    assert figure is not None
    assert "not drawn where over 8 cross at once" in figure.axes[1].texts[0].get_text()


def test_constant_rates_have_no_figure(tmp_path: Path) -> None:
    run = open_run(write_run(tmp_path / "run", replace(SMALL, varying=False)))
    assert run.rates.empty
    assert render(run, "transfers") is None


def test_a_link_that_carried_nothing_has_no_figure(tmp_path: Path) -> None:
    assert render(open_run(write_run(tmp_path / "run", replace(SMALL, period_s=0.0))), "transfers") is None


def test_a_scenario_that_tells_no_link_is_no_trouble(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", SMALL)
    (folder / "resolved.yaml").unlink()
    assert json.loads((folder / "manifest.json").read_text())["cohorts"]
    assert render(open_run(folder), "transfers") is None
