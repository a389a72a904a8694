"""The report in a real browser, where there is one: no accessibility violation, nothing wider than the screen."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from analysis.report import write_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_no_violation_at_any_width_light_or_dark(sweep_folder: Path, tmp_path: Path) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    report = write_report(shutil.copytree(sweep_folder, tmp_path / "sweep"), formats=["svg"])
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for width in (400, 800, 1200):
            for scheme in ("light", "dark"):
                page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
                page.goto(f"file://{report}")
                assert axe.run(page).response["violations"] == [], (width, scheme)
                assert page.evaluate("document.documentElement.scrollWidth") == width
        browser.close()
