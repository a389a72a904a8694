"""Bad scenarios: every mistake is one line that names file, line, column, path, and what is wanted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Refusal = Callable[..., list[str]]

#: (what the small scenario says, what it is replaced by, the one line that refuses it)
MISTAKES = [
    ("duration: 30 min", "duraton: 30 min", "3:1: duraton: unknown key; did you mean 'duration'?"),
    ("seed: 7", "seed: -7", "2:1: seed: -7 is below 0"),
    (
        "seed: 7",
        "references: [static, oracle, oracle_head]",
        "2:30: references.2: 'oracle_head' stands there twice",
    ),
    ("seed: 7", "seed: seven", "2:1: seed: 'seven' is not a whole number"),
    ("version: 1", "version: 2", "1:1: version: 2 is above 1"),
    ("tick: 10 s", "tick: 10", "4:1: tick: 10 has no unit: 10 s or 10 min?"),
    ("tick: 10 s", "tick: 31 min", "4:1: tick: 31 min is longer than the run (30 min)"),
    ("tick: 10 s", "tick: 1 us", "4:1: tick: makes more than 10000000 ticks; write a longer one"),
    ("tick: 10 s", "tick: 0 s", "4:1: tick: '0 s' is zero; a time above 0 is wanted here"),
    ("tick: 10 s", "tick:", "4:1: tick: is empty; give it a value or remove the line"),
    ("30 min", "-30 min", "3:1: duration: '-30 min' is negative; a time is 0 or more"),
    (
        "data: digits",
        "data: digit",
        "5:8: task.data: 'digit' is no known data; did you mean 'digits'?",
    ),
    ("model: mlp", "model: {kind: mlp, layers: 3}", "5:41: task.model.layers: 3 leaves no trunk; 1 to 2"),
    ("model: mlp", "model: {layers: 1}", "5:22: task.model: the kind of model is missing; known: mlp"),
    ("devices: 10", "devices: -1", "8:5: fleet.0.devices: -1 is below 0"),
    ("devices: 10", "devices: 0", "6:1: fleet: has no devices at all"),
    ("devices: 10", "devices: true", "8:5: fleet.0.devices: true is not a whole number"),
    ("devices: 10", 'devices: "10"', "8:5: fleet.0.devices: '10' is text; write the number alone"),
    ("seed: 7", "seed: 1234567890123456789", "2:1: seed: '1234567890123456789' has too many digits; 18 at most"),
    ("devices: 10", "devices: null", "8:5: fleet.0.devices: null means nothing at all in YAML; if it is a name, put"),
    ("30 min", "1:30", "3:1: duration: '1:30' is no time: 1 h 30 min or 1 min 30 s?"),
    ("devices: 10", "devices: 10.5", "8:5: fleet.0.devices: 10.5 is not a whole number"),
    ("devices: 10", "device: 10", "8:5: fleet.0.device: unknown key; did you mean 'devices'?"),
    ("every: 1 s", "every: 1", "9:15: fleet.0.samples.every: 1 has no unit: 1 s or 1 min?"),
    ("every: 1 s", "every: 0 s", "9:15: fleet.0.samples.every: '0 s' is zero"),
    (
        "every: 1 s",
        "rate: -1 /s",
        "9:15: fleet.0.samples.rate: '-1 /s' is negative; a frequency is 0 or more",
    ),
    (
        "every: 1 s",
        "every: 1 s, rate: 1 /s",
        "9:5: fleet.0.samples: exactly one of every and rate is needed",
    ),
    ("{every: 1 s}", "1 s", "9:5: fleet.0.samples: '1 s' is no map; its keys: every, rate, arrivals"),
    ("link: lte", "link: lta", "10:5: fleet.0.link: there is no link 'lta'; did you mean 'lte'?"),
    (
        "link: lte",
        "link: lte\n    labels: {share: 130 %}",
        "11:14: fleet.0.labels.share: '130 %' is outside 0 % to 100 %",
    ),
    (
        "link: lte",
        "link: lte\n    labels: {after: {lognorml: {}}}",
        "11:14: fleet.0.labels.after: 'lognorml' is no law; did you mean 'lognormal'?",
    ),
    (
        "link: lte",
        "link: lte\n    labels: {after: {uniform: {low: 9 s, high: 1 s}}}",
        "11:22: fleet.0.labels.after.uniform: low is above high",
    ),
    (
        "at: 5 min",
        "at: 30 min",
        "12:6: drift.0.at: 30 min is not before the end of the run (30 min)",
    ),
    ("kind: sudden", "kind: suden", "12:17: drift.0.kind: 'suden' is no known drift; did you mean 'sudden'?"),
    (
        "kind: sudden",
        "kind: sudden, cohort: phone",
        "12:31: drift.0.cohort: there is no cohort 'phone'; did you mean 'phones'?",
    ),
    ("kind: sudden", "kind: sudden, share: 2", "12:31: drift.0.share: 2 is outside 0 % to 100 %"),
    ("kind: sudden", "kind: sudden, over: 3 s", "12:31: drift.0.over: unknown key"),
    ("kind: sudden", "kind: gradual", "12:5: drift.0.over: is missing"),
    ("rotate: 90 deg", "rotat: 90 deg", "12:36: drift.0.to.rotat: unknown key; did you mean 'rotate'?"),
    ("rotate: 90 deg", "rotate: 90", "12:36: drift.0.to.rotate: 90 has no unit; write '90 deg'"),
    ("rotate: 90 deg", "shift: 1", "12:36: drift.0.to.shift: 'digits' cannot be changed that way"),
    ("rotate: 90 deg", "noise: -1", "12:36: drift.0.to.noise: -1 is no strength"),
    (
        "rotate: 90 deg",
        "labels: {prior: [0.5, 0.5]}",
        "12:45: drift.0.to.labels.prior: has 2 probabilities for 10 classes",
    ),
    (
        "rotate: 90 deg",
        f"labels: {{prior: [{', '.join(['0.2'] * 10)}]}}",
        "12:45: drift.0.to.labels.prior: sums to 2, not to 1",
    ),
    (
        "rotate: 90 deg",
        "labels: {swap: [[3, 10]]}",
        "12:45: drift.0.to.labels.swap: there is no class 10; classes are 0 to 9",
    ),
    (
        "rotate: 90 deg",
        "labels: {swap: [[3]]}",
        "12:52: drift.0.to.labels.swap.0: has 1 entries; at least 2 are needed",
    ),
    ("{rotate: 90 deg}", "night", "12:31: drift.0.to: there is no concept 'night'"),
    (
        "up: 256 kbit/s",
        "up: 5 Mbs",
        "14:9: links.lte.up: '5 Mbs' is no data rate; write for example '5 Mbit/s'",
    ),
    (
        "up: 256 kbit/s",
        "up: -5 bit/s",
        "14:9: links.lte.up: '-5 bit/s' is negative; a data rate is 0 or more",
    ),
    ("up: 256 kbit/s, ", "", "14:3: links.lte.up: is missing"),
    ("up: 256 kbit/s", "up: {}", "14:9: links.lte.up: nothing is given; exactly one is needed: rate, trace"),
    ("latency: 60 ms", "latency: 60", "14:41: links.lte.latency: 60 has no unit: 60 ms or 60 s?"),
    ("latency: 60 ms", "shared: yes", "14:41: links.lte.shared: 'yes' is not true or false"),
    ("latency: 60 ms", "shared_by: 0", "14:41: links.lte.shared_by: 0 is no number of devices"),
    (
        "latency: 60 ms",
        "shared: true, shared_by: 5 devices",
        "14:3: links.lte: shared and shared_by exclude each other",
    ),
    (
        "up: 256 kbit/s",
        "up: {trace: none.up}",
        "14:14: links.lte.up.trace: there is no file 'none.up'",
    ),
    (
        "up: 256 kbit/s",
        f"up: {{trace: {'x' * 400}}}",
        "14:14: links.lte.up.trace: there is no file 'xxx",
    ),
    ("prototypes: 8", "prototypes: 0", "16:28: method.adapter.prototypes: 0 is below 1"),
    (
        "prototypes: 8",
        "prototype: 8",
        "16:28: method.adapter.prototype: unknown key; did you mean 'prototypes'?",
    ),
    (
        "kind: persona, prototypes: 8",
        "kind: personal",
        "16:13: method.adapter.kind: 'personal' is no known adapter; did you mean 'persona'?",
    ),
    (
        "kind: persona, prototypes: 8",
        "kind: probe, payload: 1 kB, update: 1 kB",
        "16:3: method.adapter: 'adapter: probe' plays timing only; it needs 'task: none'",
    ),
    ("every: 60 s", "every: 0 s", "17:29: method.trigger.every: '0 s' is zero"),
    (
        "{kind: periodic, every: 60 s}",
        "{kind: at, times: [1 s], devices: [3, 10]}",
        "17:37: method.trigger.devices: there is no device 10; ids run from 0 to 9",
    ),
    (
        "{kind: periodic, every: 60 s}",
        "{kind: at, times: [1 s], devices: [-1]}",
        "17:37: method.trigger.devices: there is no device -1; ids run from 0 to 9",
    ),
    (
        "{kind: periodic, every: 60 s}",
        "{kind: at, times: [1 s], devices: [true]}",
        "17:37: method.trigger.devices: there is no device true; ids run from 0 to 9",
    ),
    (
        "{kind: periodic, every: 60 s}",
        "{kind: at, times: [1 s], devices: [2, 2]}",
        "17:37: method.trigger.devices: device 2 stands there twice",
    ),
    (
        "{kind: periodic, every: 60 s}",
        "{kind: at, times: [1 s, 31 min]}",
        "17:36: method.trigger.times.1: '31 min' is after the end of the run (30 min)",
    ),
    ("{kind: periodic, every: 60 s}", "{kind: at}", "17:3: method.trigger: times or asks are needed"),
    ("{kind: periodic, every: 60 s}", "5", "17:3: method.trigger: 5 is no trigger"),
]


@pytest.mark.parametrize(("old", "new", "line"), MISTAKES, ids=[line for _, _, line in MISTAKES])
def test_a_mistake_is_one_line_in_its_place(small: str, refusal: Refusal, old: str, new: str, line: str) -> None:
    assert small.count(old) >= 1
    (said,) = refusal(small.replace(old, new, 1))
    assert said.startswith(f"small.yaml:{line}")


def test_all_mistakes_of_a_file_are_told_at_once_in_order(small: str, refusal: Refusal) -> None:
    old_and_new = [
        ("tick: 10 s", "tick: 10"),
        ("link: lte", "link: lta"),
        ("at: 5 min", "at: 50 min"),
        ("up: 256 kbit/s", "up: 5 Mbs"),
        ("prototypes: 8", "prototyps: 8"),
        ("links:", "linky: 3\nlinks:"),
    ]
    for old, new in old_and_new:
        small = small.replace(old, new, 1)
    assert [line.split(": ")[0] for line in refusal(small + "seed: 8\n")] == [
        "small.yaml:4:1",
        "small.yaml:10:5",
        "small.yaml:12:6",
        "small.yaml:13:1",
        "small.yaml:15:9",
        "small.yaml:17:28",
        "small.yaml:19:1",
    ]


@pytest.mark.parametrize("key", ["version", "duration", "task", "fleet"])
def test_what_has_no_default_must_be_there(small: str, refusal: Refusal, key: str) -> None:
    sections = small.split("\n")
    start = next(number for number, line in enumerate(sections) if line.startswith(key))
    end = next(n for n, line in enumerate(sections) if n > start and not line.startswith(" "))
    assert f"small.yaml:1:1: {key}: is missing" in refusal("\n".join(sections[:start] + sections[end:]))


def test_cohorts_have_names_of_their_own(small: str, refusal: Refusal) -> None:
    twin = "  - {cohort: phones, devices: 1, samples: {every: 1 s}, link: lte}\ndrift:"
    assert refusal(small.replace("drift:", twin)) == [
        "small.yaml:7:5: fleet.0.cohort: two cohorts are named 'phones'",
        "small.yaml:11:6: fleet.1.cohort: two cohorts are named 'phones'",
    ]


def test_with_a_task_every_cohort_says_how_samples_arrive(small: str, refusal: Refusal) -> None:
    assert refusal(small.replace("    samples: {every: 1 s}\n", "")) == [
        "small.yaml:7:5: fleet.0.samples: is missing; write for example 'samples: {every: 1 s}'"
    ]


def test_who_asks_needs_a_link_and_who_never_asks_does_not(
    small: str, refusal: Refusal, loaded: Callable[..., object]
) -> None:
    without = small.replace("    link: lte\n", "")
    assert refusal(without) == [
        "small.yaml:7:5: fleet.0.link: is missing; only with 'trigger: never' may a cohort have no link"
    ]
    assert loaded("    link: lte\n", "", ("method.trigger=never",))
    assert loaded("    link: lte\n", "", ("method.adapter=static",))


def test_timing_only_needs_a_probe_and_no_drift(small: str, refusal: Refusal) -> None:
    assert refusal(small.replace("{data: digits, model: mlp}", "none")) == [
        "small.yaml:11:1: drift: needs a task; with 'task: none' there is nothing to judge or change",
        "small.yaml:16:3: method.adapter: 'task: none' needs 'adapter: {kind: probe, ...}', not 'persona'",
    ]


@pytest.mark.parametrize(
    ("override", "path"),
    [
        ("method.adapter=my.pkg:Adapter", "method.adapter"),
        ("task.model=my.pkg:Net", "task.model"),
        ("task.data=my.pkg:Data", "task.data"),
    ],
)
def test_own_code_is_named_only_where_that_is_allowed(small: str, refusal: Refusal, override: str, path: str) -> None:
    name = override.split("=")[1]
    (said,) = refusal(small.replace("{rotate: 90 deg}", "{}"), (override,))
    assert said == f"--set {path}: '{name}' names code to import; allow it with --allow-plugins"


def test_a_name_of_own_code_must_look_like_one(small: str, refusal: Refusal) -> None:
    (said,) = refusal(small, ("method.adapter=os; rm:x y",), plugins=True)
    assert said.endswith("is no adapter; code of your own is named pkg.mod:Class")


def test_a_missing_file_is_looked_for_beside_the_yaml(small: str, refusal: Refusal, tmp_path: Path) -> None:
    (tmp_path / "Verizon.up").write_text("1\n")
    (said,) = refusal(small.replace("up: 256 kbit/s", "up: {trace: verizn.up}"))
    assert said.endswith("there is no file 'verizn.up'; did you mean 'Verizon.up'?")
