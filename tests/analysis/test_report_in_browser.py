"""The report in a real browser, where there is one: no accessibility violation, nothing wider than the screen."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from analysis.report import write_report

pytestmark = pytest.mark.slow


@pytest.fixture
def report(sweep_folder: Path, tmp_path: Path) -> Path:
    """The report of a sweep."""
    return write_report(shutil.copytree(sweep_folder, tmp_path / "sweep"), formats=["svg"])


def test_no_violation_at_any_width_light_or_dark(browser: Any, report: Path) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for width in (400, 800, 1200):
        for scheme in ("light", "dark"):
            page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
            page.goto(f"file://{report}")
            assert axe.run(page).response["violations"] == [], (width, scheme)
            assert page.evaluate("document.documentElement.scrollWidth") == width
            shown = "[...document.querySelectorAll('figure .scroll')].filter(one => one.offsetParent !== null)"
            assert page.evaluate(f"{shown}.length") == page.locator("figure").count()
            if width == 400:
                # Nobody has to scroll a figure sideways, and its words have a size that can be read.
                assert page.evaluate(f"{shown}.filter(one => one.scrollWidth > one.clientWidth).length") == 0
                least = (
                    "Math.min(...[...one.querySelectorAll('text')].map(text => text.getBoundingClientRect().height))"
                )
                assert page.evaluate(f"Math.min(...{shown}.map(one => {least}))") > 8


def test_long_names_of_points_wrap_on_a_small_screen(browser: Any, report: Path) -> None:
    page = browser.new_context(viewport={"width": 400, "height": 900}).new_page()
    page.goto(f"file://{report}")
    page.evaluate("document.querySelector('summary').textContent = 'up=500_bit_s,codec=fp32,'.repeat(4)")
    assert page.evaluate("document.documentElement.scrollWidth") == 400


def test_values_hiding_following_and_sorting(browser: Any, report: Path) -> None:
    page = browser.new_context(viewport={"width": 1200, "height": 1000}).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"file://{report}")
    figure = page.locator("figure", has=page.locator('svg[data-prefix="accuracy"]'))
    series = figure.locator('g[id^="accuracy-series_"]')

    # A series is hidden by its button, and comes back by it.
    button = figure.get_by_role("button", name="oracle (reference)")
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "false"
    hidden = series.evaluate_all("parts => parts.filter(one => one.style.display === 'none').length")
    assert 0 < hidden < series.count()
    page.keyboard.press("Enter")
    assert series.evaluate_all("parts => parts.every(one => one.style.display !== 'none')")

    # One setting is followed through all figures and tables.
    label = "persona · 32 kbit/s"
    figure.get_by_role("button", name=label).hover()
    assert page.locator("tr.followed").count() > 0
    dimmed = "[...document.querySelectorAll('g[id*=series_]')].filter(one => one.style.opacity === '0.15')"
    figures = page.evaluate(f"new Set({dimmed}.map(one => one.closest('svg').dataset.prefix)).size")
    assert figures > 1

    # The value under the pointer is one of the curve's.
    box = figure.locator(".wide svg").bounding_box()
    for step in range(30):
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * (0.05 + 0.025 * step))
        if page.locator(".value").is_visible():
            break
    words = page.locator(".value").inner_text()
    found = float(words.rpartition(" ")[2])
    assert ": virtual time [min] " in words
    assert 0.5 < found <= 1.0

    # A column sorts down, then up.
    table = page.locator("h2:text('Figures of merit') ~ .scroll table").first
    column = next(n for n, head in enumerate(table.locator("thead th").all_inner_texts()) if "accuracy" in head)
    values = "(table, column) => [...table.tBodies[0].rows].map(row => parseFloat(row.cells[column].textContent))"
    for direction in ("descending", "ascending"):
        table.locator("thead th").nth(column).get_by_role("button").click()
        shown = table.evaluate(values, column)
        assert shown == sorted(shown, reverse=direction == "descending")
        assert table.locator("thead th").nth(column).get_attribute("aria-sort") == direction
    assert said == []


def test_without_scripts_all_is_there(browser: Any, report: Path) -> None:
    seen = []
    for scripts in (True, False):
        page = browser.new_context(java_script_enabled=scripts).new_page()
        page.goto(f"file://{report}")
        seen.append((page.locator("table").count(), page.locator("svg").count(), page.locator("tbody tr").count()))
    assert seen[0] == seen[1]
