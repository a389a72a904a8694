"""The local pages in a real browser: no violation, a clean console, the keyboard, and curves that grow."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.report import write_report
from analysis.serving import PageServer
from analysis.serving.library import Library

PAGES = ("", "run?run=sweep", "run?run=one", "run?run=on", "compare?run=one&run=other", "device?run=one", "nothing")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def root(sweep_folder: Path, run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browsed")
    shutil.copytree(sweep_folder, folder / "sweep")
    for name in ("one", "on"):
        shutil.copytree(run_folder, folder / name)
    shutil.copytree(next(path.parent for path in sorted(sweep_folder.rglob("summary.json"))), folder / "other")
    (folder / "on" / "STATUS").write_text("running\n", encoding="utf-8")
    windows = pd.read_parquet(folder / "on" / "windows.parquet")
    windows[windows["t_s"] <= windows["t_s"].max() / 2].to_parquet(folder / "on" / "windows.parquet")
    write_report(folder / "sweep", formats=["svg"])
    return folder


@pytest.fixture(scope="module")
def address(root: Path) -> Iterator[str]:
    served = PageServer(Library(root), lambda folder, device, draw: (3, ["asked at 1.00 s: lost"], None))
    thread = threading.Thread(target=served.serve_forever, args=(0.02,))
    thread.start()
    yield served.address
    served.shutdown()
    thread.join()
    served.server_close()


def opened(browser: Any, address: str, width: int, scheme: str, said: list[str]) -> Any:
    page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    page.goto(address)
    return page


@pytest.mark.parametrize("width", [400, 800, 1200])
def test_no_violation_and_a_clean_console(browser: Any, address: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for scheme in ("light", "dark") if width == 800 else ("light",):
        for place in PAGES:
            said: list[str] = []
            page = opened(browser, address + place, width, scheme, said)
            found = axe.run(page).response["violations"]
            assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], (place, width, scheme)
            assert page.evaluate("document.documentElement.scrollWidth") == width, (place, width)
            assert said == [] or (place == "nothing" and len(said) == 1 and "404" in said[0])
            page.context.close()


def test_the_report_works_under_the_policy(browser: Any, address: str) -> None:
    said: list[str] = []
    page = opened(browser, address + "report?run=sweep", 1000, "light", said)
    assert page.locator("figure .series button").count() > 4
    assert said == []
    page.context.close()


def test_the_keyboard_reaches_a_run_and_a_comparison(browser: Any, address: str) -> None:
    said: list[str] = []
    page = opened(browser, address, 1000, "light", said)
    for box in ("compare one", "compare other"):
        page.get_by_label(box, exact=True).focus()
        page.keyboard.press("Space")
    page.get_by_role("button", name="Compare what is ticked").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/compare?**")
    page.go_back()
    page.get_by_role("link", name="sweep", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/run?run=sweep")
    assert said == []
    page.context.close()


def test_ticks_stay_and_curves_grow_while_a_run_goes_on(browser: Any, address: str, root: Path) -> None:
    said: list[str] = []
    page = opened(browser, address, 1000, "light", said)
    page.get_by_label("compare one", exact=True).check()
    page.wait_for_timeout(2600)
    assert page.get_by_label("compare one", exact=True).is_checked()
    page.goto(address + "run?run=on")
    before = page.locator("polyline").first.get_attribute("points")
    shutil.copy(root / "one" / "windows.parquet", root / "on" / "windows.parquet")
    page.wait_for_function("now => document.querySelector('polyline').getAttribute('points') !== now", arg=before)
    (root / "on" / "STATUS").write_text("complete\n", encoding="utf-8")
    page.wait_for_selector(".still")
    assert said == []
    page.context.close()
