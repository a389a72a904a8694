"""References on the very same samples as the deployed model: rows that learn nothing, and an oracle that is one."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from run_commands import RunScenario

DIGITS = """
version: 1
name: plain
seed: 5
duration: 90 s
tick: 10 s
task: {data: digits, model: {kind: mlp, hidden: [16], layers: 1}, pretrain: {epochs: 2}}
fleet:
  - {cohort: phones, devices: 12, samples: {every: 1 s}, labels: {share: 100 %, after: 0 s}}
drift:
  - {at: 30 s, kind: sudden, to: {rotate: 90 deg, labels: {prior: [0.91, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01]}}}
references: [static, oracle_head, no_change, majority]
"""  # noqa: E501  # one flow mapping
LISTS = """
version: 1
name: lists
seed: 5
duration: 60 s
tick: 10 s
task: {data: {kind: synthetic_interactions, users: 100, items: 200, clicks: 10}, model: gru4rec, pretrain: {epochs: 1}}
fleet:
  - {cohort: phones, devices: 12, samples: {every: 1 s}}
references: [static, oracle_bayes, popularity]
"""


def test_no_change_is_as_good_as_labels_repeat(play: RunScenario) -> None:
    run = play(yaml.safe_load(DIGITS))
    windows, samples = run.windows, run.windows["samples"].sum()
    later = windows["t_s"] > 30.0
    share = windows["correct_no_change"][later].sum() / windows["samples"][later].sum()
    # Two in a row are alike with probability 0.91^2 + 9 * 0.01^2; labels come at once.
    assert share == pytest.approx(0.829, abs=4 * np.sqrt(0.829 * 0.171 / windows["samples"][later].sum()))
    before = windows["correct_no_change"][~later].sum() / windows["samples"][~later].sum()
    assert before == pytest.approx(0.1, abs=0.08)
    assert 0 < windows["correct_majority"].sum() < samples


def test_the_oracle_is_not_worse_than_the_base_and_what_is_ahead_of_it_has_a_column(play: RunScenario) -> None:
    windows = play(yaml.safe_load(DIGITS)).windows
    regret = sum(windows[name].sum() for name in windows if name.startswith("regret_"))
    assert regret == windows["correct_oracle"].sum() - windows["correct"].sum()
    assert windows["ahead_of_oracle"].sum() > 0
    assert (windows["ahead_of_oracle"] <= windows["correct"]).all()


def test_the_popular_come_first_where_nothing_is_known(play: RunScenario) -> None:
    windows = play(yaml.safe_load(LISTS)).windows
    samples = windows["samples"].sum()
    chance = 0.1
    assert windows["correct_popularity"].sum() / samples > chance
    assert windows["correct_popularity"].sum() < windows["correct_oracle"].sum()
