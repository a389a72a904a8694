"""One device on the local page: what there is not is one line, whatever kind of run it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from run_commands import RunScenario, cli, scenario_of

from analysis import RunError
from sim.commands.serve import device_timeline
from sim.commands.timeline import device_of


def test_the_worst_by_default_and_any_by_its_number(play: RunScenario) -> None:
    folder = play("gaussians").folder
    worst = device_timeline(folder, "worst", draw=False)[0]
    assert device_timeline(folder, "", draw=False)[0] == worst
    number, lines, drawing = device_timeline(folder, "3", draw=True)
    assert number == 3
    assert drawing is not None
    assert isinstance(lines, list)


def test_where_none_was_judged_the_first_is_shown_and_no_worst_is_made_up(play: RunScenario) -> None:
    folder = play("timing").folder
    assert device_timeline(folder, "", draw=False)[0] == 0
    with pytest.raises(RunError, match="no device of it was judged; write the number of a device"):
        device_timeline(folder, "worst", draw=False)


def test_of_two_devices_none_is_the_median(play: RunScenario) -> None:
    folder = play("gaussians", "fleet.0.devices=2").folder
    with pytest.raises(RunError, match="too few devices were judged for a median one"):
        device_timeline(folder, "median", draw=False)


@pytest.mark.parametrize("text", ["-1", "1e3", "first", "9" * 13])
def test_what_is_no_device_is_told(play: RunScenario, text: str) -> None:
    from analysis import open_run

    with pytest.raises(RunError, match="is no device; write its number, or worst, median, best"):
        device_of(open_run(play("gaussians").folder), text)


def test_a_plan_is_strict_json(tmp_path: Path) -> None:
    import json

    done = cli("sweep", scenario_of("timing"), "--set", "sweep={seeds: 2}", "--dry-run", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert len(plan["points"]) == 2
    assert plan["disk_bytes"] > 0
    assert not list(tmp_path.iterdir())
