"""What a walk by hand found: inputs that were read as something else, or refused with a remedy that did not fit."""

from __future__ import annotations

import gzip
import io
import json
import shlex
import subprocess
import time
import zipfile
from pathlib import Path

import pytest
from run_commands import command

from agents.tabular.json_text import parsed_json
from agents.tabular.moments import moment_s
from agents.tasks.formats.table import Reading, read_table
from agents.tasks.recommendation.file_layout import find_layout
from sim.network.traces.losses import weak_packets
from sim.network.traces.recorded import TraceError, load_rate
from sim.network.traces.windows import load_windows
from sim.scenario.problems import one_line
from sim.scenario.units import RATE, TIME, UnitError


def table_of(tmp_path: Path, feature: list[str], header: str = "load,site", classes: str = "pq") -> Path:
    """Write a table of one feature and a class."""
    path = tmp_path / "t.csv"
    rows = [f"{cell},{classes[n % len(classes)]}" for n, cell in enumerate(feature)]
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([f"2023-05-{n % 30 + 1:02d}" for n in range(40)], "'2023-05-01' is a date.*'time' or 'ignore'"),
        ([f"{n // 60 + 7:02d}:{n:02d}" for n in range(40)], "a time of day"),
        ([f"{n}/40" for n in range(40)], "a fraction"),
        ([f"<{n % 7}" for n in range(40)], "a bound"),
        ([f"{n % 9}*" for n in range(40)], "its mark"),
        ([f"'{n % 9}.25'" for n in range(40)], "quotes of its own"),
        ([f"3_{n:03d}" for n in range(40)], "underscores"),
        ([f"node-{n}" for n in range(40)], "another name in every row.*'ignore'.*'nominal'"),
    ],
)
def test_what_is_a_number_to_its_reader_is_no_category(tmp_path: Path, cells: list[str], said: str) -> None:
    path = table_of(tmp_path, cells)
    with pytest.raises(ValueError, match=rf"t.csv.*column 'load'.*{said}"):
        read_table(path)
    assert read_table(path, Reading(nominal=("load",))).features.shape[0] == 40


def test_lines_that_end_in_a_delimiter_are_read_with_a_header_that_does_or_does_not(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    for header in ("load,temp,site", "load,temp,site,"):
        path.write_text(f"{header}\n" + "".join(f"{n},{n / 2},{'pq'[n % 2]},\n" for n in range(30)))
        table = read_table(path)
        assert table.names == ("load", "temp")
        assert table.classes == ("p", "q")


def test_joined_files_name_the_line_where_the_header_stands_again(tmp_path: Path) -> None:
    path = table_of(tmp_path, [str(n) for n in range(30)])
    path.write_text(path.read_text() * 2)
    with pytest.raises(ValueError, match=r"t.csv:32: column 'load': the names of the columns stand here again"):
        read_table(path)


def test_lines_above_the_table_are_left_out_by_the_remedy(tmp_path: Path) -> None:
    path = table_of(tmp_path, [str(n) for n in range(30)])
    path.write_text("Measured in 2021\n" + path.read_text())
    with pytest.raises(ValueError, match=r"t.csv:1: .*'skip: 1'"):
        read_table(path)
    assert len(read_table(path, Reading(skip=1)).labels) == 30


def test_a_class_for_each_row_and_very_many_columns_are_refused(tmp_path: Path) -> None:
    path = table_of(tmp_path, [str(n) for n in range(25)], classes="abcdefghijklmnopqrstuvwxy")
    with pytest.raises(ValueError, match="another class in every row"):
        read_table(path)
    path.write_text(",".join(f"c{n}" for n in range(20_000)) + "\n" + ("1," * 20_000)[:-1] + "\n")
    with pytest.raises(ValueError, match=r"20,000 columns; 16,384 at most"):
        read_table(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1, "a": 2}', "'a' twice"),
        ('{"a": ' + "7" * 5000 + "}", "more than 400 digits"),
        ('{"a": "\\ud912"}', "half of a character"),
    ],
)
def test_json_that_python_reads_in_its_own_way_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parsed_json(text)
    assert parsed_json('{"a": "\\ud83d\\ude80"}') == {"a": "\N{ROCKET}"}


@pytest.mark.parametrize(
    ("cell", "layouts"),
    [
        ("17.11.2022 08:15", ["%d.%m.%Y %H:%M"]),
        ("04/05/2022", ["%d/%m/%Y", "%m/%d/%Y"]),
        ("6:45 PM", ["%I:%M %p"]),
        ("23:59:01", ["%H:%M:%S"]),
        ("[01/Feb/2003:04:05:06 +0000]", ["[%d/%b/%Y:%H:%M:%S %z]"]),
    ],
)
def test_the_layouts_that_are_proposed_read_the_cell(cell: str, layouts: list[str]) -> None:
    with pytest.raises(ValueError, match="time_format") as refused:
        moment_s(cell)
    assert all(repr(layout) in str(refused.value) for layout in layouts)
    assert all(isinstance(moment_s(cell, layout), float) for layout in layouts)


