"""Folders that many tests read: written once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.analysis.synthetic import Plan, write_run, write_sweep

SMALL = Plan(cohorts={"phones": 8, "sensors": 4})
AXES = ["method.adapter.kind", "links.lte.up"]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real browser, where there is one."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        made = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run with accuracy, drifts, two cohorts and exchanges."""
    return write_run(tmp_path_factory.mktemp("one") / "run", SMALL)


@pytest.fixture(scope="session")
def timing_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A timing-only run: exchanges, links and a cloud, no sample."""
    return write_run(tmp_path_factory.mktemp("one") / "timing", replace(SMALL, timing_only=True, drift=()))


@pytest.fixture(scope="session")
def sweep_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two methods over two links, three seeds each."""
    methods = {"cloud_ft": replace(SMALL, fresh=0.9, up_bytes=9000), "persona": SMALL}
    uplinks = {"2 Mbit/s": 4.0, "32 kbit/s": 60.0}
    plans = {
        (adapter, rate): replace(plan, adapter=adapter, uplink_s=uplink_s)
        for adapter, plan in methods.items()
        for rate, uplink_s in uplinks.items()
    }
    return write_sweep(tmp_path_factory.mktemp("many") / "sweep", plans, AXES, seeds=3)
