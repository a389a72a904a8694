"""Every scenario of ``scenarios/network`` plays, with a shortened horizon, and its books balance."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from run_commands import ROOT, STAGES, Run, play_file

from sim.scenario import Scenario, ScenarioErrors, load

FOLDER = ROOT / "scenarios" / "network"
DATA = ROOT.parent / "shared" / "data" / "network"
FILES = sorted(FOLDER.glob("*.yaml"))
MOST_LINES = 25
#: A quarter of each run tells as much; a fleet of a hundred thousand is for the benchmarks.
SHORTER = 4
SMALLER = {"wide_fleet": ("fleet.0.devices=3000",)}


@cache
def scenario_of(file: Path) -> Scenario:
    """Return the scenario as it is shipped; skip where it plays recordings that are not here."""
    try:
        return load(file)
    except ScenarioErrors:
        if "shared/data" in file.read_text(encoding="utf-8") and not DATA.is_dir():
            pytest.skip("the recordings are not here")
        raise


@pytest.fixture(scope="module", params=FILES, ids=lambda file: file.stem)
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Scenario, Run]:
    """Play a scenario for a quarter of its time."""
    file: Path = request.param
    whole = scenario_of(file)
    shorter = (f"duration={whole.duration / SHORTER} s", f"tick={min(whole.tick, whole.duration / SHORTER / 5)} s")
    overrides = (*shorter, *SMALLER.get(file.stem, ()))
    return load(file, overrides), play_file(file, tmp_path_factory.mktemp(file.stem) / "run", overrides)


def test_something_happens(played: tuple[Scenario, Run]) -> None:
    scenario, run = played
    assert run.summary["exchanges"] > 10
    assert run.summary["installed"] > 0
    assert (run.summary["overloaded"] != []) == (scenario.name == "overload")


def test_times_come_in_order(played: tuple[Scenario, Run]) -> None:
    table = played[1].exchanges
    times = np.stack([table[name] for name in STAGES])
    # A stage that never came is no reason for the next one to have come.
    assert not np.any(np.isnan(times[:-1]) & ~np.isnan(times[1:]))
    assert not np.any(times[1:] < times[:-1])
    assert not np.any(times > played[0].duration)


def test_bytes_are_conserved_on_every_row(played: tuple[Scenario, Run]) -> None:
    links = played[1].table("links")
    offered, delivered, dropped = (links[f"{name}_bytes"] for name in ("offered", "delivered", "dropped"))
    assert np.array_equal(offered, delivered + dropped + links["in_flight_bytes"])
    assert links["in_flight_bytes"].min() >= 0
    for name, direction in set(zip(links["link"], links["direction"], strict=True)):
        mine = (links["link"] == name) & (links["direction"] == direction)
        assert all(np.all(np.diff(books[mine]) >= 0) for books in (offered, delivered, dropped))


def test_what_devices_sent_is_what_their_links_were_offered(played: tuple[Scenario, Run]) -> None:
    scenario, run = played
    links, access = run.table("links"), {cohort.link for cohort in scenario.fleet}
    first = np.isin(links["link"], list(access)) & (links["direction"] == "up") & (links["t_s"] == links["t_s"].max())
    offered, again = links["offered_bytes"][first].sum(), links["retransmitted_bytes"][first].sum()
    sent = run.exchanges["up_bytes"].sum()
    lossless = not run.exchanges["retransmitted_bytes"].any()
    assert (
        sent == offered if lossless else offered + again <= sent <= offered + run.exchanges["retransmitted_bytes"].sum()
    )


def test_busy_shares_are_shares(played: tuple[Scenario, Run]) -> None:
    for name in ("links", "cloud"):
        share = played[1].table(name)["busy_share"]
        assert share.min() >= -1e-9
        assert share.max() <= 1 + 1e-9


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_scenario_is_short_and_says_what_to_look_at(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    comment = [line for line in text.splitlines() if line.startswith("#")]
    assert len(text.splitlines()) < MOST_LINES
    assert any("Look at" in line for line in comment)
    assert len(scenario_of(file).description or "") > 10
