"""What people of the field ran into, case by case: the outcome that each is expected to have, and its twins."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from run_commands import ROOT, Reported

CASES = ROOT.parent / "shared" / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="field cases are not here")

Sets = dict[str, str]


def file_of(case: str) -> Path:
    """Return a scenario of the cases: ``01/case``, ``23/dur_m``."""
    number, name = case.split("/")
    (folder,) = CASES.glob(f"{number}-*")
    return folder / f"{name}.yaml"


def words(case: str, sets: Sets) -> list[str]:
    """Return the arguments of a command; a value ``@name`` is a file beside the scenario."""
    file = file_of(case)
    given = {key: f"{file.parent}/{value[1:]}" if value.startswith("@") else value for key, value in sets.items()}
    return [str(file), *(word for key, value in given.items() for word in ("--set", f"{key}={value}"))]


#: (case, what is set beside it, what the one line says) of cases that are refused.
REFUSED: list[tuple[str, Sets, list[str]]] = [
    ("02/case", {}, ["data.csv:2: column 'load'", "decimal comma", "decimal: ','"]),
    ("15/case", {}, ["data.csv:2: column 'region'", "'NA' is a name", "'missing'"]),
    ("16/case", {}, ["data.csv", "column 0 has no name", "'ignore: [0]'"]),
    ("19/case", {}, ["task.data", "log.csv", "1 of its 601 interactions lies at 0 (1970-01-01)"]),
    (
        "19/case",
        {"task.data.path": "@days.csv", "task.data.split": "time"},
        ["task.data", "days.csv", "days without hours"],
    ),
    ("23/up_MBps", {}, ["links.access.up", "'5 MB/s'"]),
    ("23/up_Mb", {}, ["links.access.up", "'5 Mbit/s'"]),
    ("23/up_KBps", {}, ["links.access.up", "'100 kB/s'"]),
    ("23/dur_hours", {}, ["duration", "'2 h'"]),
    ("23/dur_m", {}, ["duration", "5 min or 5 ms?"]),
    ("24/name_int", {}, ["name: 2024 is not text", 'put it in quotes: "2024"']),
    ("26/prior", {}, ["drift", "labels.prior wants class 0"]),
    ("30/t_loss100", {"links.access.loss": "1"}, ["links.access.loss", "1 % or 100 %?"]),
    ("32/dupkey", {}, ["dupkey.yaml:13:1: seed", "the first is on line 3"]),
    ("32/dur_sexa", {}, ["dur_sexa.yaml:4:1: duration"]),
    ("32/merge", {}, ["merge.yaml:14:3", "merge keys are not read"]),
    ("32/null_drift", {}, ["null_drift.yaml:13:1: drift: is empty"]),
    ("32/tab", {}, ["tab.yaml:14:1", "a tab stands here; indent with blanks"]),
    ("33/case", {}, ["task.data", "obj.npz!x", "Object arrays"]),
    ("33/case", {"task.data.path": "@keras.npz"}, ["keras.npz", "x: x_train, y: y_train"]),
    ("33/case", {"task.data.path": "@medmnist.npz"}, ["medmnist.npz", "x: train_images, y: train_labels"]),
    ("33/case", {"task.data.path": "@f255.npz"}, ["f255.npz", "floats run from 0 to 1"]),
    ("33/case", {"task.data.path": "@la.npz"}, ["la.npz"]),
    ("33/case", {"task.data.path": "@onehot.npz"}, ["onehot.npz!y"]),
    ("33/case", {"task.data.path": "@u16.npz"}, ["u16.npz!x", "uint16"]),
    ("22/tick_1ns_refused_well", {}, ["tick", "more than 10000000 ticks"]),
]
#: (case, what is set, subject that was read, what was read of it) of cases that are understood.
READ: list[tuple[str, Sets, str, list[str]]] = [
    ("01/case", {}, "links.access.up", ["read in kB/s", "mean 800,000 bit/s"]),
    ("01/case", {"links.access.up.trace": "@trace_kBs.csv"}, "links.access.up", ["read in kB/s"]),
    ("02/case", {"task.data.decimal": "','"}, "data", ["load (number), temp (number)", "decimal ','"]),
    ("02/case", {"task.data.path": "@points.csv"}, "data", ["load (number), temp (number)"]),
    ("03/case", {}, "data", ["80 rows", "2 classes: cat 40, dog 40", "0 (number), 1 (number)", "header in line 1"]),
    ("05/case", {}, "data", ["user 'user_id'; item 'video_id'; timestamp 'timestamp'", "1600000000 to 1600035940"]),
    ("05/case", {"task.data.path": "@swapped.csv"}, "data", ["timestamp 'timestamp'", "1600000000 to 1600035940"]),
    ("05/case", {"task.data.path": "@right.csv"}, "data", ["rating 'rating'", "1600000000 to 1600035940"]),
    ("06/case", {}, "data", ["600 rows"]),
    ("06/case", {"task.data.path": "@one.tsv"}, "data", ["600 rows"]),
    ("08/case", {}, "data", ["60 rows", "2 classes: A 30, B 30"]),
    ("10/case", {}, "data", ["2 classes: kind A 30, kind B 30"]),
    ("10/case", {"task.data.path": "@escaped.arff"}, "data", ["2 classes: 'B1of2' 30, 'B2of2' 30"]),
    ("13/case", {}, "data", ["columns between ';', header in line 2", "60 rows", "2 classes: A 30, B 30"]),
    ("15/case", {"task.data.missing": "['?']"}, "data", ["2 classes: EU 30, NA 30"]),
    ("16/case", {"task.data.ignore": "[0]"}, "data", ["2 features: x (number), y (number)"]),
    ("17/case", {}, "data", ["time 'day'"]),
    ("18/case", {}, "availability of phones", ["2 devices, 1800 s from the first window on"]),
    ("19/case", {"task.data.path": "@days.csv"}, "data", ["days without hours: what shares a day"]),
    ("20/case", {}, "links.access.up", ["read in 1500 B at each ms"]),
    ("20/case", {"links.access.up.trace": "@sheet.csv"}, "links.access.up", ["read in Mbit/s"]),
    ("24/name_1e234", {}, "fleet", ["2 devices"]),
    ("24/name_date", {}, "fleet", ["2 devices"]),
    ("26/case", {}, "data", ["5 classes: 0 0, 1 42"]),
    ("28/d_overlap", {}, "data", ["gaussians"]),
    ("28/d_overlap2", {}, "data", ["gaussians"]),
    ("28/d_same", {}, "drift", ["drift.1 begins with drift.0 at 10 s on the same devices and takes over at once"]),
    ("28/d_t0", {}, "data", ["gaussians"]),
    ("28/d_unsorted", {}, "data", ["gaussians"]),
    ("32/bom", {}, "fleet", ["2 devices"]),
    ("32/crlf", {}, "fleet", ["2 devices"]),
    ("32/seed_010", {}, "fleet", ["2 devices"]),
    ("32/yaml11", {}, "fleet", ["2 devices"]),
    ("33/case", {"task.data": "{kind: npz, path: @keras.npz, x: x_train, y: y_train}"}, "data", ["images"]),
]


def _id(one: Any) -> str | None:
    return one if isinstance(one, str) else "+".join(one.values()) or "-" if isinstance(one, dict) else None


@pytest.mark.parametrize(("case", "sets", "parts"), REFUSED, ids=_id)
def test_a_case_that_cannot_be_used_is_refused_with_the_remedy(
    reported: Reported, case: str, sets: Sets, parts: list[str]
) -> None:
    code, out, err = reported("validate", *words(case, sets))
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert not [part for part in parts if part not in err]


@pytest.mark.parametrize(("case", "sets", "subject", "parts"), READ, ids=_id)
def test_a_case_that_can_be_used_is_read_as_it_is_meant(
    reported: Reported, case: str, sets: Sets, subject: str, parts: list[str]
) -> None:
    sets = {key: value.replace(": @", f": {file_of(case).parent}/") for key, value in sets.items()}
    code, out, err = reported("validate", *words(case, sets), "--json")
    assert (code, err) == (0, "")
    (read,) = json.loads(out).values()
    assert not [part for part in parts if part not in read["in_words"][subject]], read["in_words"][subject]


def played(reported: Reported, folder: Path, case: str, sets: Sets, *more: str) -> dict[str, Any]:
    """Return the summary of a run."""
    code, _, err = reported("run", *words(case, sets), "--quiet", "--out", str(folder / "run"), *more)
    assert code == 0, err
    summary: dict[str, Any] = json.loads((folder / "run" / "summary.json").read_text(encoding="utf-8"))
    return summary


def column(folder: Path, table: str, name: str) -> np.ndarray:
    return np.array(pq.read_table(folder / "run" / f"{table}.parquet", columns=[name]).column(0).to_pylist())


@pytest.mark.parametrize("trace", ["@trace_KBs.csv", "@trace_kBs.csv"])
def test_kilobytes_are_bytes_in_every_case_of_k(reported: Reported, tmp_path: Path, trace: str) -> None:
    played(reported, tmp_path, "01/case", {"links.access.up.trace": trace})
    assert column(tmp_path, "exchanges", "reached_s").tolist() == pytest.approx([2.001])


@pytest.mark.parametrize("sets", [{"task.data.decimal": "','"}, {"task.data.path": "@points.csv"}])
def test_decimal_commas_play_like_decimal_points(reported: Reported, tmp_path: Path, sets: Sets) -> None:
    assert played(reported, tmp_path, "02/case", sets)["accuracy"] == 1.0


def test_a_header_of_integers_costs_no_accuracy(reported: Reported, tmp_path: Path) -> None:
    assert played(reported, tmp_path, "03/case", {})["accuracy"] == 1.0


def test_the_last_of_july_is_a_day_before_the_first_of_august(reported: Reported, tmp_path: Path) -> None:
    played(reported, tmp_path, "17/case", {})
    assert column(tmp_path, "windows", "samples").tolist() == [14, 14, 14]


def test_recorded_devices_are_there_from_the_first_row_on(reported: Reported, tmp_path: Path) -> None:
    assert played(reported, tmp_path, "18/case", {})["installed"] > 0


def test_asks_at_both_ends_of_a_run_are_counted(reported: Reported, tmp_path: Path) -> None:
    summary = played(reported, tmp_path, "27/case", {})
    assert (summary["exchanges"], summary["outcomes"].get("in_flight")) == (6, 3)


@pytest.mark.parametrize("case", ["30/t_loss100", "30/t_loss100off"])
def test_a_link_that_loses_all_ends_with_nothing_installed(reported: Reported, tmp_path: Path, case: str) -> None:
    assert played(reported, tmp_path, case, {})["installed"] == 0


def test_a_packet_waits_for_the_opportunity_after_it(reported: Reported, tmp_path: Path) -> None:
    played(reported, tmp_path, "35/case", {})
    assert column(tmp_path, "exchanges", "reached_s").tolist() == pytest.approx([1.383])


def test_one_seed_is_one_digest(reported: Reported, tmp_path: Path) -> None:
    found = {played(reported, tmp_path, "25/case", {}, "--force", *more)["digest"] for more in ([], ["--eager"])}
    assert len(found) == 1


@pytest.mark.parametrize("case", ["22/every_1ns", "22/poisson_1e12", "22/samples_1ns"])
def test_what_would_never_end_is_refused_before_it_runs(reported: Reported, case: str) -> None:
    code, _, err = reported("validate", *words(case, {}))
    assert code == 2
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("case", ["21/case", "21/three"])
def test_a_seed_that_is_written_twice_is_refused_or_played_once(reported: Reported, tmp_path: Path, case: str) -> None:
    code, _, err = reported("sweep", *words(case, {}), "--quiet", "--out", str(tmp_path / "sweep"))
    if code:
        assert code == 2
        assert "seed" in err
    else:
        runs = [
            path for path in (tmp_path / "sweep").rglob("summary.json") if (path.parent / "resolved.yaml").is_file()
        ]
        assert len(runs) == 2 * (1 if case == "21/case" else 2)


def test_each_scenario_of_the_cases_has_its_outcome_here() -> None:
    known = set(re.findall(r'"(\d\d/\w+)"', Path(__file__).read_text(encoding="utf-8")))
    assert known == {f"{file.parent.name.partition('-')[0]}/{file.stem}" for file in CASES.glob("*/*.yaml")}
    assert all((folder / "expect.txt").is_file() for folder in CASES.iterdir() if folder.is_dir())
