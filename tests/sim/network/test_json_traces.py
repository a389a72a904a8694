"""Recordings in JSON, and rows that say how long they last."""

from __future__ import annotations

import gzip
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.network.rates.steps import Steps
from sim.network.traces.losses import load_losses, weak_packets
from sim.network.traces.opportunities import Opportunities
from sim.network.traces.recorded import TraceError, load_latency, load_rate
from sim.network.traces.windows import load_windows

ROWS = [{"time_s": at, "rate_kbps": rate} for at, rate in ((0, 64), (10, 8.5), (25, 128))]


def plain(folder: Path, text: str) -> str:
    path = folder / "trace.json"
    path.write_text(text)
    return str(path)


def packed(folder: Path, text: str) -> str:
    path = folder / "trace.json.gz"
    path.write_bytes(gzip.compress(text.encode()))
    return str(path)


def zipped(folder: Path, text: str) -> str:
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        archive.writestr("drive/1.json", text)
    return f"{folder / 'all.zip'}!drive/1.json"


@pytest.mark.parametrize("written", [plain, packed, zipped])
@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ROWS),
        json.dumps(ROWS, indent=2),
        "\n".join(map(json.dumps, ROWS)),
        json.dumps({"time_s": [0, 10, 25], "rate_kbps": [64, 8.5, 128]}),
    ],
    ids=["list", "pretty", "lines", "columns"],
)
def test_every_form_of_rows_is_the_same_rate(tmp_path: Path, written: Callable[..., str], text: str) -> None:
    rate = load_rate(written(tmp_path, text))
    assert isinstance(rate, Steps)
    assert [rate.at(at_s) for at_s in (0.0, 9.9, 10.0, 25.0)] == [64e3, 64e3, 8.5e3, 128e3]
    assert rate.period_s == 40.0


def test_pairs_have_declared_units_and_bare_numbers_are_opportunities(tmp_path: Path) -> None:
    pairs = load_rate(plain(tmp_path, "[[0, 2], [1.5, 4]]"), unit="Mbit/s", time_unit="s")
    assert isinstance(pairs, Steps)
    assert [pairs.at(0.0), pairs.at(1.5)] == [2e6, 4e6]
    opportunities = load_rate(plain(tmp_path, "[3, 7,\n 20]"))
    assert isinstance(opportunities, Opportunities)
    assert opportunities.when(0.0, 8.0) == 0.003


def test_rows_that_say_how_long_they_last_follow_each_other(tmp_path: Path) -> None:
    rows = [
        {"duration_ms": 3000, "bandwidth_kbps": 100, "latency_ms": 20},
        {"duration_ms": 500, "bandwidth_kbps": 0, "latency_ms": 90},
        {"duration_ms": 0, "bandwidth_kbps": 7, "latency_ms": 1},
        {"duration_ms": 1000, "bandwidth_kbps": 50, "latency_ms": 30},
    ]
    path = plain(tmp_path, json.dumps(rows))
    rate, latency = load_rate(path), load_latency(path, column="latency_ms")
    assert isinstance(rate, Steps)
    assert [rate.at(at_s) for at_s in (0.0, 2.99, 3.0, 3.49, 3.5, 4.4)] == [1e5, 1e5, 0.0, 0.0, 5e4, 5e4]
    assert rate.period_s == 4.5
    assert rate.bits(0.0, 4.5) == pytest.approx(3.0 * 1e5 + 1.0 * 5e4)
    assert latency.at(3.2) == pytest.approx(0.09)


def test_losses_and_strengths_are_read_too(tmp_path: Path) -> None:
    assert load_losses(plain(tmp_path, "[0, 1, 1, 0]"), lost=1).as_recorded().tolist() == [False, True, True, False]
    assert load_losses(plain(tmp_path, '{"received": [0, 1, 1]}')).as_recorded().tolist() == [True, False, False]
    path = packed(tmp_path, json.dumps([{"at_s": 0, "rssi": -70}, {"at_s": 1, "rssi": -95}, {"at_s": 2, "rssi": None}]))
    assert weak_packets(path, -90.0, "rssi").tolist() == [False, True, True]


def test_windows_may_be_rows(tmp_path: Path) -> None:
    rows = [{"device": "a", "start_s": 0, "end_s": 60}, {"device": "b", "start_s": 30, "end_s": 90}]
    for text in (json.dumps(rows), "\n".join(map(json.dumps, rows))):
        found = load_windows(plain(tmp_path, text), unit="s")
        assert len(found) == 2
    by_device = load_windows(packed(tmp_path, json.dumps({"a": [[0, 60]], "b": [[30, 90]]})), unit="s")
    by_row = load_windows(plain(tmp_path, json.dumps(rows)), unit="s")
    assert [list(one._edges_s) for one in by_device] == [list(one._edges_s) for one in by_row]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"time_s": 0, "rate_kbps": 1},\n {"time_s": "soon", "rate_kbps": 1}]', r"row 2: 'soon'"),
        (
            '[{"time_s": 0, "rate_kbps": 1}, {"time_s": 5, "rate_kbps": -1}]',
            r"row 2: '-1' must be .* >= 0",
        ),
        ('[{"time_s": 9, "rate_kbps": 1}, {"time_s": 5, "rate_kbps": 1}]', r"row 2: time '5' lies before"),
        ('[{"time_s": 0, "rate": 1}]', r"the unit of rate \(column rate\) is not known"),
        ('[{"duration_s": 0, "rate_kbps": 1}]', r"no row lasts any time"),
        ("[[0, 64], {}]", r"row 2: \{\} is no number"),
        ("[[0, 64], [1", r"trace.json:1: is no JSON"),
        ("[]", r"the trace is empty"),
    ],
)
def test_what_cannot_be_used_is_named_by_its_row(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(TraceError, match=said) as raised:
        load_rate(plain(tmp_path, text))
    assert re.match(r".*trace\.json", str(raised.value))


def test_lines_cannot_be_left_out_of_json(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="remove 'skip'"):
        load_rate(plain(tmp_path, json.dumps(ROWS)), skip=1)


def test_losses_in_json_are_zeros_and_ones(tmp_path: Path) -> None:
    odd: Any = plain(tmp_path, "[0, 1, 2]")
    with pytest.raises(TraceError, match=r"row 3: holds '2'"):
        load_losses(odd, lost=1)
