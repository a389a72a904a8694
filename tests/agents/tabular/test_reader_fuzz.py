"""Readers of tables, logs, traces, windows, losses and archives under arbitrary input: read, or refused in one line.

Only the project's own error for bad input may come out: ValueError, of which TraceError is one. A short search runs
always, a long one with ``-m slow``.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.tabular.spelling import Spelling
from agents.tasks.formats.cifar import read_records
from agents.tasks.formats.idx import read_array
from agents.tasks.formats.npz import read_archive
from agents.tasks.formats.table import Reading, read_table
from agents.tasks.recommendation.reading import LogReading, read_log
from sim.network.traces.losses import load_losses
from sim.network.traces.recorded import load_latency, load_rate
from sim.network.traces.windows import load_windows

#: Bytes that a reader may hold beside what small files need.
MOST_BYTES = 64 << 20

READERS: dict[str, Callable[[Path], object]] = {
    "table": read_table,
    "table, spelled": lambda path: read_table(
        path, Reading(gaps=True, spelling=Spelling(",", ".", frozenset({"-"})), skip=1, time=0, header=True)
    ),
    "log": read_log,
    "log, columns": lambda path: read_log(path, LogReading(columns={"user": 0, "item": 1, "timestamp": 2}, skip=1)),
    "rate": load_rate,
    "rate, declared": lambda path: load_rate(path, column=2, unit="kB/s", time_column=1, time_unit="ms", decimal=","),
    "latency": load_latency,
    "windows": lambda path: load_windows(path, unit="s"),
    "device states": lambda path: load_windows(path, unit="s", states=("wifi", "charging")),
    "losses": lambda path: load_losses(path, 0),
    "idx": read_array,
    "cifar": read_records,
    "npz": read_archive,
}

CELL = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.floats().map(repr),
    st.sampled_from(
        [
            *(
                "",
                " ",
                "?",
                "NA",
                "-",
                "None",
                "0,13",
                "1.234,5",
                "1,234",
                "12%",
                "$12",
                "0x1F",
                "\u22125",
                "1\u00a0000",
            ),
            *("12ms", "nan", "inf", "1e999", "1_000", "9" * 5000, '"', '""', '"a', 'a"b', '"a,b"', "'", "%", "#", "\\"),
            *(
                "20200731",
                "202013",
                "2020-07-31",
                "31/07/2020",
                "2020-07-31T12:00:00+25:00",
                "0001-01-01",
                "9999-12-31",
            ),
            *("time_s", "rate (KB/s)", "rate_MBPS", "user", "item", "timestamp", "start", "end", "lost", "time (m)"),
            *(
                "@relation r",
                "@attribute a numeric",
                "@attribute c {x, y}",
                "@data",
                "{0 1}",
                "1:2",
                "3:4",
                "qid:1",
                "{",
            ),
            *(
                "sep=;",
                "\ufeff",
                "\0",
                "\r",
                "\x1f",
                "\u2028",
                "1 1:2 3:4",
                '{"a": [[0, 1]]}',
                '{"a": {"messages": "x"}}',
            ),
        ]
    ),
    st.text(max_size=6),
)
ROW = st.tuples(st.lists(CELL, max_size=6), st.sampled_from([",", ";", "\t", " ", "|", "::"])).map(
    lambda row: row[1].join(row[0])
)
TEXT = st.tuples(st.lists(ROW, max_size=12), st.sampled_from(["\n", "\r\n", "\n\n", "\r"])).map(
    lambda text: text[1].join(text[0])
)


@st.composite
def regular(draw: st.DrawFn) -> str:
    """Return text of a table with as many cells in each row, most of them alike."""
    mark, width = draw(st.sampled_from([",", ";", "\t", " ", "::"])), draw(st.integers(1, 5))
    usual = [draw(CELL) for _ in range(width)]
    rows = [usual for _ in range(draw(st.integers(0, 12)))]
    for _ in range(draw(st.integers(0, 4))):
        rows.insert(draw(st.integers(0, len(rows))), [draw(CELL) for _ in range(width)])
    return "\n".join(mark.join(row) for row in rows)


def _packed(raw: bytes, how: str) -> bytes:
    if how == "zip":
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inner", raw)
        return held.getvalue()
    return {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}.get(how, lambda same: same)(raw)


def _archive() -> bytes:
    held = io.BytesIO()
    np.savez_compressed(held, x=np.zeros((12, 8, 8), np.uint8), y=np.arange(12) % 3)
    return held.getvalue()


WHOLE = [
    _archive(),
    b"\0\0\x08\x01\0\0\0\x04\1\2\3\4",
    bytes(3073) * 2,
    b"time_s,rate_kbps\n0,1\n1,2\n2,5\n",
    b"user,item,rating,timestamp\n1,2,3,4\n2,3,4,5\n",
    b"@relation r\n@attribute a numeric\n@attribute c {x,y}\n@data\n1,x\n2,y\n",
    b"a,b,kind\n" + b"1,2.5,x\n3,4.5,y\n" * 4,
    b"+1 1:0.5 3:2\n-1 2:1\n",
    b'{"a": {"messages": "2020-01-28 15:09:11\\twifi\\n2020-01-28 15:19:11\\tbattery_charged_on"}}',
    b"0\n3\n3\n9\n",
    b"1101\n0111\n",
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return a good file, packed or not, with a few bytes changed, cut off or put in."""
    how = draw(st.sampled_from(["", "gzip", "bzip2", "xz", "zip"]))
    raw = bytearray(_packed(draw(st.sampled_from(WHOLE)), how))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, max(len(raw) - 1, 0)))
        change = draw(st.sampled_from(["flip", "cut", "put"]))
        if change == "flip" and raw:
            raw[at] ^= 1 << draw(st.integers(0, 7))
        elif change == "cut":
            del raw[at:]
        else:
            raw[at:at] = draw(st.binary(max_size=8))
    return bytes(raw)


FILES = st.one_of(
    st.tuples(TEXT, st.sampled_from(["utf-8", "utf-16", "utf-8-sig"])).map(lambda one: one[0].encode(one[1], "ignore")),
    regular().map(lambda text: text.encode("utf-8", "ignore")),
    damaged(),
    st.binary(max_size=200),
)


def reads_or_refuses(reader: str, raw: bytes) -> None:
    """Read a file of these bytes, and demand that nothing but a refusal in one line comes of it, in little memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "data")
        path.write_bytes(raw)
        tracemalloc.start()
        try:
            with suppress(ValueError):
                READERS[reader](path)
            assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(raw=FILES)
def test_no_bytes_are_an_internal_error(reader: str, raw: bytes) -> None:
    reads_or_refuses(reader, raw)


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
@given(raw=FILES)
def test_no_bytes_are_an_internal_error_in_a_long_search(reader: str, raw: bytes) -> None:
    reads_or_refuses(reader, raw)
