"""The limit that the environment sets for stacked tensors."""

from __future__ import annotations

import pytest

from agents.contract import BackendError
from agents.fleet.memory_limit import VARIABLE, limit_bytes


def test_the_environment_sets_the_limit_unless_a_scenario_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "0.5")
    assert (limit_bytes(None), limit_bytes(3.0)) == (0.5e9, 3.0)
    monkeypatch.setenv(VARIABLE, "")
    assert limit_bytes(None) == 8e9


@pytest.mark.parametrize("text", ["nan", "-1", "0", "-inf", "many"])
def test_what_is_no_limit_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(BackendError, match=f"{VARIABLE}='{text}' is no number of GB above 0; write for example"):
        limit_bytes(None)
