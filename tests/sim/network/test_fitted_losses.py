"""Losses from logs of signal strength, and Gilbert's channel fitted to a recording."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from agents.seeding import Purpose, uniforms
from sim.network.loss import GilbertElliott
from sim.network.losses import FittedLossOptions, RecordedLossOptions
from sim.network.traces.losses import TraceError, fitted, recorded


def test_the_channel_that_made_a_recording_is_found_again(tmp_path: Path) -> None:
    channel = GilbertElliott(0.05, 0.3, 0.0, 1.0)
    count = 60_000
    lost, _ = channel.lose(
        None, np.arange(count) == 0, lambda row: uniforms(1, Purpose.UPLINK_LOSS, row, np.arange(count))
    )
    (tmp_path / "packets.gz").write_bytes(gzip.compress(("lost\n" + "".join("01"[int(one)] for one in lost)).encode()))
    found = fitted(FittedLossOptions(tmp_path / "packets.gz"))
    assert found.mean_loss == pytest.approx(0.05 / 0.35, abs=0.01)
    assert isinstance(found, GilbertElliott)
    assert (found.p, found.r) == (pytest.approx(0.05, abs=0.005), pytest.approx(0.3, abs=0.015))


@pytest.mark.parametrize(
    ("text", "column", "lost"),
    [
        ("-80\n-95\n-90\n", None, [False, True, False]),
        ("time,rssi\n0,-80\n1,-95\n2,\n3,-60\n", "rssi", [False, True, True, False]),
        ("0 -80\n1 -91\n", 2, [False, True]),
    ],
)
def test_packets_below_a_strength_are_lost(
    tmp_path: Path, text: str, column: str | int | None, lost: list[bool]
) -> None:
    (tmp_path / "rssi.csv").write_text(text, "utf-8")
    found = recorded(RecordedLossOptions(tmp_path / "rssi.csv", below=-90.0, column=column))
    assert found.as_recorded().tolist() == lost


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("time,rssi\n0,-80\n", None, "rssi.csv:1: the column of the strength is not clear: .* columns are time, rssi"),
        ("time,rssi\n0,-80\n", "snr", "rssi.csv:1: there is no column 'snr'"),
        ("-80\nstrong\n", None, "rssi.csv:2: 'strong' is no number"),
    ],
)
def test_a_log_that_cannot_be_used_names_its_line(tmp_path: Path, text: str, column: str | None, said: str) -> None:
    (tmp_path / "rssi.csv").write_text(text, "utf-8")
    with pytest.raises(TraceError, match=said):
        recorded(RecordedLossOptions(tmp_path / "rssi.csv", below=-90.0, column=column))


@pytest.mark.parametrize("packets", ["0000", "1111", "0001"])
def test_a_recording_without_a_whole_burst_is_not_fitted(tmp_path: Path, packets: str) -> None:
    (tmp_path / "packets.txt").write_text(packets, "utf-8")
    with pytest.raises(TraceError, match="no burst begins and ends in it"):
        fitted(FittedLossOptions(tmp_path / "packets.txt", lost=1))
