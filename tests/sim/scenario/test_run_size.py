"""What fits neither time nor memory is refused when it is read, with the number and what to change."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.scenario import ScenarioErrors, load

ROOT = Path(__file__).resolve().parents[3]
TIMING = """\
version: 1
duration: 1 min
tick: 10 s
task: none
fleet:
  - {cohort: a, devices: 4, link: air, availability: {on: 30 s, off: 10 s}}
  - {cohort: b, devices: 4, link: air, availability: {diurnal: {from: 0 s, until: 30 s, day: 1 min}}}
links:
  air: {up: {markov: {states: [1 Mbit/s, 2 Mbit/s], stay: [1 s, 2 s]}}, down: 1 Mbit/s, loss: 1 %}
  sky: {up: 1 Mbit/s, down: 1 Mbit/s, contacts: {every: 20 s, for: 10 s}}
  sea: {up: 1 Mbit/s, down: 1 Mbit/s, outages: [{at: 1 s, for: 1 ns, every: 10 s}]}
  sun: {up: 1 Mbit/s, down: 1 Mbit/s, outages: {up: 10 s, down: 1 s}}
method: {adapter: {kind: probe, payload: 1 kB, update: 1 kB}, trigger: {kind: periodic, every: 10 s}}
"""
TASK = """\
version: 1
duration: 1 min
tick: 10 s
task: {data: {kind: gaussians}, model: {kind: mlp, hidden: [32, 32]}}
fleet: [{cohort: a, devices: 4, link: air, samples: {every: 1 s}}]
links: {air: {up: 1 Mbit/s, down: 1 Mbit/s}}
drift: [{at: 10 s, kind: recurring, every: 10 s, between: [{rotate: 0 deg}, {rotate: 90 deg}]}]
method: {adapter: cloud_ft, trigger: {kind: periodic, every: 10 s}}
"""
LARGE_TIMING = [
    ("fleet.0.devices=100000000", "fleet", "100,000,004 devices"),
    ("tick=20 us", "tick", "24,000,000 rows"),
    ("method.trigger.every=1 us", "method.trigger", "480,000,000 requests of the fleet"),
    ("method.trigger={kind: poisson, rate: 1e9 /s}", "method.trigger", "requests of the fleet"),
    ("method.trigger={kind: poisson, rate: 1e300 /s}", "method.trigger", "requests of the fleet"),
    ("fleet.0.availability={on: 1 us, off: 2 us}", "fleet.0.availability", "20,000,000 switches"),
    ("fleet.0.availability={on: 0 s, off: 0 s}", "fleet.0.availability.on", "always 0 s"),
    ("fleet.1.availability.diurnal.day=1 ns", "fleet.1.availability", "60,000,000,000 switches"),
    ("links.air.up.markov.stay=[1 s, 1 ns]", "links.air.up.markov.stay", "switches"),
    ("links.sky.contacts={every: 2 ns, for: 1 ns}", "links.sky.contacts", "switches"),
    ("links.sea.outages.0.every=10 ns", "links.sea.outages", "6,000,000,000 switches"),
    ("links.sun.outages={up: 1 ns, down: 1 ns}", "links.sun.outages", "switches"),
    ("links.sun.outages={up: {pareto: {minimum: 1 ns, shape: 0.5}}, down: 1 ns}", "links.sun.outages", "switches"),
    ("links.sun.outages={up: 0 s, down: 1 s}", "links.sun.outages.up", "would never be up"),
    ("fleet.0.availability={on: 0 s, off: 1 s}", "fleet.0.availability.on", "would ever be there"),
    ("fleet.1.availability.diurnal.jitter=2 min", "fleet.1.availability", "longer than a day (1 min)"),
    ("fleet.1.availability.diurnal.jitter=1e300 s", "fleet.1.availability", "'1e300 s' is too large"),
    ("links.air.up=1e31 bit/s", "links.air.up", "'1e31 bit/s' is too large"),
    ("cloud.service={pareto: {minimum: 1 s, shape: 0.05}}", "cloud.service.pareto", "0.06 is the least"),
    ("cloud.service={weibull: {scale: 1 s, shape: 0.01}}", "cloud.service.weibull", "0.02 is the least"),
    ("cloud.service={gamma: {mean: 1 s, shape: 1e-300}}", "cloud.service.gamma", "1e-06 is the least"),
    ("fleet.1.availability.diurnal.zones=[2 min]", "fleet.1.availability", "longer than a day (1 min)"),
    ("links.air.outages={up: 1 s, down: 1000000 d}", "links.air.up.markov.stay", "switches"),
    ("links.air.header=1 TB", "links.air.header", "packets of one message"),
    ("method.adapter.payload=1 TB", "links.air", "packets of one message"),
    ("links.air.mtu=0.5 B", "links.air", "no room in a packet"),
    ("links.air.mtu=12 bit", "links.air.mtu", "no whole number of bytes"),
    ("links.air.packet_header=1.5 B", "links.air.packet_header", "no whole number of bytes"),
    ("name=" + "n" * 65, "name", "has too many letters; at most 64 are allowed"),
    ("cloud.workers=1000000000", "cloud.workers", "1,000,000,000 workers"),
    ("sweep.seeds=1000000000000000", "sweep.seeds", "1,000,000,000,000,000 seeds; 10,000 at most"),
    ("sweep.seeds=[3, 1, 3]", "sweep.seeds", "seed 3 twice"),
]
LARGE_TASK = [
    ("task.model.hidden=[" + ", ".join(["8"] * 300) + "]", "task.model.hidden", "300 layers"),
    ("task.data.classes=5000", "task.data.classes", "5,000 classes are more than 1,000"),
    ("method.trigger={kind: dummy, rate: 1 /s}", "method.trigger.rate", "10 alarms of a device in a tick"),
    ("method.trigger={kind: dummy, alarms: 1000}", "method.trigger.alarms", "1,000 alarms, and a run has 20"),
    (
        "method={adapter: {kind: cloud_ft, steps: 1000000}, trigger: {kind: periodic, every: 1 ms}}",
        "method.adapter.steps",
        "240,000,000,000 steps of training",
    ),
    (
        "method={adapter: fedavg, trigger: {kind: rounds, every: 1 ns, cohort_size: 1}}",
        "method.trigger",
        "requests of the fleet",
    ),
    ("fleet.0.samples.every=1 ns", "fleet.0.samples", "240,000,000,000 samples"),
    ("fleet.0.samples={rate: 1e12 /s}", "fleet.0.samples", "samples"),
    ("fleet.0.samples.every=5 us", "fleet.0.samples", "2,000,000 samples of a device in a tick"),
    ("drift=[{at: 1 s, kind: sudden, to: {arrivals: 1e9}}]", "fleet.0.samples", "samples"),
    ("drift.0.every=1 us", "drift.0.every", "switches more than"),
    ("task.model.hidden=[50000, 50000]", "task.model.hidden", "50,000 outputs of a layer"),
    ("task.model.hidden=[16000, 16000]", "task.model.hidden", "numbers in the net"),
    ("task.pretrain.epochs=1000000000000", "task.pretrain.epochs", "above 100000"),
    ("task.data={kind: gaussians, history: 1000000, dimensions: 1000}", "task.data", "1,000,000 rows with 1,000"),
    ("task.data.classes=1000000000", "task.data", "1,000,000,000 classes are more than 1,000"),
    ("task.data.dimensions=1000000000", "task.data", "1,000,000,000 numbers each"),
    ("task.data={kind: sea, history: 1000000000}", "task.data", "rows"),
    ("task.data={kind: hyperplane, dimensions: 100000000}", "task.data", "rows"),
    ("method.adapter={kind: cloud_ft, steps: 1000000000}", "method.adapter.steps", "above 1000000"),
]


def told(text: str, overrides: list[str], tmp_path: Path) -> str:
    file = tmp_path / "large.yaml"
    file.write_text(text, encoding="utf-8")
    try:
        load(file, overrides)
    except ScenarioErrors as errors:
        return str(errors)
    return "ok"


@pytest.mark.parametrize(("override", "path", "number"), LARGE_TIMING)
def test_timing_that_never_ends_is_refused(override: str, path: str, number: str, tmp_path: Path) -> None:
    line = told(TIMING, [override], tmp_path)
    assert number in line
    assert path in line


@pytest.mark.parametrize(("override", "path", "number"), LARGE_TASK)
def test_data_that_fit_nowhere_are_refused(override: str, path: str, number: str, tmp_path: Path) -> None:
    line = told(TASK, [override], tmp_path)
    assert number in line
    assert path in line


def test_what_is_long_but_ends_is_let_through(tmp_path: Path) -> None:
    assert told(TASK, ["task.pretrain.epochs=100000"], tmp_path) == "ok"


def test_devices_times_window_must_fit_into_memory(tmp_path: Path) -> None:
    line = told(TASK, ["fleet.0.devices=10000000", "drift.0.every=50 s", "method.adapter.window=1024"], tmp_path)
    assert "fleet.0.devices" in line
    assert "devices times window" in line


def test_drift_of_many_devices_at_many_times_is_refused(tmp_path: Path) -> None:
    text = TASK.replace("devices: 4", "devices: 1000000").replace("1 min", "10 min").replace("cloud_ft", "static")
    assert "drift.0: makes about 60,000,000 concepts that devices meet" in told(text, [], tmp_path)


@pytest.mark.parametrize("file", sorted(ROOT.glob("scenarios/**/*.yaml")), ids=lambda file: file.stem)
def test_no_shipped_scenario_is_too_large(file: Path) -> None:
    try:
        load(file)
    except ScenarioErrors as errors:
        found = errors.problems
    else:
        found = []
    assert all("there is no file" in problem.message for problem in found)


@pytest.mark.parametrize(
    "overrides",
    [
        ["fleet.0.devices=1000000", "duration=1 h", "method.trigger.every=1 min"],
        ["duration=1000 d", "tick=10 min"],
        ["links.air.mtu=1000 kB", "method.adapter.payload=100 GB"],
    ],
)
def test_what_has_been_run_is_let_through(overrides: list[str], tmp_path: Path) -> None:
    text = TIMING
    for short, long in [("1 min}}}", "1 d}}}"), ("[1 s, 2 s]", "[1 h, 2 h]"), ("20 s", "20 min"), ("30 s", "30 min")]:
        text = text.replace(short, long)
    text = text.replace("every: 10 s}]", "every: 1 h}]").replace("up: 10 s", "up: 1 h")
    assert told(text, overrides, tmp_path) == "ok"


def test_a_time_span_beyond_exact_times_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "long.yaml"
    file.write_text(TIMING, encoding="utf-8")
    with pytest.raises(ScenarioErrors, match="1,000,000,000,000 seconds of virtual time"):
        load(file, ["duration=1e12 s", "tick=1e9 s", "method.trigger=never"])
