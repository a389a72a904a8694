"""Sweeps: every combination in file order, seeds innermost, each checked before the first one plays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sim.scenario import ScenarioErrors, load, points
from sim.scenario.sweep_axes import require_effect

Write = Callable[..., Path]

SWEEP = """\
sweep:
  grid:
    links.lte.up: [32 kbit/s, 2 Mbit/s]
    method.adapter.kind: [static, cloud_ft, persona]
  seeds: 2
"""


def test_points_come_in_file_order_with_seeds_innermost(write: Write, small: str) -> None:
    got = points(write(small + SWEEP))
    assert [(*point.values.values(), point.seed) for point in got] == [
        (rate, kind, seed)
        for rate in ("32 kbit/s", "2 Mbit/s")
        for kind in ("static", "cloud_ft", "persona")
        for seed in (7, 8)
    ]
    assert got[0].overrides == ("links.lte.up=32 kbit/s", "method.adapter.kind=static")
    assert got[0].name == "up=32_kbit_s,kind=static,seed=7"
    assert len({point.name for point in got}) == 12


def test_a_point_s_overrides_make_the_scenario_of_the_point(write: Write, small: str) -> None:
    path = write(small + SWEEP)
    for point in points(path):
        scenario = load(path, point.overrides, seed=point.seed)
        assert scenario.seed == point.seed
        assert scenario.method.adapter.kind == point.values["method.adapter.kind"]


def test_seeds_may_be_listed_and_start_where_the_command_line_says(write: Write, small: str) -> None:
    listed = write(small + "sweep: {seeds: [3, 1, 4]}\n")
    assert [point.seed for point in points(listed)] == [3, 1, 4]
    counted = write(small + "sweep: {seeds: 3}\n")
    assert [point.seed for point in points(counted, seed=20)] == [20, 21, 22]


def test_a_scenario_without_a_sweep_is_one_point(write: Write) -> None:
    (point,) = points(write())
    assert (point.name, point.values, point.overrides, point.seed) == ("seed=7", {}, (), 7)


def test_maps_lists_and_odd_text_survive_as_overrides(write: Write, small: str) -> None:
    grid = "sweep: {grid: {drift.0.to: [{rotate: 45 deg}, {}], drift.0.name: ['a: b', '5'], drift: [[]]}}\n"
    path = write(small + grid.replace(", drift: [[]]", ""))
    got = points(path)
    scenarios = [load(path, point.overrides) for point in got]
    assert [s.drift[0].to.rotate for s in scenarios] == [45.0, 45.0, None, None]
    assert [s.drift[0].name for s in scenarios] == ["a: b", "5", "a: b", "5"]


@pytest.mark.parametrize(
    ("grid", "line"),
    [
        ("links.lte.up: [1 Mbit/s, 5 Mbs]", "20:41: links.lte.up: '5 Mbs' is no data rate"),
        ("links.lte.upp: [1 Mbit/s]", "20:32: links.lte.upp: unknown key; did you mean 'up'?"),
        ("fleet.4.devices: [1]", "20:34: fleet has no entry '4'; entries: 0 to 0"),
        ("method.adapter.kind: [duo]", "20:38: method.adapter.kind: 'duo' is no known adapter"),
        ("seed: [1, 2]", "20:1: sweep.grid.seed: cannot be swept; write 'sweep: {seeds: ...}'"),
        ("tick: []", "20:16: sweep.grid.tick: has 0 entries; at least 1 are needed"),
        ("tick: 5 s", "20:16: sweep.grid.tick: '5 s' is not a list"),
    ],
)
def test_a_bad_value_is_refused_where_the_sweep_says_it(write: Write, small: str, grid: str, line: str) -> None:
    text = "\n" * (19 - small.count("\n")) + f"sweep: {{grid: {{{grid}}}}}\n"
    path = write(small + text)
    with pytest.raises(ScenarioErrors) as caught:
        points(path)
    assert str(caught.value).startswith(f"{path}:{line}")


def test_bad_seeds_and_giant_sweeps_are_refused(write: Write, small: str) -> None:
    with pytest.raises(ScenarioErrors, match=r"sweep\.seeds: 0 is neither a number of seeds nor a list"):
        points(write(small + "sweep: {seeds: 0}\n"))
    with pytest.raises(ScenarioErrors, match="sweep: asks for more than 10000 runs"):
        points(write(small + "sweep: {seeds: 5001, grid: {links.lte.up: [1 Mbit/s, 2 Mbit/s]}}\n"))


def test_values_that_look_alike_get_names_of_their_own(write: Write, small: str) -> None:
    names = [point.name for point in points(write(small + "sweep: {grid: {drift.0.name: [a b, a_b]}}\n"))]
    assert len(set(names)) == 2


def test_axes_that_change_together_are_no_grid(write: Write, small: str) -> None:
    sweep = """\
