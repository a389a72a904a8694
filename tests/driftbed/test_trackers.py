"""Trackers really write: what each library reads back is what the run's tables say."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import driftbed as db

SHORT = {"duration": "60 s", "fleet.0.devices": 20}
pytestmark = pytest.mark.filterwarnings("default")


def _accuracies(result: Any) -> dict[int, float]:
    sums = result.frame("windows").groupby("t_s")[["samples", "correct"]].sum()
    return {int(at_s): row["correct"] / row["samples"] for at_s, row in sums.iterrows()}


def _records(data: bytes) -> Iterator[bytes]:
    """Yield the records of a file in the log format of LevelDB: those that cross a block of 32 KiB are cut in parts."""
    place, record = 7, b""
    while place + 7 <= len(data):
        if (left := -place % 32768) < 7:
            place += left
            continue
        _, length, kind = struct.unpack_from("<IHB", data, place)
        record += data[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):
            yield record
            record = b""


def _logged(file: Path) -> Iterator[float]:
    """Yield the accuracies that a file of Weights and Biases holds, tick by tick."""
    from wandb.proto.wandb_internal_pb2 import Record

    for data in _records(file.read_bytes()):
        for item in Record.FromString(data).history.item:
            if "accuracy" in (item.key, *item.nested_key):
                yield json.loads(item.value_json)


def test_tensorboard_reads_the_accuracy_of_every_tick(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    result = db.simulate("gaussians", set=SHORT, out=tmp_path / "run", callbacks=[db.TensorBoard()])
    events = EventAccumulator(str(tmp_path / "run" / "tensorboard")).Reload()
    read = {event.step: event.value for event in events.Scalars("accuracy")}
    assert read == pytest.approx(_accuracies(result))
    (last,) = events.Scalars("summary/accuracy")
    assert last.value == pytest.approx(result.summary["accuracy"])


def test_mlflow_reads_the_run_from_a_store_of_files(tmp_path: Path) -> None:
    pytest.importorskip("mlflow")
    from mlflow import MlflowClient

    before = dict(os.environ)
    tracker = db.MLflow(tmp_path / "store", "study")
    assert dict(os.environ) == before
    result = db.simulate("gaussians", set=SHORT, out=tmp_path / "run", callbacks=[tracker])
    client = tracker._client
    assert isinstance(client, MlflowClient)
    experiment = client.get_experiment_by_name("study")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    read = {metric.step: metric.value for metric in client.get_metric_history(run.info.run_id, "accuracy")}
    assert read == pytest.approx(_accuracies(result))
    assert run.data.metrics["summary/accuracy"] == pytest.approx(result.summary["accuracy"])
    assert run.data.params["fleet.0.devices"] == "20"
    assert run.info.status == "FINISHED"


def test_weights_and_biases_writes_its_file_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wandb")
    monkeypatch.setenv("HOME", str(tmp_path))
    result = db.simulate("gaussians", set=SHORT, out=tmp_path / "run", callbacks=[db.WandB()])
    (file,) = (tmp_path / "run" / "wandb").glob("offline-run-*/*.wandb")
    assert list(_logged(file)) == pytest.approx(list(_accuracies(result).values()))
    assert result.summary["digest"] == db.simulate("gaussians", set=SHORT, out=tmp_path / "alone").summary["digest"]
