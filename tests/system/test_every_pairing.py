"""Every pairing of method, codec, trigger, model and labels is refused with a reason when it is read, or it plays."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from random import Random

import pytest

import run_sim
from agents.codecs import CODECS
from agents.methods import METHODS
from agents.models import MODELS
from sim.commands.exits import OK
from sim.scenario import ScenarioErrors, load
from sim.triggers import TRIGGERS

#: What a trigger cannot do without, in the shortest form.
TRIGGER = {
    "periodic": "{kind: periodic, every: 8 s}",
    "poisson": "{kind: poisson, rate: 6 /min}",
    "at": "{kind: at, times: [10 s, 20 s]}",
    "every_samples": "{kind: every_samples, n: 8}",
    "detector": "{kind: detector, signal: entropy, detector: ewma}",
    "gate": "{kind: gate, threshold: 0.1}",
    # There are as many places as devices times ticks: 15.
    "dummy": "{kind: dummy, alarms: 8}",
    "token_bucket": "{kind: token_bucket, asks: 20, per: 1 min}",
    "rounds": "{kind: rounds, every: 10 s, cohort_size: 2}",
}
LABELS = {"none": "", "at once": ", labels: {after: 0 s}", "late": ", labels: {after: 10 s, share: 50 %}"}
OF_ITEMS = ("sasrec", "gru4rec", "din")
PLAYED = 40


def scenario(method: str, codec: str, trigger: str, model: str, labels: str) -> str:
    data = "synthetic_interactions" if "items" in MODELS[model].needs else "digits"
    options = ", ".join(f"{name}: {value}" for name, value in METHODS[method].quick.items() if name == "steps")
    learns = "learning" in METHODS[method].needs
    learning = ", learning: {trigger: {kind: periodic, every: 8 s}}" if learns else ""
    return (
        "version: 1\nduration: 30 s\ntick: 5 s\n"
        f"task: {{data: {data}, model: {model}, pretrain: {{epochs: 1}}}}\n"
        f"fleet: [{{cohort: phones, devices: 3, samples: {{every: 1 s}}, link: lte, compute: {{macs_per_s: 1.0e9}}"
        f"{LABELS[labels]}}}]\n"
        "links: {lte: {up: 1 Mbit/s, down: 1 Mbit/s}}\n"
        f"method: {{adapter: {{kind: {method}{', ' + options if options else ''}}}, codec: {codec}, "
        f"trigger: {TRIGGER.get(trigger, trigger)}{learning}}}\n"
    )


def reasons(file: Path) -> list[str]:
    """Return why a scenario is refused; none if it is not."""
    try:
        load(file)
    except ScenarioErrors as errors:
        return str(errors).splitlines()
    return []


def walked(method: str, seed: int) -> list[tuple[str, str, str, str]]:
    """Return all pairings of a method, in an order drawn for it."""
    pairings = list(product(CODECS, TRIGGERS, MODELS, LABELS))
    Random(seed).shuffle(pairings)
    return pairings


@pytest.mark.slow
@pytest.mark.parametrize("method", [name for name in METHODS if name != "probe"])
def test_every_pairing_is_refused_with_a_reason_or_accepted(method: str, tmp_path: Path) -> None:
    file = tmp_path / "paired.yaml"
    for codec, trigger, model, labels in walked(method, 0):
        file.write_text(scenario(method, codec, trigger, model, labels), "utf-8")
        for line in reasons(file):
            assert any(f"'{name}'" in line for name in (method, codec, trigger, model)) or ";" in line, line


@pytest.mark.slow
@pytest.mark.parametrize("method", [name for name in METHODS if name != "probe"])
def test_what_is_accepted_plays(method: str, tmp_path: Path) -> None:
    file, played = tmp_path / "paired.yaml", 0
    for codec, trigger, model, labels in walked(method, 1)[:PLAYED]:
        file.write_text(scenario(method, codec, trigger, model, labels), "utf-8")
        if played < 2 and not reasons(file):
            code = run_sim.main(["run", str(file), "--quiet", "--force", "--out", str(tmp_path / "run")])
            assert code == OK, file.read_text("utf-8")
            played += 1
    assert played
