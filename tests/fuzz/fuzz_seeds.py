"""Small inputs from which fuzzing begins, made by the writers themselves, and what stands in words in a format."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from agents.contract import Tallies
from sim.run.resuming.checkpoints import Checkpoint, Checkpoints
from sim.run.resuming.journal import Entry, Journal

PLAIN_SCENARIO = """\
version: 1
duration: 60 s
tick: 10 s
task: none
fleet: [{cohort: phones, devices: 3, link: lte}]
links: {lte: {up: 1 Mbit/s, down: 2 Mbit/s, latency: 50 ms}}
cloud: {workers: 1, service: 10 ms}
method: {adapter: {kind: probe, payload: 20 kB, update: 40 kB}, trigger: {kind: poisson, rate: 6 /min}}
"""
_RICH_SCENARIO = """\
version: 1
name: rich
seed: 3
duration: 5 min
tick: 5 s
task: {data: {kind: gaussians, features: 4, classes: 3}, model: {kind: mlp, hidden: [8, 4]}, pretrain: {epochs: 2}}
fleet:
  - &one {cohort: a, devices: 4, samples: {rate: 2 /s}, labels: {share: 30 %, after: 5 s}, link: r,
     availability: {kind: renewal, on: {exponential: {mean: 1 min}}, off: {exponential: {mean: 10 s}}}}
  - {cohort: b, devices: 2, samples: {every: 1500 ms}, link: r}
links:
  r: {up: {markov: {states: [1 Mbit/s, 0 bit/s], stay: [10 s, 1 s]}}, down: 2 MB/s, latency: {lognormal: {median: 20 ms,
      sigma: 0.5}}, loss: 1 %, outages: [{at: 10 s, for: 2 s}]}
cloud: {workers: 2, service: {exponential: {mean: 3 ms}}}
drift:
  - {at: 1 min, kind: sudden, to: {rotate: 90 deg}, share: 50 %}
method: {adapter: {kind: cloud_ft, window: 8, steps: 2}, trigger: {kind: periodic, every: 30 s, phase: random}}
references: [static]
"""


def checkpoint_file() -> str:
    """Return the name that the seed of a checkpoint has."""
    return Checkpoint(3, bytes(16), {}).file_name


def _checkpoint() -> bytes:
    with TemporaryDirectory() as folder:
        arrays = {"a.w": np.arange(6, dtype=np.float32).reshape(2, 3), "b.n": np.array([1, 2])}
        Checkpoints(Path(folder)).write(Checkpoint(3, bytes(16), arrays))
        return (Path(folder) / checkpoint_file()).read_bytes()


def _journal() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        journal = Journal.begin(path, {"seed": 1})
        for tick in (1, 2, 3):
            signals = {"loss": np.full((3, 2), tick / 7)}
            journal.append(Entry(bytes(16), Tallies(float(tick), np.full((2, 4), tick), signals)))
        journal.close()
        return path.read_bytes()


def _npz() -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, x=np.arange(4 * 9, dtype=np.uint8).reshape(4, 3, 3), y=np.array([0, 1, 0, 1]))
    return file.getvalue()


def _zip(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


_CSV = b"a,b,kind\n1,2.5,x\n-3,4e1,y\n5,6,x\n7,?,y\n"
_IDX = struct.pack(">4B3I", 0, 0, 8, 3, 2, 2, 2) + bytes(8)

#: Target -> inputs that are (almost) right.
SEEDS: dict[str, list[bytes]] = {
    "yaml": [PLAIN_SCENARIO.encode(), _RICH_SCENARIO.encode(), b"extends: scenario.yaml\n", b"a: &x [*x]\n"],
    "units": [b"60 ms", b"1 h 30 min", b"256 kbit/s", b"1.5 MiB", b"-90 deg", b"5 uJ/bit", b"30 %", b"1e-3 s"],
    "traces": [
        b"time_s,rate (KB/s)\n0,100\n1,0\n2.5,1e3\n",
        b"0\n104\n209\n313\n",
        b"2020-01-01T00:00:00,12\n2020-01-01T00:00:01,0\n",
        b"time;throughput_mbps\n0;0,5\n1;1,5\n",
        b"lost\n0\n1\n0\n",
        b"device,from,until\na,0,5\nb,2,9\na,7,8\n",
        b'{"u": {"messages": "2018-07-01 08:32:16\\tscreen_on\\n2018-07-01 08:35:16\\tscreen_off\\n"}}',
        gzip.compress(b"0 1\n1 2\n", mtime=0),
        "time_s,rate_kbps\n0,1\n1,2\n".encode("utf-16"),
    ],
    "tables": [
        _CSV,
        _CSV.replace(b",", b";"),
        b"sep=|\na|b|c\n1|2|x\n2|3|y\n",
        b"1 1:0.5 3:2\n-1 2:1\n1 1:3\n",
        b"@relation r\n@attribute a numeric % c\n@attribute 'b c' {x,'y z'}\n@data\n1,x,\n?,'y z',\n",
        b"time,v,c\n2020-01-01 00:00:00,1,x\n2020-01-02 00:00:00,2,y\n",
        b'"a","b ""c""",k\n"1,5","2",x\n"1 000",3,y\n',
        "a;b;k\n1,5;\u22122;x\n2,5;3 %;y\n".encode(),
        "a\tk\n1\tx\n2\ty\n".encode("utf-16"),
    ],
    "logs": [
        b"user,item,rating,timestamp\nu1,i1,5,1577836800\nu2,i1,3,1577836900\nu1,i2,1,1577837000\n",
        b"u1\ti1\t5\t20200731\nu2\ti2\t4\t20200801\n",
        b"1::2::5::978300760\n1::3::4::978300761\n",
        b'user_id,item_id,timestamp\n"a, b",x,2020-01-01T10:00:00Z\nc,"y,2020-01-01T10:00:01Z\n',
    ],
    "archives": [
        _npz(),
        gzip.compress(_CSV, mtime=0),
        bz2.compress(_CSV),
        lzma.compress(_CSV),
        _zip("a.csv", _CSV),
        _IDX,
        bytes(3073),
    ],
    "checkpoints": [b"\1" + _checkpoint(), b"\0" + _checkpoint()],
    "journals": [b"\1" + _journal(), b"\0" + _journal()],
    "folders": [bytes([which, how, which // 2, 7 * which + how]) for which in range(12) for how in range(8)],
}
#: Words of a format, which random bytes would hardly make.
WORDS: dict[str, list[str]] = {
    target: words.split()
    for target, words in {
        "yaml": "duration tick fleet links method drift at kind sudden to share extends random uniform mean markov &a"
        " *a << ~ 1e999 .inf 0x1F 1_000 !!int --- 10**9",
        "units": "kbit/s MB/s Mb/s KiB min hours us ns \xb5s % 1e400 e+ \u2212 . deg/min J/MB",
        "traces": "time_s rate_kbps KB/s Mbit/s sep= NaN inf -1 1e308 1e-308 2020-01-01 99999999999999999999 lost from",
        "tables": "@attribute @data @relation sep= ? NA nan inf 1e309 % 0x1F numeric {a,b} 1:1 \ufeff 2020-01-01",
        "logs": "user item rating timestamp :: 1970-01-01 20200731 nan 1e300 -1 sep= user_id",
    }.items()
}