def trace_of(tmp_path: Path, text: str | bytes) -> Path:
    """Write a trace."""
    path = tmp_path / "trace.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("epoch,kbit/s\n1,5\n2,5\n", "'time_column: epoch'"),
        ("time_s,kB/s (was kbit/s)\n1,5\n2,5\n", "may be kbit/s or kB/s"),
        ("time_s,Mbit/s of MB/s\n1,5\n2,5\n", "may be MB/s or Mbit/s"),
        ("time_s,% of 5 Mbit/s\n1,5\n2,5\n", "not known"),
        (gzip.compress(gzip.compress(b"time_s,kbps\n1,5\n2,5\n", mtime=0), mtime=0), "packed twice"),
        (b"PK\x05\x06" + bytes(18), "a zip without a file"),
        ("<!DOCTYPE html>\n<p>404", "a web page"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        ("time_s,kbps\n".encode("utf-16-le"), "if it is UTF-16, save it as UTF-8"),
    ],
)
def test_traces_that_are_something_else_say_what_they_are(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(TraceError, match=said):
        load_rate(trace_of(tmp_path, text))


def test_thousands_of_a_trace_are_named_as_the_remedy_says(tmp_path: Path) -> None:
    path = trace_of(tmp_path, 'time_s,kbps\n0,"1,500"\n1,"1,500"\n')
    with pytest.raises(TraceError, match="thousands: ','"):
        load_rate(path)
    assert load_rate(path, thousands=",").mean_bps == 1_500_000


def test_windows_are_dates_in_one_unit_and_no_device_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "windows"
    path.write_text("a 20230130 20230202\n")
    (windows,) = load_windows(path, unit="s")
    assert windows.last_s == 3 * 86_400
    for text, said in {
        "d,start_min,end_s\na,1,2\n": "two units",
        "a 1650000000000 1650000009000\n": "counted ms since 1970.*start_ms",
        '{"a": [[0, 1]], "a": [[5, 6]]}': "'a' twice",
        '{"a": {"active": [1, 2], "inactive": [3]}}': "as many beginnings",
    }.items():
        path.write_text(text)
        with pytest.raises(TraceError, match=said):
            load_windows(path, unit="s")
    path.write_text("a 1 2\n")
    with pytest.raises(TraceError, match="'states'"):
        load_windows(path, unit="s", states=("wifi",))


def test_a_strength_that_is_no_number_is_not_taken_for_an_arrival(tmp_path: Path) -> None:
    path = trace_of(tmp_path, "dbm\n-70\nnan\n")
    with pytest.raises(TraceError, match=r":3: 'nan' is no number"):
        weak_packets(path, -90.0)


def test_one_column_is_not_user_and_item_at_once() -> None:
    with pytest.raises(ValueError, match="user and item are one column"):
        find_layout("a,b,c", None, {"user": "a", "item": "a", "timestamp": "c"})


def test_all_parts_of_a_quantity_stay_in_its_remedy() -> None:
    with pytest.raises(UnitError, match="1h 20 min or 1h 20 ms"):
        TIME.parse("1h20m")


def test_quantities_of_very_many_digits_are_read_in_linear_time() -> None:
    began = time.process_time()
    for text in ("8" * 300_000 + " bit/s", "8" * 300_000 + ".", "." * 300_000, "8." * 100_000):
        with pytest.raises(UnitError):
            RATE.parse(text)
    assert time.process_time() - began < 5.0


def test_words_that_nobody_would_read_are_cut_and_what_follows_stays() -> None:
    said = one_line("a.yaml: '" + "6" * 70_000 + "' \x1b[31mis too large")
    assert len(said) < 150
    assert said.endswith("\\x1b[31mis too large")


def test_a_zip_of_folders_alone_holds_nothing(tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("only/", "")
    with pytest.raises(TraceError, match="a zip without a file in it"):
        load_rate(trace_of(tmp_path, content.getvalue()))


def test_a_map_is_no_class(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text(json.dumps([{"x": n, "z": {"q": 1}} for n in range(30)]))
    with pytest.raises(ValueError, match="'z' is a map and no class"):
        read_table(path, Reading(format="json"))


def test_a_command_in_a_folder_that_is_gone_ends_in_one_line(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    shell = f"cd {gone} && rmdir {gone} && exec {shlex.join(command('list'))}"
    ended = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 3
    assert ended.stderr == "the folder in which this is started is gone; go to another one\n"
