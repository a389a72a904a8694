"""The command ``bench`` from outside: findings as JSON, a page on disk, and refusals before anything is measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.whole

ROOT = Path(__file__).resolve().parents[3]


def bench(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "run_sim.py"), "bench", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=580)


def test_findings_come_as_json_and_as_a_page(tmp_path: Path) -> None:
    done = bench("exchanges", "--quick", "--json", "--write", tmp_path / "page.md")
    assert done.returncode == 0, done.stderr
    reported = json.loads(done.stdout)
    verdicts = [one["verdict"] for one in reported["findings"] if one["goal"] is not None]
    assert len(verdicts) >= 3
    assert set(verdicts) <= {"ok", "missed"}
    assert all(0.0 < one["low"] <= one["value"] <= one["high"] for one in reported["findings"])
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert all(one["what"] in text for one in reported["findings"])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_quick_bench_compares_a_run_with_its_yardsticks() -> None:
    done = bench("throughput", "--quick", "--json")
    assert done.returncode == 0, done.stderr
    value = {one["what"]: one["value"] for one in json.loads(done.stdout)["findings"]}
    forward = value["full run / forward pass"]
    assert 0.0 < value["full run / forward pass, heads alone"] < forward < value["full run / same arithmetic"] < 2.0
    assert value["full run / naive design"] > 1.0


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_quick_bench_weighs_devices() -> None:
    done = bench("memory", "--quick", "--json")
    assert done.returncode == 0, done.stderr
    value = {one["what"]: one["value"] for one in json.loads(done.stdout)["findings"]}
    assert 0.0 < value["memory of an idle device, messages alone"] < 1000.0


def test_a_group_that_is_none_is_bad_input() -> None:
    done = bench("sped")
    assert done.returncode == 2
    assert done.stderr.strip().startswith("there is no group 'sped'; choose from throughput, ")


def test_a_page_that_cannot_be_written_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    done = bench("--write", tmp_path / "missing" / "page.md")
    assert done.returncode == 2
    assert "cannot write there" in done.stderr
