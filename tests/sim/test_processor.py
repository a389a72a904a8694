from __future__ import annotations

from pathlib import Path

import pytest

from sim import processor as module
from sim.processor import processor

INTEL = """\
processor\t: 0
model name\t: Intel(R) Xeon(R) Platinum 8481C
flags\t\t: fpu sse4_2 avx avx2 fma avx512f amx_tile

processor\t: 1
model name\t: another
"""


def test_the_first_processor_and_what_libraries_choose_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cpuinfo").write_text(INTEL, encoding="utf-8")
    monkeypatch.setattr(module, "_CPUINFO", tmp_path / "cpuinfo")
    assert processor()["model"] == "Intel(R) Xeon(R) Platinum 8481C"
    assert processor()["instructions"] == ["sse4_2", "avx", "fma", "avx2", "avx512f", "amx_tile"]


def test_without_a_list_of_processors_there_is_still_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CPUINFO", tmp_path / "none")
    assert processor()["model"]
    assert processor()["instructions"] == []
