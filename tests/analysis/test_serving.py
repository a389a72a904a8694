"""The local page over run folders: what it shows, whom it answers, and that it changes nothing."""

from __future__ import annotations

import http.client
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pytest

from analysis.folder import RunError
from analysis.serving import PageServer
from analysis.serving.library import Library
from analysis.sweeps import open_folder
from analysis.timeline import around, timeline_lines, timeline_of, typical_devices

pytestmark = pytest.mark.whole

HOSTILE = '<img src=x onerror="alert(1)">'


def looked_up(folder: Path, device: str, draw: bool) -> tuple[int, list[str], None]:
    """Return a device's story without playing the run again."""
    run = open_folder(folder)
    number = typical_devices(run)[device or "worst"]
    empty = pd.DataFrame({"device": [], "time_s": [], "correct": []})
    return number, timeline_lines(timeline_of(run, empty, number, *around(run, None))), None


@pytest.fixture(scope="module")
def root(sweep_folder: Path, run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs: one, a sweep, one that goes on, and one whose name is markup."""
    folder = tmp_path_factory.mktemp("served") / "runs"
    shutil.copytree(sweep_folder, folder / "sweep")
    for name in ("one", "going on", HOSTILE.replace("/", "")):
        shutil.copytree(run_folder, folder / name)
    going_on = folder / "going on"
    (going_on / "STATUS").write_text("running\n", encoding="utf-8")
    (going_on / "summary.json").unlink()
    windows = pd.read_parquet(going_on / "windows.parquet")
    windows[windows["t_s"] <= windows["t_s"].max() / 2].to_parquet(going_on / "windows.parquet")
    (folder / "one" / "report.html").write_text("<!DOCTYPE html><title>r</title><script>alert(1)</script>", "utf-8")
    (folder.parent / "secret").mkdir()
    shutil.copytree(run_folder, folder.parent / "secret" / "run")
    (folder / "link").symlink_to(folder.parent / "secret")
    return folder


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[PageServer]:
    """The server of these runs, on a port that is free."""
    served = PageServer(Library(root), looked_up)
    thread = threading.Thread(target=served.serve_forever, args=(0.02,))
    thread.start()
    yield served
    served.shutdown()
    thread.join()
    served.server_close()


def got(server: PageServer, path: str, method: str = "GET", host: str = "") -> tuple[int, str, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    connection.request(method, path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text, dict(answer.getheaders())


def test_all_runs_are_listed_and_what_is_elsewhere_is_not(server: PageServer) -> None:
    code, text, _ = got(server, "/")
    assert code == 200
    for name in ("one", "sweep", "going on"):
        assert f">{name}</a>" in text
    assert "running" in text
    assert "secret" not in text
    assert "link" not in text.replace("<link ", "")


def test_a_name_that_is_markup_stays_text(server: PageServer) -> None:
    for path in ("/", f"/run?run={quote(HOSTILE.replace('/', ''))}", f"/run?run={quote(HOSTILE)}x"):
        assert "<img" not in got(server, path)[1]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "../secret/run",
        "%2e%2e/secret/run",
        "link",
        "link/run",
        "/etc",
        "one/../one",
        "sweep/..",
        "one%00",
        "one/",
    ],
)
def test_no_name_leads_out_of_the_folder(server: PageServer, name: str) -> None:
    for page in ("run", "curves", "report", "device", "compare"):
        code, text, _ = got(server, f"/{page}?run={name}")
        assert code == 404, (page, name)
        assert "<table" not in text


def test_only_its_own_name_is_answered(server: PageServer) -> None:
    port = server.server_port
    assert got(server, "/", host=f"localhost:{port}")[0] == 200
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.1:{port + 1}"):
        code, text, _ = got(server, "/", host=host)
        assert (code, "<" in text) == (421, False)
    assert server.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_sent(server: PageServer, method: str) -> None:
    assert got(server, "/", method)[0] in (405, 501)


def test_every_answer_forbids_scripts_of_others(server: PageServer) -> None:
    for path in ("/", "/run?run=one", "/nothing", "/page.js", "/report?run=one"):
        headers = got(server, path)[2]
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src '")
        assert "unsafe-inline" not in policy.partition("style-src")[0]
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"


def test_a_run_shows_its_figures_and_its_curve(server: PageServer) -> None:
    code, text, _ = got(server, "/run?run=one")
    assert code == 200
    assert "<polyline" in text
    assert "data-live" not in text
    assert "device=worst" in text
    assert "/report?run=one" in text


def test_a_run_that_goes_on_is_asked_again_and_its_curve_ends_where_it_is(server: PageServer, root: Path) -> None:
    code, text, _ = got(server, "/run?run=going+on")
    assert code == 200
    assert 'data-live="/curves?run=going+on"' in text
    before = got(server, "/curves?run=going+on")[1]
    assert 'data-state="running"' in before
    whole = pd.read_parquet(root / "one" / "windows.parquet")
    whole.to_parquet(root / "going on" / "windows.parquet")
    after = got(server, "/curves?run=going+on")[1]
    assert len(after) > len(before), "the curve has grown"


def test_a_sweep_shows_a_curve_a_setting_and_its_points(server: PageServer) -> None:
    _, text, _ = got(server, "/run?run=sweep")
    assert text.count("<polyline") == 4
    assert text.count('href="/run?run=sweep%2F') == 12
    point = text.partition('href="/run?run=sweep%2F')[2].partition('"')[0]
    assert got(server, f"/run?run=sweep%2F{point}")[0] == 200


def test_runs_are_compared(server: PageServer, root: Path) -> None:
    points = [point["folder"] for point in json.loads((root / "sweep" / "sweep.json").read_text())["points"]]
    pairs = "&".join(f"run={quote(f'sweep/{name}', safe='')}" for name in points)
    code, text, _ = got(server, f"/compare?{pairs}")
    assert code == 200
    assert text.count("<polyline") == 4
    assert "What it shows" in text
    assert "Figures of merit" in text


def test_a_device_tells_its_story(server: PageServer) -> None:
    code, text, _ = got(server, "/device?run=one&device=worst")
    assert code == 200
    assert "asked at" in text
    assert got(server, "/device?run=sweep&device=worst")[0] == 404


def test_serving_writes_nothing(server: PageServer, root: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    for path in ("/", "/run?run=one", "/run?run=sweep", "/device?run=one&device=best", "/compare?run=one"):
        got(server, path)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_an_address_that_cannot_be_read_is_one_line(server: PageServer) -> None:
    assert got(server, "/run?" + "&".join(["run=x"] * 300))[0] == 400
    assert got(server, "/run?run=%ff%fe")[0] == 404


def test_a_name_is_looked_up_not_made_a_path(root: Path) -> None:
    with pytest.raises(RunError, match="there is no run"):
        Library(root).entry("sweep/../one")
