"""A frozen model on recorded streams scores exactly what plain test-then-train evaluation says, row by row."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from run_commands import RunScenario

from agents.contract import CohortSpec, FleetSpec
from agents.models.making import make_net
from agents.models.training import pretrain
from agents.tasks.making import make_task

STREAMS = Path(__file__).resolve().parents[3] / "shared" / "data" / "streams"
real = pytest.mark.skipif(not STREAMS.is_dir(), reason="the recorded streams are not here")
EPOCHS, SEED = 3, 11


def scenario(name: str, devices: int, **changed: Any) -> dict[str, object]:
    return {
        "version": 1,
        "seed": SEED,
        "duration": "12 min",
        "tick": "30 s",
        "task": {"data": f"table:{STREAMS / name}", "model": "logistic", "pretrain": {"epochs": EPOCHS}},
        "fleet": [{"cohort": "sensors", "devices": devices, "samples": {"every": "1 s", "arrivals": "periodic"}}],
        "method": {"adapter": "static"},
        "references": ["static"],
        **changed,
    }


def raw(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Read a stream without any of our code."""
    if name.endswith(".csv.gz"):
        frame = pd.read_csv(STREAMS / name)
    else:
        with gzip.open(STREAMS / name, "rt") as file:
            text = file.read()
        frame = pd.read_csv(io.StringIO(text.split("@data", 1)[1]), header=None)
    return frame.iloc[:, :-1].to_numpy(np.float64), frame.iloc[:, -1].to_numpy(np.int64)


def prequential(name: str) -> np.ndarray:
    """Return which rows after the past a frozen model predicts correctly, in the order of the file."""
    x, y = raw(name)
    past = int(len(x) * 0.2)
    spread = x[:past].std(0)
    z = ((x - x[:past].mean(0)) / np.where(spread > 1e-9, spread, 1.0)).astype(np.float32)
    model = frozen(name)
    hits = []
    for begin in range(past, len(z), 1000):
        scores = model(torch.from_numpy(z[begin : begin + 1000])).argmax(1)
        hits.append(scores.numpy() == y[begin : begin + 1000])
    return np.concatenate(hits)


def frozen(name: str) -> torch.nn.Linear:
    """Return the model that the cloud trains, as a plain layer of torch."""
    cohort = CohortSpec("sensors", 1, 1.0, "periodic", 0.0, None)
    options = {"path": STREAMS / name}
    spec = FleetSpec(SEED, 1.0, 1.0, "table", options, "logistic", {}, {}, (cohort,), (), "static", {}, "fp32", ())
    task = make_task(spec)
    net = make_net("logistic", task.input_shape, task.classes, {})
    layers = pretrain(task.history(), net, {"epochs": EPOCHS}, SEED).layers
    model = torch.nn.Linear(*net.head.dims).requires_grad_(False)
    model.weight.copy_(layers["w0"][0, :, : task.classes].T)
    model.bias.copy_(layers["b0"][0, 0, : task.classes])
    return model


@real
@pytest.mark.parametrize("name", ["elec.csv.gz", "Rialto.arff.gz"])
def test_a_frozen_model_equals_plain_prequential_evaluation(play: RunScenario, name: str) -> None:
    run, hits = play(scenario(name, 100)), prequential(name)
    assert run.windows["samples"].sum() == len(hits)
    assert run.windows["correct"].sum() == run.windows["correct_static"].sum() == hits.sum()
    devices = run.table("devices")
    assert devices["correct"].tolist() == [int(hits[device::100].sum()) for device in range(100)]


@real
def test_windows_follow_the_order_of_the_file(play: RunScenario) -> None:
    run, hits = play(scenario("elec.csv.gz", 50)), prequential("elec.csv.gz")
    done = run.windows["samples"].cumsum()
    # Devices ask at phases of their own: each window holds its rows but for a row of each device.
    for correct, first, last in zip(run.windows["correct"], [0, *done], done, strict=False):
        assert abs(int(correct) - int(hits[first:last].sum())) <= 50


@real
@pytest.mark.parametrize("name", ["weather.csv.gz", "outdoorStream.csv.gz"])
def test_recorded_streams_play_with_an_oracle_of_hindsight(play: RunScenario, name: str) -> None:
    run = play(scenario(name, 40, references=["static", "oracle_head"]))
    assert run.summary["samples"] == len(raw(name)[1]) - int(len(raw(name)[1]) * 0.2)
    assert run.summary["accuracy_oracle"] > run.summary["accuracy_static"]
