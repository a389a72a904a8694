"""Run folders: what was changed since is not read, what is abandoned is replaced, what is not ours stays."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bit_flips import DAMAGES, flip, places
from run_commands import Reported, Run, RunScenario, command

from analysis import RunError, open_folder
from analysis.sweeps import as_sweep
from sim.run.run_folder import FolderError, RunFolder

TABLES = ("windows", "exchanges", "devices", "links", "cloud")
JSON = ("manifest", "summary")


@pytest.fixture(scope="module")
def whole(play: RunScenario) -> Run:
    return play("timing", "duration=1 min")


@pytest.fixture
def folder(whole: Run, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole.folder, tmp_path / "run"))


def read_all(folder: Path, *, check: bool = True) -> None:
    """Read everything that a report reads."""
    (run,) = as_sweep(open_folder(folder, check)).runs
    for table in TABLES:
        getattr(run, table)
    assert run.resolved
    assert run.marks is not None


def assert_found(folder: Path, file: str) -> None:
    with pytest.raises(RunError) as caught:
        read_all(folder)
    assert str(folder / file) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("file", [*(f"{table}.parquet" for table in TABLES), *(f"{name}.json" for name in JSON)])
def test_single_bits_are_found_when_a_run_is_read(folder: Path, file: str) -> None:
    whole = (folder / file).read_bytes()
    for bit in places(folder / file, 12):
        flip(folder / file, bit)
        assert_found(folder, file)
        (folder / file).write_bytes(whole)
    read_all(folder)


@pytest.mark.slow
@pytest.mark.parametrize("file", [f"{table}.parquet" for table in TABLES])
def test_hundreds_of_bits_of_tables_are_found(folder: Path, file: str) -> None:
    whole = (folder / file).read_bytes()
    for bit in places(folder / file, 400):
        flip(folder / file, bit)
        assert_found(folder, file)
        (folder / file).write_bytes(whole)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("file", ["windows.parquet", "manifest.json", "SHA256SUMS"])
def test_lost_writes_are_found_when_a_run_is_read(folder: Path, file: str, damage: str) -> None:
    DAMAGES[damage](folder / file)
    if (file, damage) != ("SHA256SUMS", "empty"):
        assert_found(folder, file)


def test_a_table_of_another_seed_is_found(folder: Path, play: RunScenario, reported: Reported) -> None:
    other = play("timing", "duration=1 min", "seed=99")
    shutil.copy(other.folder / "windows.parquet", folder / "windows.parquet")
    code, out, err = reported("compare", str(folder))
    assert (code, out) == (2, "")
    assert err.startswith(f"{folder / 'windows.parquet'}: is not what the run wrote")
    code, out, err = reported("compare", str(folder), "--no-check")
    assert code == 0
    assert err == "files are not compared with their SHA256SUMS\n"


def test_the_sums_are_those_that_sha256sum_checks(folder: Path) -> None:
    checked = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True)
    assert checked.returncode == 0
    assert "windows.parquet: OK" in checked.stdout


def test_pages_of_tables_are_summed_up_too(folder: Path) -> None:
    file = folder / "exchanges.parquet"
    column = pq.read_metadata(file).row_group(0).column(0)
    begin = column.dictionary_page_offset or column.data_page_offset
    # The last bytes of a column are those of a page, whatever heads it has.
    flip(file, 8 * (begin + column.total_compressed_size - 2))
    with pytest.raises(RunError, match="no readable Parquet file"):
        read_all(folder, check=False)


MANIFESTS = [
    ("seed", "seven"),
    ("seed", -1),
    ("seed", 10**400),
    ("tick_s", 0),
    ("tick_s", "10"),
    ("duration_s", float("inf")),
    ("duration_s", float("nan")),
    ("duration_s", None),
    ("cohorts", {"a": 1}),
    ("cohorts", [3]),
    ("cohorts", [{"name": "\x1b[31m"}]),
    ("drift", 3),
    ("drift", [{"at_s": "5"}]),
    ("drift", [{"at_s": 5.0, "label": "a\u202eb"}]),
    ("drift", [{"at_s": float("nan")}]),
    ("method", "persona"),
    ("method", {"adapter": ["x"]}),
    ("references", "static"),
    ("timing_only", "no"),
    ("name", "\x07"),
    ("read", "12"),
]


@pytest.mark.parametrize(("key", "value"), MANIFESTS)
def test_odd_manifests_are_refused_by_their_entry(folder: Path, key: str, value: object) -> None:
    file = folder / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {key: value}), encoding="utf-8")
    with pytest.raises(RunError, match=f"manifest.json: ({key} is not|cannot be read)"):
        read_all(folder, check=False)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 50_000, "1" * 10_000, "[]", "null", "\ufeff{}", "{"])
def test_deep_and_foreign_json_is_refused(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(RunError, match=r"manifest\.json: "):
        read_all(folder, check=False)


COLUMNS = [
    ("windows", "samples", pa.array(["many"])),
    ("windows", "t_s", pa.array([float("nan")])),
    ("windows", "cohort", pa.array(["\x1b]0;x\x07"])),
    ("exchanges", "requested_s", pa.array([float("inf")])),
    ("exchanges", "outcome", pa.array([7])),
    ("links", "busy_s", pa.array(["busy"])),
    ("cloud", "queue", pa.array([[1, 2]])),
]


@pytest.mark.parametrize(("table", "column", "values"), COLUMNS)
def test_odd_columns_are_refused_by_file_and_column(folder: Path, table: str, column: str, values: pa.Array) -> None:
    file = folder / f"{table}.parquet"
    held = pq.read_table(file).slice(0, 1)
    pq.write_table(held.set_column(held.column_names.index(column), column, values), file)
    with pytest.raises(RunError, match=rf"{table}\.parquet: column {column} holds"):
        read_all(folder, check=False)


def test_a_plan_that_is_no_plain_file_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "sweep.json")
    with pytest.raises(RunError, match=r"sweep\.json: is no plain file"):
        open_folder(tmp_path)


@pytest.mark.parametrize("name", ["..", "../other", "/etc", "a/../../b", "", 3, "a\0b"])
def test_a_sweep_names_only_folders_of_its_own(tmp_path: Path, name: object) -> None:
    plan = {"name": "s", "axes": [], "points": [{"folder": name, "values": {}, "seed": 1}]}
    (tmp_path / "sweep.json").write_text(json.dumps(plan), encoding="utf-8")
    with pytest.raises(RunError, match="is no folder within the sweep's own"):
        open_folder(tmp_path)


@pytest.mark.parametrize(
    "left", [["STATUS"], [".STATUS.new"], ["STATUS", "act-1.yaml", "fork.json"], ["STATUS", "SHA256SUMS"]]
)
def test_a_run_that_was_killed_before_it_began_is_replaced(tmp_path: Path, left: list[str]) -> None:
    place = tmp_path / "run"
    place.mkdir()
    for name in left:
        (place / name).write_text("running\n", encoding="utf-8")
    RunFolder.open(place)
    assert [entry.name for entry in place.iterdir()] == ["STATUS"]


def test_a_folder_of_others_is_no_abandoned_run(tmp_path: Path) -> None:
    (tmp_path / "STATUS").write_text("my notes\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FolderError, match="is not empty and holds no run"):
        RunFolder.open(tmp_path, force=True)


def test_force_leaves_what_no_run_wrote(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    (folder / "data").mkdir()
    (folder / "data" / "a.csv").write_text("1", encoding="utf-8")
    opened = RunFolder.open(folder, force=True)
    opened.discard_previous()
    assert sorted(entry.name for entry in folder.iterdir()) == ["STATUS", "data", "notes.txt"]
    assert (folder / "data" / "a.csv").read_text(encoding="utf-8") == "1"
    assert not list(folder.parent.glob(".run.replaced*"))


def test_an_edited_scenario_is_not_resumed(play: RunScenario, tmp_path: Path, reported: Reported) -> None:
    partial = tmp_path / "partial"
    shutil.copytree(play("timing", "duration=1 min").folder, partial)
    (partial / "STATUS").write_text("partial\n", encoding="utf-8")
    text = (partial / "resolved.yaml").read_text(encoding="utf-8")
    (partial / "resolved.yaml").write_text(text.replace("seed: ", "seed: 1"), encoding="utf-8")
    code, out, err = reported("resume", str(partial), "--quiet")
    assert (code, out) == (2, "")
    assert "has changed since it began; run it again" in err


@pytest.mark.parametrize(("file", "code"), [("STATUS", 2), ("resolved.yaml", 2), ("run.log", 3)])
def test_what_is_gone_or_a_pipe_is_named_by_resume(
    play: RunScenario, tmp_path: Path, reported: Reported, file: str, code: int
) -> None:
    partial = tmp_path / "partial"
    shutil.copytree(play("timing", "duration=1 min").folder, partial)
    (partial / "STATUS").write_text("partial\n", encoding="utf-8")
    (partial / file).unlink()
    os.mkfifo(partial / file)
    found, _, err = reported("resume", str(partial), "--quiet")
    assert (found, len(err.splitlines())) == (code, 1)
    assert str(partial / file) in err


def test_a_report_folder_that_cannot_be_written_ends_in_a_line(folder: Path, reported: Reported) -> None:
    (folder / "plots").mkdir(exist_ok=True)
    shutil.rmtree(folder / "plots")
    (folder / "plots").write_text("no folder", encoding="utf-8")
    code, out, err = reported("report", str(folder))
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert f"{folder / 'plots'}: is a file, and a folder is wanted" in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_output_ends_in_a_line() -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(command("list", "methods"), stdout=full, stderr=subprocess.PIPE, text=True, timeout=120)
    assert ended.returncode == 3
    assert ended.stderr == "No space left on device\n"
