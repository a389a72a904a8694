"""Plain arithmetic plays exchanges exactly as their stories go, on any private link without losses."""

from __future__ import annotations

from pathlib import Path

import pytest
from stage import Play, Run

from sim.assembly import assemble
from sim.express import Express
from sim.scenario import load

RATES = {
    "constant": "40 kbit/s",
    "steps": "{trace: steps.csv}",
    "packets": "{trace: {file: packets.up, offset: random}}",
    "wandering": "{markov: {states: [80 kbit/s, 0 bit/s], stay: [3 s, 2 s]}}",
}


@pytest.fixture
def traces(tmp_path: Path) -> Path:
    """A folder with a rate that changes and falls to nothing for a while, and with moments at which packets pass."""
    (tmp_path / "steps.csv").write_text("time_s,kbps\n0,40\n7,0\n9.5,3\n20,200\n45,90\n60,90\n")
    (tmp_path / "packets.up").write_text("\n".join(str(7 * step * step % 5000 + 5000 * step) for step in range(40)))
    return tmp_path


def told(direction: str, rate: str, traces: Path) -> str:
    """Return the override that gives one direction of the link a rate."""
    for name in ("steps.csv", "packets.up"):
        rate = rate.replace(name, str(traces / name))
    return f"links.lte.{direction}={rate}"


@pytest.mark.parametrize("up", RATES)
@pytest.mark.parametrize("down", ["constant", "packets", "wandering"])
def test_varying_rates_are_played_to_one_digest(play: Play, traces: Path, up: str, down: str) -> None:
    overrides = [told("up", RATES[up], traces), told("down", RATES[down], traces), "method.in_flight=drop"]
    quick, told_one_by_one = (play("timing", *overrides, eager=eager) for eager in (False, True))
    assert quick.summary["exchanges"] > 10
    assert quick.digest == told_one_by_one.digest


def test_links_of_varying_rate_go_by_arithmetic(traces: Path) -> None:
    ways = told("up", RATES["packets"], traces), told("down", RATES["wandering"], traces)
    overrides = [*ways, "method.in_flight=drop"]
    file = Path(__file__).parent / "timing.yaml"
    assert isinstance(assemble(load(file, overrides)).simulation.player, Express)
    shared = [*overrides, "links.lte.shared=true"]
    assert not isinstance(assemble(load(file, shared)).simulation.player, Express)


@pytest.mark.parametrize("in_flight", ["drop", "queue"])
def test_models_go_the_same_way_too(play: Play, traces: Path, in_flight: str) -> None:
    overrides = [told("up", RATES["packets"], traces), f"method.in_flight={in_flight}"]
    runs: list[Run] = [play("digits", *overrides, eager=eager) for eager in (False, True)]
    assert runs[0].summary["installed"] > 10
    assert runs[0].digest == runs[1].digest
