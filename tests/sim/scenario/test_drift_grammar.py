"""What the grammar says about drift: every kind and front is read, and what makes no sense is refused at its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sim.run.fleet_spec import fleet_spec
from sim.scenario import Scenario

Refusal = Callable[..., list[str]]
Loaded = Callable[..., Scenario]
LINE = "{at: 5 min, kind: sudden, to: {rotate: 90 deg}}"
ONSETS = {
    "wave: {crosses_fleet_in: 2 min}": ("wave", {"crosses_fleet_in": 120.0}),
    "groups: {count: 3, apart: 10 s}": ("groups", {"count": 3, "apart": 10.0}),
    "independent: {within: 1 h}": ("independent", {"within": 3600.0}),
}
KINDS = {
    "kind: sudden, to: {invert: true}": ("sudden", {}),
    "kind: gradual, over: 1 min, mixing: sigmoid, to: {}": ("gradual", {"mixing": "sigmoid"}),
    "kind: incremental, over: 1 min, steps: 3, to: {scale: 2}": ("incremental", {"steps": 3}),
    "kind: recurring, every: 1 min, between: [{}, {invert: true}]": ("recurring", {}),
    "kind: blip, for: 1 min, to: {permute_pixels: 2}": ("blip", {"for": 60.0}),
    "kind: random_walk, every: 1 s, step: 0.2, to: {shear: -10 deg}": ("random_walk", {"step": 0.2, "steps": 16}),
}


@pytest.mark.parametrize("onset", ONSETS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_spreads_in_every_way(loaded: Loaded, kind: str, onset: str) -> None:
    scenario = loaded(LINE, f"{{at: 5 min, {kind}, {onset}}}")
    line = fleet_spec(scenario, ()).drift[0]
    name, options = KINDS[kind]
    spread, parts = ONSETS[onset]
    assert line.kind == name
    assert line.options.items() >= options.items()
    assert line.options[spread] == parts


def test_a_concept_reaches_the_data_plane_in_base_units(loaded: Loaded) -> None:
    labels = "labels: {dirichlet: 0.3, permute: 4}"
    to = f"{{translate: [0.1, -0.2], noise: {{severity: 2}}, arrivals: 2, {labels}, invert: true}}"
    line = fleet_spec(loaded("{rotate: 90 deg}", to), ()).drift[0]
    assert line.to == {
        "translate": [0.1, -0.2],
        "noise": {"severity": 2},
        "arrivals": 2.0,
        "labels": {"dirichlet": 0.3, "permute": 4},
        "invert": True,
    }


def test_named_concepts_compose_with_everything(loaded: Loaded) -> None:
    concepts = "concepts:\n  rain: {blur: {severity: 2}}\n  rush: {arrivals: 3, labels: {dirichlet: 1}}\ndrift:"
    scenario = loaded("drift:", concepts, ("drift.0.to=[rain, rush, {shear: 5 deg}]",))
    assert scenario.drift[0].to.plain() == {
        "blur": {"severity": 2},
        "arrivals": 3.0,
        "labels": {"dirichlet": 1.0},
        "shear": 5.0,
    }


#: (what stands for the line of drift, where and how it is refused)
REFUSED = [
    ("{at: 5 min, kind: blip, to: {}}", "12:5: drift.0.for: is missing"),
    ("{at: 5 min, kind: blip, for: 0 s, to: {}}", "12:29: drift.0.for: '0 s' is zero"),
    ("{at: 5 min, kind: random_walk, to: {scale: 2}}", "12:5: drift.0.every: is missing"),
    ("{at: 5 min, kind: random_walk, every: 1 ms, to: {scale: 2}}", "12:36: drift.0.every: switches more than 100000"),
    ("{at: 5 min, kind: random_walk, every: 1 s, step: 0, to: {}}", "12:48: drift.0.step: 0 is not above 0"),
    (
        "{at: 5 min, kind: sudden, wave: {crosses_fleet_in: 1 s}, groups: {count: 2, apart: 1 s}, to: {}}",
        "12:62: drift.0.groups: excludes wave; a change spreads in one way",
    ),
    ("{at: 5 min, kind: sudden, groups: {count: 0, apart: 1 s}, to: {}}", "12:40: drift.0.groups.count: 0 is below 1"),
    (
        "{at: 5 min, kind: incremental, over: 1 min, to: {invert: true}}",
        "12:54: drift.0.to.invert: 'invert' has no half; use kind gradual or sudden",
    ),
    (
        "{at: 5 min, kind: random_walk, every: 1 s, to: {labels: {permute: 1}}}",
        "12:62: drift.0.to.labels.permute: 'permute' has no half",
    ),
    (
        "{at: 5 min, kind: incremental, over: 1 min, to: {permute_pixels: 0}}",
        "12:54: drift.0.to.permute_pixels: 'permute_pixels' has no half",
    ),
    (
        "{at: 5 min, kind: incremental, over: 1 min, to: {labels: {dirichlet: 1}}}",
        "12:63: drift.0.to.labels.dirichlet: 'dirichlet' has no half",
    ),
    ("{at: 5 min, kind: sudden, to: {shear: 90 deg}}", "12:36: drift.0.to.shear: 90 deg slants an image to nothing"),
    ("{at: 5 min, kind: sudden, to: {noise: 1e39}}", "12:36: drift.0.to.noise: 1e39 is above 1,000,000"),
    ("{at: 5 min, kind: sudden, to: {scale: 0.0000001}}", "12:36: drift.0.to.scale: 0.0000001 is below 1e-06"),
    ("{at: 5 min, kind: sudden, to: {translate: [0, -2000000]}}", "12:36: drift.0.to.translate: -2e+06 is below"),
    ("{at: 5 min, kind: sudden, to: {scale: 0}}", "12:36: drift.0.to.scale: 0 is not above 0"),
    ("{at: 5 min, kind: sudden, to: {translate: [1]}}", "12:36: drift.0.to.translate: has 1 entries; at least 2"),
    ("{at: 5 min, kind: sudden, to: {noise: {severity: 6}}}", "12:44: drift.0.to.noise.severity: 6 is above 5"),
    ("{at: 5 min, kind: sudden, to: {noise: {severity: 2.5}}}", "12:44: drift.0.to.noise.severity: 2.5 is not a whole"),
    ("{at: 5 min, kind: sudden, to: {boundary: 3 deg}}", "12:36: drift.0.to.boundary: 'digits' cannot be changed"),
    ("{at: 5 min, kind: sudden, to: {invert: 1}}", "12:36: drift.0.to.invert:"),
    ("{at: 5 min, kind: sudden, to: {arrivals: -1}}", "12:36: drift.0.to.arrivals: -1 is below 0"),
    (
        "{at: 5 min, kind: sudden, to: {labels: {dirichlet: 0}}}",
        "12:45: drift.0.to.labels.dirichlet: 0 is not above 0",
    ),
]


@pytest.mark.parametrize(("line", "reported"), REFUSED)
def test_what_makes_no_sense_is_refused_at_its_place(small: str, refusal: Refusal, line: str, reported: str) -> None:
    lines = refusal(small.replace(LINE, line))
    assert len(lines) == 1
    assert lines[0].startswith(f"small.yaml:{reported}"), lines[0]


@pytest.mark.parametrize("arrivals", ["every: 1 s, arrivals: periodic", "arrivals: recorded"])
def test_fixed_arrivals_cannot_come_faster(small: str, refusal: Refusal, arrivals: str) -> None:
    text = small.replace("every: 1 s", arrivals).replace("rotate: 90 deg", "arrivals: 2")
    assert refusal(text)[0].startswith(
        "small.yaml:12:36: drift.0.to.arrivals: needs 'arrivals: poisson'; cohort 'phones'"
    )


def test_a_factor_in_a_list_of_concepts_is_found_too(small: str, refusal: Refusal) -> None:
    between = "{at: 5 min, kind: recurring, every: 1 min, between: [{}, {arrivals: 2}]}"
    text = small.replace("every: 1 s", "every: 1 s, arrivals: periodic").replace(LINE, between)
    assert "drift.0.between.1.arrivals" in refusal(text)[0]


@pytest.mark.parametrize(
    ("to", "reported"),
    [
        ("{noise: {severity: 1}}", "'gaussians' has no severities"),
        ("{brightness: 0.1}", "'gaussians' cannot be changed that way"),
    ],
)
def test_what_is_defined_for_images_is_refused_elsewhere(small: str, refusal: Refusal, to: str, reported: str) -> None:
    text = small.replace("data: digits", "data: gaussians").replace("{rotate: 90 deg}", to)
    assert reported in refusal(text)[0]


def test_what_is_recorded_is_said_to_be_no_drift(small: str, refusal: Refusal) -> None:
    text = small.replace("data: digits", "data: {kind: interactions, path: x.csv}").replace(
        "rotate: 90 deg", "interest: 1"
    )
    assert any("'interactions' is played as it was recorded" in line for line in refusal(text))


@pytest.mark.parametrize("option", ["mirror: true", "shift: 2"])
def test_only_images_are_mirrored_and_moved(small: str, refusal: Refusal, option: str) -> None:
    text = small.replace("data: digits", f"data: gaussians, pretrain: {{{option}}}").replace("{rotate: 90 deg}", "{}")
    assert any("is for images; 'gaussians' has none" in line for line in refusal(text))


def test_a_severity_is_written_out_and_read_again(loaded: Loaded) -> None:
    resolved: Any = loaded("{rotate: 90 deg}", "{contrast: {severity: 5}}").resolved()
    assert resolved["drift"][0]["to"] == {"contrast": {"severity": 5}}
