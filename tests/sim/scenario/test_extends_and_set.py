"""Layers: a base file below, the file itself, overrides above; and where each value is said to come from."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sim.scenario import Scenario, ScenarioErrors, load

Write = Callable[..., object]
Refusal = Callable[..., list[str]]
Loaded = Callable[..., Scenario]


def test_maps_merge_and_lists_replace(write: Write, small: str) -> None:
    write(small, "base.yaml")
    child = write("extends: base.yaml\nlinks: {lte: {up: 1 Mbit/s}}\ndrift: []\n", "child.yaml")
    scenario = load(child)
    assert scenario.name == "child"
    assert scenario.links["lte"].up.rate == 1e6
    assert scenario.links["lte"].down.rate == 1e6
    assert scenario.drift == []
    assert scenario.seed == 7


def test_a_chain_of_bases_is_followed_from_each_file_s_own_folder(write: Write, small: str, tmp_path) -> None:
    (tmp_path / "deep").mkdir()
    write(small.replace("seed: 7", "seed: 1"), "base.yaml")
    write("extends: ../base.yaml\nseed: 2\n", "deep/middle.yaml")
    assert load(write("extends: deep/middle.yaml\n", "top.yaml")).seed == 2


def test_a_problem_is_placed_in_the_file_that_wrote_it(write: Write, small: str, tmp_path) -> None:
    write(small.replace("up: 256 kbit/s", "up: 5 Mbs"), "base.yaml")
    child = write("extends: base.yaml\ntick: 3\n", "child.yaml")
    with pytest.raises(ScenarioErrors) as caught:
        load(child)
    lines = str(caught.value).replace(f"{tmp_path}/", "").splitlines()
    assert lines == [
        "base.yaml:14:9: links.lte.up: '5 Mbs' is no data rate; write for example '5 Mbit/s'",
        "child.yaml:2:1: tick: 3 has no unit: 3 s or 3 min?",
    ]


def test_circles_missing_bases_and_strange_bases_are_refused(refusal: Refusal, write: Write) -> None:
    write("extends: small.yaml\n", "other.yaml")
    assert refusal("extends: other.yaml\n") == [
        "other.yaml:1:1: extends: goes in a circle: small.yaml -> other.yaml -> small.yaml"
    ]
    assert refusal("extends: none.yaml\n") == [
        "small.yaml:1:1: extends: there is no file 'none.yaml' beside small.yaml"
    ]
    assert refusal("extends: [a.yaml]\n") == ["small.yaml:1:1: extends: names one scenario file"]


@pytest.mark.parametrize(
    ("override", "read"),
    [
        ("seed=9", lambda s: s.seed == 9),
        ("fleet.0.devices=25", lambda s: s.fleet[0].devices == 25),
        ("links.lte.up=5 Mbit/s", lambda s: s.links["lte"].up.rate == 5e6),
        ("drift=[]", lambda s: s.drift == []),
        ("drift.0.to={noise: 0.3}", lambda s: s.drift[0].to.noise == 0.3),
        ("task.pretrain.epochs=3", lambda s: s.task.pretrain.epochs == 3),
        ("task.model.layers=1", lambda s: s.task.model.layers == 1),
        ("method.codec=int8", lambda s: s.method.codec.kind == "int8"),
        ("cloud.service={exponential: 5 ms}", lambda s: s.cloud.service.mean == 0.005),
        (" tick = 5 s", lambda s: s.tick == 5.0),
        ("fleet. 0 .devices=25", lambda s: s.fleet[0].devices == 25),
    ],
)
def test_an_override_is_read_as_yaml_and_laid_on_top(
    loaded: Loaded, override: str, read: Callable[[Scenario], bool]
) -> None:
    assert read(loaded(overrides=(override,)))


def test_later_overrides_win_and_the_seed_wins_over_all(write: Write) -> None:
    path = write()
    assert load(path, ["seed=1", "seed=2"]).seed == 2
    assert load(path, ["seed=1"], seed=3).seed == 3


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("links.lte.up=5 Mbs", "--set links.lte.up: '5 Mbs' is no data rate; write for example '5 Mbit/s'"),
        ("links.lte={up: 5 Mbs}", "--set links.lte: links.lte.up: '5 Mbs' is no data rate"),
        ("links.lte.upp=5 Mbit/s", "--set links.lte.upp: unknown key; did you mean 'up'?"),
        ("lnks.lte.up=5 Mbit/s", "--set lnks.lte.up: lnks: unknown key; did you mean 'links'?"),
        ("fleet.3.devices=2", "--set fleet.3.devices: fleet has no entry '3'; entries: 0 to 0"),
        (
            "fleet.phone.devices=2",
            "--set fleet.phone.devices: fleet has no entry 'phone'; entries: 0 to 0, or phones",
        ),
        ("seed.deep=2", "--set seed.deep: seed is '7', no map to set a key in"),
        ("seed", "--set seed: an override reads a.b=value"),
        ("=3", "--set : an override reads a.b=value"),
        ("a..b=3", "--set a..b: an override reads a.b=value"),
        ("extends=other.yaml", "--set extends: only a file extends another; write it in a file"),
        ("seed=", "--set seed: has no value after '='"),
        ("seed=~", "--set seed: is empty; give it a value or remove the line"),
        ("seed=[1", "--set seed:1:3: not YAML"),
    ],
)
def test_a_bad_override_is_placed_at_the_override(small: str, refusal: Refusal, override: str, line: str) -> None:
    said = refusal(small, (override,))
    assert any(one.startswith(line) for one in said), said


@pytest.mark.parametrize("overrides", [("method.adapter.kind=static",), ("method.adapter=static",)])
def test_options_of_a_replaced_kind_fall_away(loaded: Loaded, overrides: tuple[str, ...]) -> None:
    assert loaded(overrides=overrides).method.adapter.plain() == {"kind": "static"}


def test_options_that_both_kinds_know_are_kept(loaded: Loaded) -> None:
    scenario = loaded("prototypes: 8", "prototypes: 8, window: 5", ("method.adapter.kind=cloud_ft",))
    assert scenario.method.adapter.window == 5
    both = ("method.adapter.steps=7", "method.adapter.kind=cloud_ft", "method.adapter.anchor=0")
    assert loaded(overrides=both).method.adapter.anchor == 0


def test_a_misspelt_option_does_not_fall_away(small: str, refusal: Refusal) -> None:
    (said,) = refusal(small.replace("prototypes: 8", "prototyps: 8"), ("method.adapter.kind=static",))
    assert said.startswith("small.yaml:16:28: method.adapter.prototyps: unknown key")


def test_options_typed_for_another_kind_in_one_place_are_an_error(small: str, refusal: Refusal) -> None:
    (said,) = refusal(small.replace("kind: persona", "kind: static"))
    assert said.startswith("small.yaml:16:27: method.adapter.prototypes: unknown key")


def test_the_newest_of_several_alternatives_counts(write: Write, small: str) -> None:
    base = small.replace("method:", "cloud: {service: {lognormal: {median: 5 ms, sigma: 0.5}}}\nmethod:")
    write(base, "base.yaml")
    child = write("extends: base.yaml\ncloud: {service: {exponential: {mean: 7 ms}}}\n", "child.yaml")
    assert load(child).cloud.service.mean == 0.007
    assert load(child, ["cloud.service.constant=1 ms"]).cloud.service.mean == 0.001


def test_a_path_starts_at_the_file_that_names_it(write: Write, small: str, tmp_path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "times.txt").write_text("1\n3\n")
    distribution = "cloud: {service: {empirical: {file: times.txt, unit: ms}}}\nmethod:"
    write(small.replace("method:", distribution), "deep/base.yaml")
    child = load(write("extends: deep/base.yaml\n", "child.yaml"))
    assert child.cloud.service.mean == 0.002
