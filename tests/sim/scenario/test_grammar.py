"""The whole grammar, read in full."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents.contract.component import read_options
from sim.scenario import Scenario, ScenarioErrors, load
from sim.triggers.at import AtOptions

Write = Callable[..., Path]
Loaded = Callable[..., Scenario]

EVERYTHING = """\
version: 1
seed: 7
duration: 2 h
task: {data: digits, model: mlp}
concepts:
  night: {contrast: 0.4, noise: {severity: 3}}
fleet:
  - cohort: phones
    devices: 1000
    samples: {arrivals: recorded}
    labels: {share: 100 %, after: 30 s}
    link: cell
    compute: {inference: 2 ms}
    availability: {on: 30 min, off: {exponential: {mean: 10 min}}}
    churn: {joins: {uniform: {low: 0 s, high: 10 min}}, leaves: {exponential: 2 h}}
    offline: {transfers: abort, samples: stop}
  - cohort: cameras
    devices: 10
    samples: {rate: 3 /min}
    link: burst
    availability: {diurnal: {from: 22 h, until: 7 h, zones: [0 h, 8 h], jitter: 30 min}}
  - {cohort: buoys, devices: 5, samples: {rate: 0 /s}, link: satellite, availability: {trace: here.txt}}
drift:
  - {at: 5 min, kind: sudden, to: night}
  - {at: 12 min, kind: gradual, mixing: sigmoid, over: 4 min, share: 50 %, to: [night, {blur: 2}]}
  - {at: 20 min, kind: recurring, every: 5 min, between: [{rotate: 0 deg}, {rotate: 90 deg}]}
  - {at: 25 min, kind: incremental, over: 3 min, wave: {crosses_fleet_in: 2 min}, to: {blur: 2}}
  - {at: 25 min, kind: blip, for: 3 min, groups: {count: 4, apart: 10 s}, to: {labels: {dirichlet: 0.3}}}
  - {at: 25 min, kind: random_walk, every: 10 s, independent: {within: 5 min}, to: {scale: 1.2}}
links:
  cell:
    up: {trace: {file: rates.txt, column: 2, unit: Mbit/s, time_column: 1, time_unit: s, offset: random}}
    down: {trace: one.up}
    shared_by: 50 devices
    discipline: ps
    via: [backhaul]
    weights: {phones: 2}
  backhaul: {up: 1 Gbit/s, down: 1 Gbit/s, latency: 5 ms, discipline: ps, shared: true}
  burst:
    up: 1 Mbit/s
    down: {markov: {states: [1 Mbit/s, 0 bit/s], stay: [10 s, 2 s]}}
    loss: {gilbert_elliott: {p: 0.01, r: 0.2, good: 0.001, bad: 0.7}}
    outages: [{at: 3 min, for: 40 s}]
    mtu: 1200 B
    recovery: {arq: off, timeout: 3 s, retries: 2}
  satellite:
    up: 1 Mbit/s
    down: {fitted: {trace: one.up, states: 3}}
    ping: {file: rates.txt, column: 2, unit: ms, time_column: 1, time_unit: s}
    loss: 1 %
    contacts: {every: 95 min, for: 10 min, first: random}
    outages: {up: {exponential: 1 h}, down: 10 s}
    ordered: true
  shaped: {up: {rate: 1 Mbit/s, bucket: {rate: 100 kbit/s, burst: 1 MB}}, down: 1 Mbit/s}
cloud:
  workers: 2
  service: measured
  queue: ps
  capacity: 1000
  batch: {max: 1, wait: 10 ms}
  failures: [{at: 3 min, for: 10 s}]
method:
  adapter: {kind: persona, tau: 0.4}
  trigger: {kind: every_samples, n: 20}
  codec: int8
