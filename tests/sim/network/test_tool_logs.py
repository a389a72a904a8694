"""Logs of iperf3 and ping, tables of losses, and the columns that a remedy names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.network.rates.steps import Steps
from sim.network.traces.losses import load_losses
from sim.network.traces.recorded import TraceError, load_latency, load_rate

PINGS = """\
PING 192.0.2.1 (192.0.2.1) 56(84) bytes of data.
[1700000000.000000] 64 bytes from 192.0.2.1: icmp_seq=1 ttl=118 time=40.5 ms
[1700000001.500000] 64 bytes from host.example (192.0.2.1): icmp_seq=2 ttl=118 time=8 ms
[1700000002.600000] no answer yet for icmp_seq=3
[1700000004.000000] 64 bytes from 192.0.2.1: icmp_seq=4 ttl=118 time=20.0 ms

--- 192.0.2.1 ping statistics ---
4 packets transmitted, 3 received, 25% packet loss, time 3004ms
"""


def intervals(*rows: dict[str, object]) -> str:
    sums = [{"streams": [{"socket": 5, "bits_per_second": 1.0}], "sum": {"seconds": 1.0, **row}} for row in rows]
    return json.dumps({"start": {"version": "iperf 3.16"}, "intervals": sums, "end": {}}, indent=1)


def written(folder: Path, text: str, name: str = "trace.txt") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_iperf3_is_a_rate_an_interval_without_its_slow_start(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"start": 0, "bits_per_second": 9e9, "omitted": True},
        {"start": 0.0, "bits_per_second": 4e6, "omitted": False},
        {"start": 1.0004, "bits_per_second": 2.5e6},
    ]
    rate = load_rate(written(tmp_path, intervals(*rows), "iperf.json"))
    assert isinstance(rate, Steps)
    assert [rate.at(at_s) for at_s in (0.0, 1.0, 1.001)] == [4e6, 4e6, 2.5e6]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (intervals({"start": 0.0}), "has no intervals with a sum of bits per second"),
        (intervals(), "has no intervals with a sum of bits per second"),
        ('{"start": {}, "intervals": [], "end": {}, "error": "unable to connect"}', "iperf3 failed: unable to connect"),
        (intervals({"start": 0.0, "bits_per_second": 1.0})[:-9], "is no JSON"),
    ],
)
def test_what_iperf3_could_not_measure_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(TraceError, match=said):
        load_rate(written(tmp_path, text, "iperf.json"))


def test_pings_stand_at_their_times(tmp_path: Path) -> None:
    latency = load_latency(written(tmp_path, PINGS))
    assert [latency.at(at_s) for at_s in (0.0, 1.4, 1.5, 3.9, 4.0)] == [0.0405, 0.0405, 0.008, 0.008, 0.02]


def test_pings_without_times_are_refused_in_their_line(tmp_path: Path) -> None:
    plain = "\n".join(line.partition("] ")[2] or line for line in PINGS.splitlines())
    with pytest.raises(TraceError, match=r"trace.txt:2: has no time; 'ping -D' writes one before each line"):
        load_latency(written(tmp_path, plain))


@pytest.mark.parametrize(
    "text",
    [
        "seq,lost\n0,0\n1,1\n2,0\n3,0\n",
        "received;seq\n1;10\n0;11\n1;12\n1;13\n",
        '"","lost"\n"1",FALSE\n"2",TRUE\n"3",FALSE\n"4",FALSE\n',
        ",lost\n0,False\n1,True\n2,False\n3,False\n",
        "lost\nfalse\ntrue\nfalse\nfalse\n",
        "seq\tdelivered\n1\ttrue\n2\tfalse\n3\ttrue\n4\ttrue\n",
    ],
)
def test_losses_are_the_column_that_is_called_so(tmp_path: Path, text: str) -> None:
    assert load_losses(written(tmp_path, text)).as_recorded().tolist() == [False, True, False, False]


def test_a_column_of_losses_holds_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"trace.txt:3: holds '2'; wanted: a 0 or a 1 for each packet"):
        load_losses(written(tmp_path, "seq,lost\n0,1\n1,2\n"))
    with pytest.raises(TraceError, match=r"trace.txt:3: 1 columns, where the first line has 2; mend the row"):
        load_losses(written(tmp_path, "seq,lost\n0,1\n1\n"))


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("unit,dtime,rate_kbps\n7,2020-01-01 00:00:00,5\n7,2020-01-01 00:00:01,6\n", "dtime"),
        ("unit,moment,back,rate_kbps\n7,1,9,5\n7,2,8,6\n", "moment"),
        ("host,other,rate_kbps\na,3,5\nb,1,6\n", "host"),
    ],
)
def test_a_remedy_names_a_column_that_may_hold_times(tmp_path: Path, text: str, column: str) -> None:
    with pytest.raises(TraceError, match=f"write for example 'time_column: {column}'"):
        load_rate(written(tmp_path, text))


def test_a_remedy_names_a_column_that_may_hold_rates(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="write for example 'column: Download'"):
        load_rate(written(tmp_path, "time_s,Server,Share,Download\n0,3,,5\n1,3,,6\n"))