sweep:
  grid: {method.adapter.kind: [static, cloud_ft]}
  zip:
    - {links.lte.up: [32 kbit/s, 2 Mbit/s], links.lte.down: [64 kbit/s, 4 Mbit/s]}
"""
    got = points(write(small + sweep))
    assert [tuple(point.values.values()) for point in got] == [
        (kind, up, down)
        for kind in ("static", "cloud_ft")
        for up, down in (("32 kbit/s", "64 kbit/s"), ("2 Mbit/s", "4 Mbit/s"))
    ]


def test_what_is_excluded_is_not_played(write: Write, small: str) -> None:
    sweep = """\
sweep:
  grid: {links.lte.up: [32 kbit/s, 2 Mbit/s], method.adapter: [static, {kind: cloud_ft, steps: 5}]}
  exclude:
    - {links.lte.up: 32 kbit/s, method.adapter: cloud_ft}
"""
    got = points(write(small + sweep))
    assert [point.values["links.lte.up"] for point in got] == ["32 kbit/s", "2 Mbit/s", "2 Mbit/s"]


@pytest.mark.parametrize(
    ("sweep", "said"),
    [
        (
            "zip: [{links.lte.up: [1 Mbit/s], tick: [1 s, 2 s]}]",
            "as many values on each axis; links.lte.up has 1",
        ),
        ("grid: {tick: [1 s]}, zip: [{tick: [1 s]}]", "tick is an axis already"),
        ("grid: {tick: [1 s]}, exclude: [{tock: 1 s}]", "the sweep has no axis 'tock'; its axes: tick"),
        ("grid: {tick: [1 s]}, exclude: [{tick: 2 s}]", "leaves out nothing"),
        ("grid: {tick: [1 s]}, exclude: [{tick: 1 s}]", "leaves nothing to play"),
        ("zip: [{seed: [1, 2]}]", "sweep.zip.0.seed: cannot be swept; write 'sweep: {seeds: ...}'"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused(write: Write, small: str, sweep: str, said: str) -> None:
    with pytest.raises(ScenarioErrors) as caught:
        points(write(small + f"sweep: {{{sweep}}}\n"))
    assert said in str(caught.value)


def test_entries_of_lists_go_by_their_names(write: Write, small: str) -> None:
    got = points(write(small + "sweep: {grid: {fleet.phones.devices: [3, 4]}}\n"))
    assert [load(write(), point.overrides).devices for point in got] == [3, 4]
    named = small.replace("to: {rotate: 90 deg}", "to: {rotate: 90 deg}, name: turn")
    assert load(write(named), ["drift.turn.at=7 min"]).drift[0].at == 420.0


@pytest.mark.parametrize(
    ("sweep", "words"),
    [
        ("{grid: {links.lte.up: [1 kB/s, 2 kB/s, 1 kB/s]}}", "links.lte.up: 1 kB/s stands there twice"),
        ("{grid: {links.lte.up: [8 kbit/s, 8000 bit/s]}}", "links.lte.up: 8000 bit/s is the same as 8 kbit/s"),
        (
            "{zip: [{links.lte.up: [1 kB/s, 1 kB/s], tick: [5 s, 5 s]}]}",
            "links.lte.up and tick: 1 kB/s, 5 s stands there twice",
        ),
    ],
)
def test_a_setting_that_is_another_one_is_refused(write: Write, small: str, sweep: str, words: str) -> None:
    with pytest.raises(ScenarioErrors, match=f"{words}: both would be played to the same end; name it once$"):
        points(write(f"{small}sweep: {sweep}\n"))


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        (
            "{links.lte.up: [1 kB/s, 2 kB/s], links.lte: [{up: 1 kB/s, down: 1 kB/s}]}",
            "links.lte: replaces all that the axis 'links.lte.up' sets; name it before that one",
        ),
        (
            "{fleet.0.devices: [1, 2], fleet.phones.devices: [3, 4]}",
            r"fleet\.phones\.devices: is the same place as the axis 'fleet\.0\.devices'",
        ),
    ],
)
def test_no_axis_replaces_another_one(write: Write, small: str, grid: str, words: str) -> None:
    with pytest.raises(ScenarioErrors, match=words):
        points(write(f"{small}sweep: {{grid: {grid}}}\n"))


def test_an_axis_may_set_more_below_one_before_it(write: Write, small: str) -> None:
    grid = "{links.lte: [{up: 1 kB/s, down: 1 kB/s}], links.lte.down: [1 kB/s, 2 kB/s]}"
    assert len(points(write(f"{small}sweep: {{grid: {grid}}}\n"))) == 2


@pytest.mark.parametrize(
    ("overrides", "seed", "words"),
    [
        (["links.lte.up=1 kB/s"], None, r"^--set links\.lte\.up: .*the axis 'links.lte.up' of the sweep replaces it"),
        (["fleet.phones.link=lte"], None, r"^--set fleet\.phones\.link: .*the axis 'fleet.0' of the sweep"),
        ([], 9, r"^--seed: seed: has no effect: the sweep lists its seeds; write '--set sweep.seeds=\[...\]'"),
        (["seed=9"], None, "^--set seed: has no effect"),
    ],
)
def test_what_the_command_line_sets_has_an_effect(
    write: Write, small: str, overrides: list[str], seed: int | None, words: str
) -> None:
    path = write(f"{small}sweep: {{grid: {{links.lte.up: [2 kB/s], fleet.0: [{{devices: 1}}]}}, seeds: [3, 1]}}\n")
    with pytest.raises(ScenarioErrors, match=words):
        require_effect(path, overrides, seed)


def test_an_override_above_an_axis_or_of_the_sweep_has_an_effect(write: Write, small: str) -> None:
    path = write(f"{small}sweep: {{grid: {{links.lte.up: [1 kB/s]}}, seeds: [3, 1]}}\n")
    require_effect(path, ["links.lte={up: 2 kB/s, down: 1 kB/s}", "sweep.grid={tick: [1 s]}", "sweep.seeds=2"], 9)


LONG = """\
sweep:
  seeds: 2
  grid:
    links.lte.up: [{markov: {states: [1 kbit/s, 9 kbit/s, 20 kbit/s], stay: [5 s, 7 s, 9 s]}}]
    method.trigger: [{kind: at, times: [10 s, 20 s, 30 s, 40 s, 50 s, 60 s, 70 s, 80 s]}]
    cloud.service: [{lognormal: {median: 5 ms, sigma: 0.5}}, {lognormal: {median: 9 ms, sigma: 0.5}}]
"""


def test_points_keep_their_names_when_seeds_are_added(write: Write, small: str) -> None:
    two, three = (points(write(small + LONG), [f"sweep.seeds={seeds}"]) for seeds in (2, 3))
    names = {point.name: (point.overrides, point.seed) for point in three}
    assert len(names) == 6
    assert all(names[point.name] == (point.overrides, point.seed) for point in two)
    assert max(map(len, names)) <= 160


def test_files_of_a_sweep_that_is_extended_are_found_beside_it(write: Write, small: str, tmp_path: Path) -> None:
    folder = tmp_path / "sub"
    folder.mkdir()
    (folder / "a.csv").write_text("time_s,rate_kbps\n0,10\n5,30\n", encoding="utf-8")
    sweep = "sweep: {grid: {links.lte.up: [{trace: a.csv}, 2 Mbit/s]}}\n"
    (folder / "base.yaml").write_text(small + sweep, encoding="utf-8")
    path = write("version: 1\nextends: sub/base.yaml\nname: m\n")
    for point in points(path):
        load(path, point.overrides, seed=point.seed)
    # A sweep of the file itself keeps what is written.
    assert points(folder / "base.yaml")[0].overrides == ('links.lte.up={"trace": "a.csv"}',)
