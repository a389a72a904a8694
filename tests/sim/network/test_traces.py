"""Traces: every public format, read to the bit; and every broken file refused with its line."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from sim.network.rates.steps import Steps
from sim.network.traces.opportunities import Opportunities
from sim.network.traces.recorded import TraceError, load_latency, load_rate
from sim.network.traces.units import RATE_UNITS, TIME_UNITS, rate_units, time_units

DATA = Path(__file__).parents[3].parent / "shared" / "data" / "network"
real = pytest.mark.skipif(not DATA.is_dir(), reason="the recorded traces are not here")


def write(folder: Path, text: str, name: str = "trace") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_table_holds_each_row_until_the_next(tmp_path: Path) -> None:
    rate = load_rate(write(tmp_path, "10 2\n11.5\t4\n12 0\n"), unit="Mbit/s", time_unit="s")
    assert isinstance(rate, Steps)
    assert [rate.at(t) for t in (0.0, 1.49, 1.5, 2.0, 2.4)] == [2e6, 2e6, 4e6, 0.0, 0.0]
    assert rate.period_s == 2.5


def test_units_are_what_they_say(tmp_path: Path) -> None:
    path = write(tmp_path, "0,1\n1000,3\n")
    assert load_rate(path, unit="kB/s", time_unit="ms").bits(0, 1) == 8000.0
    assert load_rate(path, unit="kbit/s", time_unit="s").bits(0, 1000) == pytest.approx(1e6)


@pytest.mark.parametrize(
    ("name", "bits"),
    [
        ("RATE(MBit/s)", 1e6),
        ("rate_kbps", 1e3),
        ("down [B/s]", 8.0),
        ("MB/s", 8e6),
        ("bps", 1.0),
        ("bytes_per_s", 8.0),
        ("DL_bitrate", 1e3),
        ("Gbps", 1e9),
        ("throughput_mbit/s", 1e6),
        ("rate (KB/s)", 8e3),
        ("rate (kB/s)", 8e3),
        ("rate_KBps", 8e3),
        ("RATE (KB/S)", 8e3),
        ("rate_MB/S", 8e6),
        ("kbytes/s", 8e3),
        ("KiB/s", 8192.0),
        ("Mbits/sec", 1e6),
        ("bits per second", 1.0),
        ("Mb/s", 1e6),
    ],
)
def test_a_column_name_tells_its_unit(name: str, bits: float) -> None:
    assert [RATE_UNITS[unit] for unit in rate_units(name)] == [bits]


@pytest.mark.parametrize("name", ["bandwidth", "Sent Bytes", "rsrp(dBm)", "rate", "NR UL BW", "Mbs", "jobs"])
def test_a_name_without_unit_tells_nothing(name: str) -> None:
    assert rate_units(name) == ()


def test_time_names_tell_their_unit() -> None:
    names = ("time_ms", "Time (s)", "seconds", "time (us)", "t_ns", "time_msec", "time (mins)", "hours", "t", "times")
    found = [[TIME_UNITS[unit] for unit in time_units(name)] for name in names]
    assert found == [[1e-3], [1], [1], [1e-6], [1e-9], [1e-3], [60.0], [3600.0], [], []]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("time_s,rate (BPS)", "may be bit/s or B/s: write 'unit: bit/s' or 'unit: B/s'"),
        ("time_s,MBPS", "may be Mbit/s or MB/s: write 'unit: Mbit/s' or 'unit: MB/s'"),
        ("time (m),rate_kbps", "may be min or ms: write 'time_unit: min' or 'time_unit: ms'"),
        ("time,rate_kbps", "the unit of time .* is not known: write 'time_unit: ms' or 'time_unit: s'"),
        ("time_s,rate", "the unit of rate .* is not known: write 'unit: kbit/s'"),
        ("time_s,date", "the unit of rate|column of the time is not clear: write for example 'time_column: time_s'"),
        ("index,rate_kbps", "column of the time is not clear: write for example 'time_column: "),
        ("time_s,up_kbps,down_kbps", "column of the rate is not clear: write for example 'column: up_kbps'"),
    ],
)
def test_an_unclear_header_is_refused_with_the_key_to_write(tmp_path: Path, header: str, said: str) -> None:
    rows = "".join(f"{n}{',5' * header.count(',')}\n" for n in range(4))
    with pytest.raises(TraceError, match=rf"trace:1: {said}|trace:1: .*{said}"):
        load_rate(write(tmp_path, f"{header}\n{rows}"))


def test_every_key_that_a_refusal_names_exists() -> None:
    from sim.scenario.rates import Trace

    assert {"column", "unit", "time_column", "time_unit", "decimal", "skip", "time_format"} <= set(Trace.model_fields)


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("mark", [";", "\t", " "])
def test_a_decimal_comma_is_read_where_it_is_declared(tmp_path: Path, decimal: str, mark: str) -> None:
    rows = [("time_s", "rate_kbps"), ("0,5", "1,5"), ("1", "2,25"), ("2,5", "3")]
    text = "\n".join(mark.join(row) for row in rows)
    if decimal == ",":
        rate = load_rate(write(tmp_path, text), decimal=",")
        assert [rate.at(t) for t in (0.0, 0.5, 2.0)] == [1500.0, 2250.0, 3000.0]
    else:
        with pytest.raises(TraceError, match=r"trace:2: '[01],5' is no number \(a decimal comma: write decimal: ','\)"):
            load_rate(write(tmp_path, text))


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%Y%m%d", "%Y/%m/%d"])
def test_dates_are_times_without_a_unit(tmp_path: Path, form: str) -> None:
    days = ["2020-07-31", "2020-08-01", "2020-08-03"]
    written = [day.replace("-", {"%Y%m%d": "", "%Y/%m/%d": "/"}.get(form, "-")) for day in days]
    rows = "".join(f"{day},{n}\n" for n, day in enumerate(written, 1))
    rate = load_rate(write(tmp_path, f"date,rate_kbps\n{rows}"))
    assert [rate.at(86400.0 * day) for day in (0.5, 1.5, 2.5, 3.5)] == [1e3, 2e3, 2e3, 3e3]


def test_days_that_may_be_months_are_asked_about(tmp_path: Path) -> None:
    path = write(tmp_path, "date,rate_kbps\n01/02/2020,1\n02/02/2020,2\n")
    with pytest.raises(TraceError, match=r"trace:2: .*two ways.*time_format: '%d/%m/%Y'"):
        load_rate(path)
    assert load_rate(path, time_format="%d/%m/%Y").at(86400.0) == 2e3


def test_lines_before_a_trace_are_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, "sep=;\n# by a tool\ntime_s;rate_kbps\n0;1\n1;2\n")
    assert load_rate(path).at(1.0) == 2e3
    assert load_rate(write(tmp_path, "a report\nof today\n0\n3\n9\n"), skip=2).period_s == 0.009


def test_a_header_names_columns_and_units(tmp_path: Path) -> None:
    path = write(tmp_path, 'time_ms,down_kbps,up_kbps,"note, long"\n0,8,1,x\n500,16,2,y\n')
    assert load_rate(path, column="down_kbps").at(0.6) == 16e3
    assert load_rate(path, column=3).at(0.6) == 2e3
    with pytest.raises(TraceError, match=r"trace:1: .*column: down_kbps.* columns are time_ms, down_kbps"):
        load_rate(path)


def test_rows_of_one_second_of_a_log_share_it_and_missing_rows_are_skipped(tmp_path: Path) -> None:
    log = "Timestamp,DL_bitrate,UL_bitrate,PINGAVG\n{0}04,10,1,-\n{0}05,2,1,40\n{0}05,4,1,-\n{0}06,-,1,60\n"
    path = write(tmp_path, log.format("2019.12.16_13.40."))
    down = load_rate(path, column="DL_bitrate")
    assert [down.at(t) for t in (0.5, 1.5)] == [10e3, 3e3]
    assert down.bits(0, 2) == 13e3
    assert load_latency(path, column="PINGAVG").at(1.0) == 0.06


def test_a_clock_set_back_by_a_second_goes_on(tmp_path: Path) -> None:
    rows = [f"2020-01-01T00:00:0{s},{s}" for s in (0, 1, 2, 1, 3)]
    path = write(tmp_path, "\n".join(["time,rate_kbps", *rows]))
    assert load_rate(path).at(2.0) == 1500.0


def test_a_member_of_a_zip_is_read_by_its_name(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as archive:
        archive.writestr("a/one.csv", "time_s,rate_bps\n0,5\n1,6\n")
        archive.writestr("__MACOSX/a/one.csv", "rubbish")
    assert load_rate(f"{tmp_path}/logs.zip!a/one.csv").at(1.0) == 6.0
    with pytest.raises(TraceError, match=r"no 'a/two.csv' in the zip \(1 files\); write .* '!a/one.csv'"):
        load_rate(f"{tmp_path}/logs.zip!a/two.csv")
    assert load_rate(tmp_path / "logs.zip").at(1.0) == 6.0, "a zip of one file needs no name"
    with zipfile.ZipFile(tmp_path / "logs.zip", "a") as archive:
        archive.writestr("a/other.csv", "time_s,rate_bps\n0,5\n")
    with pytest.raises(TraceError, match=r"name a file within the zip \(2 files\); write .* '!a/"):
        load_rate(tmp_path / "logs.zip")
    whole = (tmp_path / "logs.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(TraceError, match=r"cut.zip!a/one.csv: zip file is damaged .*fetch it again"):
        load_rate(f"{tmp_path}/cut.zip!a/one.csv")


def test_whole_milliseconds_alone_are_mahimahi(tmp_path: Path) -> None:
    rate = load_rate(write(tmp_path, "0\n3\n3\n10\n"))
    assert isinstance(rate, Opportunities)
    assert rate.when(0.0, 24_000) == 0.003


BROKEN = {
    "": "the trace is empty",
    "\n# only words\n\n": "the trace is empty",
    "0 1\n2 1\n1 1\n": ":3: time '1' lies before",
    "0 1\n1 -2\n": ":2: '-2' must be a finite number >= 0",
    "0 1\n1 nan\n": ":2: 'nan' must be a finite number >= 0",
    "0 1\n1 inf\n": ":2: 'inf' must be a finite number >= 0",
    "0 1\n1 fast\n": ":2: 'fast' is no number",
    "0 1\nnoon 1\n": ":2: 'noon' is no number",
    "0 0\n1 0\n": "all rates are zero",
    "0 1\n1 2 3\n": ":2: 3 columns, where the first line has 2",
    "1.5\n2.5\n": ":1: one column",
    "0 1 2\n": ":1: .*time_column",
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_table_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(TraceError, match=BROKEN[text]):
        load_rate(write(tmp_path, text), unit="Mbit/s", time_unit="s")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3\n2\n", ":2: 2 ms lies before the line above"),
        ("1\n-2\n", ":2: '-2' must be a whole number"),
        ("1\n2.5\n", ":2: '2.5' must be a whole number"),
        ("0\n0\n", ":2: the trace ends at 0 ms"),
        ("0 1\n1 2\n", "the unit of rate .* is not known: write 'unit: kbit/s'"),
        ("time,rate_bps\nyesterday,1\n", ":2: 'yesterday' is no time"),
        ("time_s,rate_bps\n0,-\n", "column rate_bps holds no value"),
    ],
)
def test_a_broken_trace_without_options_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TraceError, match=message):
        load_rate(write(tmp_path, text))


def test_a_missing_file_a_folder_and_a_wrong_unit_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "0 1\n1 1\n", "lte.txt")
    with pytest.raises(TraceError, match=r"no such trace; did you mean 'lte.txt'"):
        load_rate(tmp_path / "lte.text")
    with pytest.raises(TraceError, match="this is a directory"):
        load_rate(tmp_path)
    with pytest.raises(TraceError, match="'Mbs' is no unit of rate; write one of bit/s"):
        load_rate(path, unit="Mbs", time_unit="s")
    with pytest.raises(TraceError, match="no column 'speed'"):
        load_rate(path, column="speed", unit="bit/s", time_unit="s", time_column=1)


def test_a_file_is_read_once_until_it_changes(tmp_path: Path) -> None:
    path = write(tmp_path, "0 1\n1 1\n")
    first = load_rate(path, unit="bit/s", time_unit="s")
    assert load_rate(path, unit="bit/s", time_unit="s") is first
    write(tmp_path, "0 1\n1 22\n")
    assert load_rate(path, unit="bit/s", time_unit="s").at(1.0) == 22.0


@real
def test_every_rate_table_of_the_collection_is_played_to_the_bit() -> None:
    tables = [(path, "s", "Mbit/s", 1e6) for path in sorted(DATA.glob("hsdpa_3g_norway/*"))]
    tables += [(path, "s", "Mbit/s", 1e6) for path in sorted(DATA.glob("fcc_broadband/*"))]
    tables += [(path, "ms", "kbit/s", 1e3) for path in sorted(DATA.glob("oboe/trace_*"))[:40]]
    tables += [(path, "s", "B/s", 8.0) for path in sorted(DATA.glob("wifi_cellular_pairs/*.csv"))]
    for path, time_unit, unit, bits in tables:
        rows = np.array([re.split(r"[\s,]+", line.strip()) for line in path.read_text().split("\n") if line.strip()])
        times, values = rows[:, 0].astype(float), rows[:, 1].astype(float)
        rate = load_rate(path, time_unit=time_unit, unit=unit)
        widths_s = np.diff(times) * {"s": 1.0, "ms": 1e-3}[time_unit]
        assert rate.bits(0.0, widths_s.sum()) == pytest.approx((values[:-1] * widths_s).sum() * bits, rel=1e-9)


@real
@pytest.mark.parametrize(
    ("name", "duration_s", "mean_bps"),
    [("Verizon-LTE-short.up", 140.0, 5.95e6), ("ATT-LTE-driving-2016.down", 120.002, 4.56e6)],
)
def test_mahimahi_recordings_have_their_published_means(name: str, duration_s: float, mean_bps: float) -> None:
    rate = load_rate(DATA / "mahimahi" / name)
    assert rate.period_s == duration_s
    assert rate.mean_bps == pytest.approx(mean_bps, rel=2e-3)


@real
def test_uplink_recordings_tell_column_and_unit_by_their_header() -> None:
    for name in ("UMTS", "LTE", "5G"):
        rate = load_rate(DATA / "umts_lte_5g_uplink" / f"Data{name}.csv")
        assert rate.period_s == pytest.approx(709 * 3, rel=0.02)
        assert 1e6 < rate.mean_bps < 1e8


@real
def test_every_log_of_the_5g_zip_is_read() -> None:
    path = DATA / "5g_ucc" / "5G-production-dataset.zip"
    names = [name for name in zipfile.ZipFile(path).namelist() if name.endswith(".csv") and "__MAC" not in name]
    means = [load_rate(f"{path}!{name}", column="DL_bitrate").mean_bps for name in names[:12]]
    means.append(load_rate(f"{path}!{_set_back(names)}", column="UL_bitrate").mean_bps)
    assert all(0.0 < mean_bps < 1e9 for mean_bps in means)
    assert 0.0 < load_latency(f"{path}!{names[0]}", column="PINGAVG").at(100.0) < 2.0


def _set_back(names: list[str]) -> str:
    return next(name for name in names if name.endswith("StrangerThings/B_2019.11.27_07.29.47.csv"))


@pytest.mark.parametrize("stamp", ["{}", "2020-01-01 00:00:{:02d}"], ids=["numbers", "dates"])
def test_rows_without_a_value_at_the_end_carry_the_trace_on(tmp_path: Path, stamp: str) -> None:
    rows = [f"{stamp.format(second)},{value}" for second, value in enumerate(["8", "80", *["-"] * 28])]
    rate = load_rate(write(tmp_path, "time_s,rate_kbps\n" + "\n".join(rows)))
    assert rate.period_s == 30.0
    assert (rate.at(0.5), rate.at(29.5), rate.at(30.5)) == (8e3, 80e3, 8e3)


def test_a_row_that_lasts_without_a_value_lasts_at_what_was_before(tmp_path: Path) -> None:
    rate = load_rate(write(tmp_path, "duration_s,rate_kbps\n1,8\n5,-\n1,80\n"))
    assert (rate.period_s, rate.at(5.5), rate.at(6.5)) == (7.0, 8e3, 80e3)


def test_dates_that_go_back_second_by_second_are_refused(tmp_path: Path) -> None:
    rows = [f"2020-01-01 00:00:{59 - n:02d},{8 * n + 8}" for n in range(50)]
    with pytest.raises(TraceError, match=r":5: time .* lies before that of a row above; sort the rows"):
        load_rate(write(tmp_path, "time,rate_kbps\n" + "\n".join(rows)))
