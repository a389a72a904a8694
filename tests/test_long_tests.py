"""The list of long tests names tests that exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.long_tests import NAMED, is_long

TESTS = Path(__file__).parent


@pytest.mark.parametrize("name", NAMED)
def test_what_is_called_long_exists(name: str) -> None:
    file, test = name.split("::")
    assert f"def {test.split('[')[0]}" in (TESTS / file).read_text(encoding="utf-8")


def test_of_each_kind_of_scenario_one_plays_plainly() -> None:
    played = "system/test_shipped_scenarios.py::test_a_shipped_scenario_loads_and_plays"
    assert is_long(f"{played}[claims/collapse.yaml]")
    assert is_long(f"{played}[federated/fedavg.yaml]")
    assert not is_long(f"{played}[federated/fedasync.yaml]")
    assert not is_long(f"{played}[quickstart.yaml]")