execution: {backend: ray, workers: 2}
"""


@pytest.fixture
def everything(write: Write) -> Path:
    """A file that uses nearly all of the grammar, with the files it names."""
    write("0 30\n1 40\n", "rates.txt")
    write("1\n2\n500\n", "one.up")
    write("0 0 60\n", "here.txt")
    return write(EVERYTHING, "everything.yaml")


def test_all_of_the_grammar_reads_and_survives_being_written(everything: Path, write: Write) -> None:
    from sim.scenario import dump_resolved

    scenario = load(everything)
    again = load(write(dump_resolved(scenario), "everything.yaml"))
    assert again == scenario
    assert again.fingerprint() == scenario.fingerprint()


def test_values_are_in_base_units(everything: Path) -> None:
    scenario = load(everything)
    links = scenario.links
    assert links["cell"].shared_by == 50
    assert links["burst"].outages.scheduled[0].for_ == 40.0
    assert links["burst"].loss.gilbert_elliott is not None
    assert links["satellite"].loss.bernoulli == 0.01
    assert links["satellite"].outages.random is not None
    assert links["satellite"].outages.random.up.mean == 3600.0
    assert scenario.fleet[0].availability.off.mean == 600.0  # type: ignore[union-attr]
    assert scenario.fleet[1].availability.from_ == 79200.0  # type: ignore[union-attr]
    assert scenario.fleet[1].samples.interval_s == 20.0
    assert scenario.drift[1].to.plain()["blur"] == 2.0
    assert scenario.drift[1].to.contrast == 0.4


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        (
            "method.adapter.kind",
            "kind: persona",
            "kind: quixotic",
            "'quixotic' is no known adapter; known: static, static_balanced",
        ),
        ("method.trigger.kind", "kind: every_samples", "kind: every_sample", "did you mean 'every_samples'?"),
        ("method.codec.kind", "codec: int8", "codec: codes", "'codes' is no known codec; did you mean 'codebook'?"),
        ("fleet.0.compute.profile", "inference: 2 ms", "profile: here.txt", "unknown key; known: inference"),
    ],
)
def test_what_is_not_there_is_an_unknown_name(
    everything: Path, write: Write, path: str, old: str, new: str, said: str
) -> None:
    with pytest.raises(ScenarioErrors) as caught:
        load(write(EVERYTHING.replace(old, new), "everything.yaml"))
    (problem,) = caught.value.problems
    assert problem.path in (path, path.removesuffix(".kind"))
    assert said in problem.message


@pytest.mark.parametrize(
    ("old", "new", "read", "wanted"),
    [
        ("{kind: persona, prototypes: 8}", "persona", lambda s: s.method.adapter.kind, "persona"),
        ("up: 256 kbit/s", "up: {rate: 1 Mbit/s}", lambda s: s.links["lte"].up.rate, 1e6),
        ("up: 256 kbit/s", "up: 0 bit/s", lambda s: s.links["lte"].up.rate, 0.0),
        ("latency: 60 ms", "jitter: 10 ms", lambda s: s.links["lte"].jitter.mean, 0.005),
        ("latency: 60 ms", "header: 40 B", lambda s: s.links["lte"].header, 40.0),
        ("latency: 60 ms", "shared_by: 50 devices", lambda s: s.links["lte"].shared_by, 50),
        ("latency: 60 ms", "shared: true", lambda s: s.links["lte"].shared, True),
        ("tick: 10 s\n", "", lambda s: s.tick, 10.0),
        ("every: 1 s", "rate: 0 /s", lambda s: s.fleet[0].samples.interval_s, float("inf")),
        ("every: 60 s", "every: 60 s, phase: 0 s", lambda s: s.method.trigger.phase, 0.0),
        ("every: 60 s", "every: 60 s", lambda s: s.method.trigger.phase, "random"),
        ("{rotate: 90 deg}", "{}", lambda s: s.drift[0].to.plain(), {}),
        ("seed: 7", "seed: 7", lambda s: s.references, ["static", "oracle_head"]),
        ("seed: 7", "seed: 7", lambda s: s.fleet[0].labels.share, 0.0),
        ("seed: 7", "seed: 7", lambda s: s.cloud.capacity, float("inf")),
        ("seed: 7", "seed: 7", lambda s: s.devices, 10),
    ],
)
def test_shorthands_and_defaults(loaded: Loaded, old: str, new: str, read: Any, wanted: object) -> None:
    assert read(loaded(old, new)) == wanted


def test_gaussians_move_in_units_and_know_their_transforms(loaded: Loaded) -> None:
    data = "data: {kind: gaussians, classes: 3, rotate: 6 deg/min, shift: -0.6 /min}"
    scenario = loaded("data: digits", data, ("drift.0.to={shift: -1}",))
    assert scenario.task is not None
    options = scenario.task.data.settings
    assert options["rotate"] == 0.1
    assert options["shift"] == -0.01
    assert scenario.drift[0].to.shift == -1.0


def test_asks_lists_every_group_of_devices(loaded: Loaded) -> None:
    trigger = "{kind: at, times: [1 s], asks: [{times: [2 s, 3 s], devices: [0, 9]}]}"
    chosen = loaded("{kind: periodic, every: 60 s}", trigger).method.trigger
    asks = read_options(AtOptions, chosen.settings, "trigger at").all_asks
    assert [(ask.times, ask.devices) for ask in asks] == [([1.0], "all"), ([2.0, 3.0], [0, 9])]


def test_timing_only_scenarios_have_laws_for_sizes(write: Write) -> None:
    text = """\
version: 1
duration: 10 min
task: none
fleet: [{cohort: phones, devices: 3, link: lte}]
links: {lte: {up: 1 Mbit/s, down: 1 Mbit/s}}
method:
  adapter: {kind: probe, payload: {exponential: 10 kB}, update: 5 kB}
  trigger: {kind: poisson, rate: 1 /min}
"""
    scenario = load(write(text))
    assert scenario.task is None
    assert scenario.references == []
    assert scenario.method.adapter.payload.mean == 10_000.0  # type: ignore[union-attr]
    assert scenario.resolved()["task"] == "none"
