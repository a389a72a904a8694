"""References are judged when they are asked for, and otherwise say nothing."""

from __future__ import annotations

import numpy as np
from run_commands import RunScenario


def test_a_reference_that_nobody_asked_for_is_left_out(play: RunScenario) -> None:
    both, only_static = play("digits"), play("digits", "references=[static]")
    assert only_static.summary["accuracy_static"] == both.summary["accuracy_static"]
    assert only_static.summary["accuracy_oracle"] is None
    assert both.summary["accuracy_oracle"] is not None
    for column in ("correct", "correct_static", "loss_micro"):
        assert np.array_equal(only_static.windows[column], both.windows[column])
    assert not only_static.windows["correct_oracle"].any()


def test_without_an_oracle_there_is_no_regret(play: RunScenario) -> None:
    windows = play("digits", "references=[]").windows
    assert windows["samples"].any()
    assert not any(windows[name].any() for name in windows if name.startswith("regret_"))
    assert not windows["correct_static"].any()
