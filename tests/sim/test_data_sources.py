"""Data that scenarios name: listed, downloaded, checked, and found by the scenarios."""

from __future__ import annotations

import functools
import hashlib
import http.server
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import run_sim
from sim import data_sources
from sim.commands.exits import BAD_INPUT, FAILED, OK
from sim.data_sources import SOURCES, DataSource, elsewhere, place_of, remedy
from sim.scenario import ScenarioErrors, load

ROOT = Path(__file__).resolve().parents[2]
ROWS = "".join(f"{number % 7},{number % 5},{number % 2}\n" for number in range(60))


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "served").mkdir()
    handler = functools.partial(Quiet, directory=str(tmp_path / "served"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTBED_DATA", str(tmp_path / "data"))


def offered(folder: Path, server: str, monkeypatch: pytest.MonkeyPatch, checksum: str = "", pack: bool = False) -> Path:
    """Serve a table as ``elec2``; return where it will be."""
    served = folder / "served" / "rows.csv"
    served.write_text(ROWS, "utf-8")
    if pack:
        packed = folder / "served" / "rows.tar.gz"
        with tarfile.open(packed, "w:gz") as archive:
            archive.add(served, "inner/rows.csv")
        served = packed
    digest = f"sha256:{checksum or hashlib.sha256(served.read_bytes()).hexdigest()}"
    source = DataSource("rows", f"{server}/{served.name}", digest, 9, "free", "streams/rows", ("x.yaml",), pack)
    monkeypatch.setitem(data_sources.SOURCES, "elec2", source)
    return folder / "data" / "streams" / "rows"


def test_what_is_got_is_where_scenarios_look(tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pooch")
    place = offered(tmp_path, server, monkeypatch)
    scenario = tmp_path / "table.yaml"
    text = (ROOT / "tests" / "system" / "gaussians.yaml").read_text("utf-8")
    head, _, rest = text.partition("task:")
    after = rest[rest.index("\nfleet:") :]
    scenario.write_text(
        f"{head}task: {{data: 'csv:nowhere/shared/data/streams/rows', model: logistic}}{after}", "utf-8"
    )
    with pytest.raises(ScenarioErrors, match=r"there is no file .*; 'data get elec2' downloads it"):
        load(scenario)
    assert run_sim.main(["data", "get", "elec2"]) == OK
    assert place.read_text("utf-8") == ROWS
    load(scenario)
    assert elsewhere("../../shared/data/streams/rows") == place


def test_an_archive_is_unpacked(tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pooch")
    place = offered(tmp_path, server, monkeypatch, pack=True)
    assert run_sim.main(["data", "get", "elec2"]) == OK
    assert (place / "rows.csv").read_text("utf-8") == ROWS


def test_what_has_another_checksum_is_not_kept(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pooch")
    place = offered(tmp_path, server, monkeypatch, checksum="0" * 64)
    assert run_sim.main(["data", "get", "elec2"]) == FAILED
    said = capsys.readouterr().err
    assert said.startswith("elec2: was not downloaded: ")
    assert len(said.strip().splitlines()) == 1
    assert list(place.parent.iterdir()) == []


def test_no_network_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pooch")
    source = SOURCES["elec2"]._replace(url="http://127.0.0.1:9/nothing")
    monkeypatch.setitem(data_sources.SOURCES, "elec2", source)
    assert run_sim.main(["data", "get", "elec2"]) == FAILED
    place = tmp_path / "data" / source.place
    wanted = (
        f"elec2: was not downloaded: 127.0.0.1 does not answer; fetch it on another machine and put it at {place}\n"
    )
    assert capsys.readouterr().err == wanted


@pytest.mark.parametrize(
    ("names", "said"), [(["elec"], "did you mean 'elec2'?"), ([], "name what is wanted"), (["nonsense"], "known: ")]
)
def test_an_unknown_name_is_bad_input(names: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_sim.main(["data", "get", *names]) == BAD_INPUT
    assert said in capsys.readouterr().err


def test_all_data_are_listed_with_licence_and_size(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_sim.main(["data", "list"]) == OK
    printed = capsys.readouterr().out
    assert all(name in printed and one.url in printed and one.licence in printed for name, one in SOURCES.items())


def test_every_scenario_that_needs_data_has_a_remedy(tmp_path: Path) -> None:
    for file in sorted((ROOT / "scenarios").rglob("*.yaml")):
        copied = tmp_path / "scenarios" / file.parent.name / file.name
        if "shared/data" not in file.read_text("utf-8") or "extends:" in file.read_text("utf-8"):
            continue
        copied.parent.mkdir(parents=True, exist_ok=True)
        copied.write_text(file.read_text("utf-8"), "utf-8")
        try:
            load(copied)
        except ScenarioErrors as errors:
            absent = [one.message for one in errors.problems if "there is no file" in one.message]
            assert all("'data get" in message for message in absent), absent


@pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))
def test_scenarios_that_a_source_names_do_name_it(source: DataSource) -> None:
    for name in source.scenarios:
        text = (ROOT / "scenarios" / name).read_text("utf-8").replace("zip!\\", "zip!")
        assert f"shared/data/{source.place}" in text


def test_only_files_below_shared_data_are_looked_for_elsewhere() -> None:
    assert place_of("../../shared/data/streams/elec.csv.gz") == "streams/elec.csv.gz"
    assert place_of("my/own.csv") is None
    assert remedy("my/own.csv") == ""
    assert elsewhere("my/own.csv") is None
