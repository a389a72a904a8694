"""Broken files of every format: ``validate`` and ``run`` refuse the same ones, in the same words, and leave nothing."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from run_commands import ROOT, Reported

CASES = ROOT.parent / "shared" / "cases"
TASK = """\
version: 1
duration: 60 s
task: {data: %s, pretrain: {epochs: 1}}
fleet: [{cohort: phones, devices: 2, samples: {every: 1 s}}]
"""
LOG = TASK.replace("pretrain: {epochs: 1}", "model: din, pretrain: {epochs: 1}")
LINK = """\
version: 1
duration: 60 s
task: none
fleet: [{cohort: phones, devices: 2, link: lte%s}]
links: {lte: {up: %s, down: 1 Mbit/s}}
method: {adapter: {kind: probe, payload: 1 kB, update: 1 kB}, trigger: {kind: periodic, every: 10 s}}
"""
TRACE, FITTED = LINK % ("", "{trace: rate.csv}"), LINK % ("", "{fitted: {trace: rate.csv}}")
THERE = LINK % (", availability: {trace: there.csv}", "1 Mbit/s")
ROWS = "".join(f"{n % 7},{n % 3},{'ab'[n % 2]}\n" for n in range(60))
CLICKS = "".join(f"u{n % 3}\ti{n % 7}\t1\t{n}\n" for n in range(90))


def _idx(folder: Path, images: bytes) -> None:
    (folder / "set").mkdir()
    (folder / "set" / "train-images-idx3-ubyte").write_bytes(images)
    (folder / "set" / "train-labels-idx1-ubyte").write_bytes(struct.pack(">4BI", 0, 0, 8, 1, 2) + b"\0\1")


def _npz(folder: Path, **arrays: np.ndarray) -> None:
    np.savez(folder / "set.npz", **arrays)


def _named(name: str, content: str | bytes) -> Callable[[Path], None]:
    raw = content.encode() if isinstance(content, str) else content
    return lambda folder: (folder / name).write_bytes(raw) and None


IMAGES = np.zeros((40, 8, 8), np.uint8)
ARFF = "@relation r\n@attribute a numeric\n@attribute c {x,y}\n@data\n"

#: What is wrong -> (scenario, what writes its files, what both commands say).
BROKEN: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "a table without rows": (TASK % "'table:t.csv'", _named("t.csv", "a,b,c\n"), "t.csv: holds no row of data"),
    "an empty table": (TASK % "'table:t.csv'", _named("t.csv", ""), "t.csv: is empty"),
    "a row too short": (TASK % "'table:t.csv'", _named("t.csv", ROWS + "1,2\n"), "t.csv:61: has 2 columns"),
    "text among numbers": (TASK % "'table:t.csv'", _named("t.csv", ROWS + "x,2,a\n"), "t.csv:61: column 'column 0'"),
    "a missing value": (TASK % "'table:t.csv'", _named("t.csv", ROWS + ",2,a\n"), "t.csv:61: column 'column 0'"),
    "an infinite number": (TASK % "'table:t.csv'", _named("t.csv", ROWS + "inf,2,a\n"), "t.csv:61: column 'column 0'"),
    "one class": (TASK % "'table:t.csv'", _named("t.csv", ROWS.replace("b", "a")), "one class only"),
    "no such column": (TASK % "{kind: table, path: t.csv, target: z}", _named("t.csv", "a,b\n1,x\n"), "named 'z'"),
    "few rows": (TASK % "'table:t.csv'", _named("t.csv", ROWS[:42]), "history of 1 of 7 rows"),
    "a quote that stays open": (TASK % "'table:t.csv'", _named("t.csv", ROWS + '1,"2,a\n'), "t.csv:61: cannot be cut"),
    "no text": (TASK % "'table:t.csv'", _named("t.csv", ROWS.encode() + b"\xff,1,a\n"), "t.csv:61: is no UTF-8 text"),
    "falling times": (
        TASK % "{kind: table, path: t.csv, time: 0, target: 2}",
        _named("t.csv", "".join(f"{n},1,{'ab'[n % 2]}\n" for n in range(60)) + "5,1,a\n"),
        "t.csv:61: column 'column 0': time '5' is before '59' above it",
    ),
    "a gzip cut short": (TASK % "'table:t.gz'", _named("t.gz", gzip.compress(ROWS.encode())[:-9]), "t.gz: gzip file"),
    "more devices than rows": (
        (TASK % "{kind: table, path: t.csv, history: 95 %}").replace("devices: 2", "devices: 200"),
        _named("t.csv", ROWS),
        "fleet: has 200 devices",
    ),
    "no data in ARFF": (TASK % "'table:t.arff'", _named("t.arff", ARFF.replace("@data\n", "")), "has no line @data"),
    "a sparse ARFF row": (TASK % "'table:t.arff'", _named("t.arff", ARFF + "{0 1}\n"), "t.arff:5: is a sparse row"),
    "an undeclared class": (TASK % "'table:t.arff'", _named("t.arff", ARFF + "1,z\n"), "'z' is none of the declared"),
    "a log of two columns": (LOG % "'interactions:l.tsv'", _named("l.tsv", "a\tb\n"), "l.tsv:1: no separator"),
    "a log row too short": (
        LOG % "'interactions:l.tsv'",
        _named("l.tsv", CLICKS + "u\ti\n"),
        "l.tsv:91: has 2 columns",
    ),
    "a time that is text": (
        LOG % "'interactions:l.tsv'",
        _named("l.tsv", CLICKS + "u\ti\t1\tnoon\n"),
        "l.tsv:91: timestamp 'noon' is no number",
    ),
    "a log too thin": (
        LOG % "'interactions:l.tsv'",
        _named("l.tsv", "u\ti\t1\t5\n"),
        "history: 80% of each user's interaction",
    ),
    "a log that ends long after all others": (
        LOG % "'interactions:l.tsv'",
        _named("l.tsv", CLICKS + "u1\ti1\t1\t99999999999\n"),
        "l.tsv: 1 of its 91 interactions lies at 99999999999, 100% of the time span after the others",
    ),
    "a log in three moments": (
        LOG % "'interactions:l.tsv'",
        _named("l.tsv", "".join(f"u{n % 5}\ti{n % 7}\t1\t{n // 70}\n" for n in range(210))),
        "negatives: 99 cannot be sampled",
    ),
    "an empty log": (LOG % "'interactions:l.tsv'", _named("l.tsv", "\n"), "l.tsv: holds no interaction"),
    "no idx file": (TASK % "'idx:set'", lambda folder: _idx(folder, b"PNG"), "begins with 50 4e 47"),
    "an idx cut short": (
        TASK % "'idx:set'",
        lambda folder: _idx(folder, struct.pack(">4B3I", 0, 0, 8, 3, 2, 8, 8) + b"\0" * 9),
        "more than can be in the file",
    ),
    "half a record": (TASK % "'cifar:c.bin'", _named("c.bin", b"\0" * 3075), "c.bin: of 3,075 bytes"),
    "a label that is none": (TASK % "'cifar:c.bin'", _named("c.bin", (b"\x0b" + b"\0" * 3072) * 3), "label 11"),
    "no archive": (TASK % "'npz:set.npz'", _named("set.npz", b"PK"), "is no whole NumPy archive"),
    "an archive without labels": (TASK % "'npz:set.npz'", lambda f: _npz(f, x=IMAGES), "has no array 'y'"),
    "more images wanted than there are": (
        TASK % "{kind: npz, path: set.npz, evaluation: 100}",
        lambda f: _npz(f, x=IMAGES, y=np.arange(40) % 2),
        "100 images are asked for",
    ),
    "a negative rate": (TRACE, _named("rate.csv", "time_s,rate_kbps\n0,1\n1,-2\n"), "rate.csv:3: '-2'"),
    "a rate without a unit": (TRACE, _named("rate.csv", "time_s,rate\n0,1\n"), "the unit of rate"),
    "an empty trace": (TRACE, _named("rate.csv", "# nothing\n"), "the trace is empty"),
    "a trace out of order": (TRACE, _named("rate.csv", "time_s,rate_kbps\n1,1\n0,2\n"), "lies before"),
    "a fit to a broken trace": (FITTED, _named("rate.csv", "time_s,rate\n0,1\n"), "the unit of rate"),
    "a packed trace cut short": (TRACE, _named("rate.csv", gzip.compress(b"1\n2\n" * 99)[:-9]), "rate.csv: gzip file"),
    "no windows": (THERE, _named("there.csv", "device,from,until\n"), "there.csv: holds no window"),
    "windows without length": (THERE, _named("there.csv", "a 5 5\n"), "there.csv: holds no window"),
    "a window backwards": (THERE, _named("there.csv", "a 9 5\n"), "there.csv:1: a window must end after it begins"),
    "a window that is text": (THERE, _named("there.csv", "a 1 2\na 3 x\n"), "there.csv:2: 'x'"),
    "an empty availability file": (THERE, _named("there.csv", ""), "there.csv: the trace is empty"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_validate_and_run_refuse_a_broken_file_in_the_same_words(reported: Reported, tmp_path: Path, what: str) -> None:
    scenario, write, problem = BROKEN[what]
    write(tmp_path)
    (tmp_path / "scenario.yaml").write_text(scenario, encoding="utf-8")
    checked, ran = reported("validate", "scenario.yaml"), reported("run", "scenario.yaml", "--quiet", "--out", "run")
    assert checked == ran
    code, out, err = checked
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert err.startswith("scenario.yaml:")
    assert problem in err
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
@pytest.mark.skipif(not CASES.is_dir(), reason="field cases are not here")
@pytest.mark.parametrize("case", sorted(path.parent.name for path in CASES.glob("*/case.yaml")))
def test_validate_and_run_agree_on_field_cases(reported: Reported, tmp_path: Path, case: str) -> None:
    if case.startswith("22-"):
        pytest.skip("plays for very long; only validate can look at it")
    file = str(CASES / case / "case.yaml")
    checked, ran = reported("validate", file), reported("run", file, "--quiet", "--out", str(tmp_path / "run"))
    assert checked[0] == ran[0]
    if checked[0]:
        assert checked[2] == ran[2]
